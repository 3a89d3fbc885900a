from collections.abc import Iterator

import pytest

from portico.api.log import COMPONENTS, LogLevel, LogSink, logger
from portico.api.sparse_log import SparseLog, describe
from portico.testing.fake_clock import FakeClock


class ListSink(LogSink):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        self.lines.append(f"{level.name} {component} {text}")


@pytest.fixture
def sink() -> Iterator[ListSink]:
    before = COMPONENTS.sink
    sink = ListSink()
    COMPONENTS.sink = sink
    yield sink
    COMPONENTS.sink = before


def test_writes_one_line_a_second_and_counts_the_rest(sink: ListSink) -> None:
    clock = FakeClock()
    log = SparseLog(logger("filter", "portico.tests"), clock)
    for _ in range(5):
        log.error("broken")
    clock.advance(1.0)
    log.error("broken")
    clock.advance(1.0)
    log.error("broken")
    assert sink.lines == [
        "ERROR filter broken",
        "ERROR filter broken (and 4 more in the meantime)",
        "ERROR filter broken",
    ]


def test_silence_is_each_places_own(sink: ListSink) -> None:
    clock = FakeClock()
    for name in ("one", "two"):
        SparseLog(logger("filter", "portico.tests"), clock).error(name)
    assert sink.lines == ["ERROR filter one", "ERROR filter two"]


def test_exception_is_described_with_its_innermost_place() -> None:
    def raises() -> None:
        raise ValueError("bad")

    with pytest.raises(ValueError, match="bad") as caught:
        raises()
    text = describe(caught.value)
    assert text.startswith("ValueError('bad') at ")
    assert text.rpartition(":")[0].endswith("test_sparse_log.py")
    assert int(text.rpartition(":")[2]) == raises.__code__.co_firstlineno + 1


def test_exception_that_was_never_raised_has_no_place() -> None:
    assert describe(KeyError("x")) == "KeyError('x')"
