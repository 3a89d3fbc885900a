import pytest

from portico.admin.state import ProcessState

from .fakes import FakeServer, text_of


@pytest.mark.parametrize(
    ("current", "status"),
    [
        (ProcessState.LIVE, 200),
        (ProcessState.DRAINING, 503),
        (ProcessState.PRE_INITIALIZING, 503),
        (ProcessState.INITIALIZING, 503),
    ],
)
def test_answers_200_only_while_live(current: ProcessState, status: int) -> None:
    server = FakeServer()
    server.process.current = current
    response = server.response("/ready")
    assert (response.status, text_of(response)) == (status, f"{current.name}\n")
