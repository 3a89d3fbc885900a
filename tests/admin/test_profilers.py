import pytest

from .fakes import FakeServer, text_of


@pytest.mark.parametrize(
    ("target", "status", "body"),
    [
        ("/cpuprofiler", 400, "?enable=<y|n>\n"),
        ("/cpuprofiler?enable=x", 400, "?enable=<y|n>\n"),
        ("/cpuprofiler?enable=y", 500, "failure to start the profiler"),
        ("/cpuprofiler?enable=n", 200, "OK\n"),
        ("/allocprofiler", 400, "?enable=<y|n>\n"),
        ("/allocprofiler?enable=y", 501, "The current build does not support allocation profiler"),
        ("/heapprofiler", 501, "The current build does not support heap profiler"),
        ("/heap_dump", 501, "Heap dump is not supported in current build"),
        ("/peak_heap_dump", 501, "Heap dump is not supported in current build"),
    ],
)
def test_says_that_there_is_no_such_tool(target: str, status: int, body: str) -> None:
    assert FakeServer().post(target) == (status, body)


def test_contention_is_not_traced() -> None:
    response = FakeServer().response("/contention")
    assert text_of(response).startswith("Mutex contention tracing is not enabled.")
