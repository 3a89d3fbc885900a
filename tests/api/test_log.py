"""Loggers: what is written, and what costs nothing."""

from collections.abc import Iterator

import pytest

from portico.api.log import COMPONENTS, LogLevel, LogSink, logger


class Recorder(LogSink):
    def __init__(self) -> None:
        self.lines: list[tuple[LogLevel, str, str, int, str]] = []

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        self.lines.append((level, component, source, line, text))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    before, level = COMPONENTS.sink, COMPONENTS.by_name["upstream"].level
    COMPONENTS.sink = made = Recorder()
    yield made
    COMPONENTS.sink, COMPONENTS.by_name["upstream"].level = before, level


def test_a_line_names_its_component_its_file_and_its_line(recorder: Recorder) -> None:
    logger("upstream", __name__).warning("here")
    level, component, source, line, text = recorder.lines[0]
    assert (level, component, text) == (LogLevel.WARNING, "upstream", "here")
    assert source.endswith("test_log.py")
    assert line > 0


@pytest.mark.parametrize("threshold", LogLevel)
def test_a_component_writes_its_own_level_and_above(recorder: Recorder, threshold: LogLevel) -> None:
    log = logger("upstream", __name__)
    log.component.level = threshold
    for write in (log.trace, log.debug, log.info, log.warning, log.error, log.critical):
        write("x")
    assert [line[0] for line in recorder.lines] == [level for level in LogLevel if threshold <= level < LogLevel.OFF]
    assert [log.is_enabled(level) for level in LogLevel if level < LogLevel.OFF] == [
        threshold <= level for level in LogLevel if level < LogLevel.OFF
    ]


def test_loggers_of_one_component_share_its_level(recorder: Recorder) -> None:
    one, other = logger("upstream", "a"), logger("upstream", "b")
    one.component.level = LogLevel.ERROR
    assert not other.is_enabled(LogLevel.WARNING)


def test_lines_go_nowhere_without_a_sink(recorder: Recorder) -> None:
    COMPONENTS.sink = None
    logger("upstream", __name__).critical("lost")
    assert recorder.lines == []


def test_components_are_envoys() -> None:
    with pytest.raises(KeyError):
        logger("portico", __name__)
    assert list(COMPONENTS.by_name)[:3] == ["a2a", "admin", "ai_protocol_manager"]
    assert len(COMPONENTS.by_name) == 73
