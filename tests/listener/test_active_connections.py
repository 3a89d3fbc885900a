from collections.abc import Iterator

import pytest

from portico.api.log import COMPONENTS, LogLevel, LogSink
from portico.api.stats import Unit
from portico.listener.active_connections import ActiveConnections
from portico.listener.connection_limits import ConnectionLimits
from portico.stats.listener_stats import ListenerStats
from tests.listener.surroundings import Diary, LogBook, Process, accepted, chain


class Lines(LogSink):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        self.lines.append(f"{level.name} {component} {text}")


@pytest.fixture
def lines() -> Iterator[Lines]:
    before, COMPONENTS.sink = COMPONENTS.sink, Lines()
    yield COMPONENTS.sink
    COMPONENTS.sink = before


def table(process: Process) -> ActiveConnections:
    config = process.config()
    limits = ConnectionLimits(config.name, process.context, False)
    return ActiveConnections(config, ListenerStats(config.scope), limits)


def test_length_is_recorded_in_milliseconds() -> None:
    process = Process()
    connections = table(process)
    connection, transport = accepted(process)
    connections.add(connection, chain(Diary([])))
    assert len(connections) == 1
    process.clock.advance(1.5)
    transport.peer_closes()
    assert process.store.histogram("l.downstream_cx_length_ms", Unit.MILLISECONDS).pending == [1500.0]
    assert len(connections) == 0


def test_close_all_closes_at_once() -> None:
    process = Process()
    connections = table(process)
    transports = []
    for _ in range(3):
        connection, transport = accepted(process)
        connections.add(connection, chain(Diary([])))
        transports.append(transport)
    connections.close_all()
    assert [each.was_aborted for each in transports] == [True] * 3
    assert len(connections) == 0


def test_exceptions_are_logged_once_a_second(lines: Lines) -> None:
    process = Process()
    connections = table(process)

    def fail() -> None:
        connection, _ = accepted(process)
        connections.on_filter_exception(connections.add(connection, chain(Diary([]))), ValueError("a bug"))

    fail()
    fail()
    assert lines.lines == [
        "ERROR conn_handler listener 'ingress': main: ValueError: a bug; connection closed",
    ]
    process.clock.advance(1.0)
    fail()
    assert len(lines.lines) == 2
    assert process.counter("l.filter_exception") == 3


def test_log_knows_the_end_of_the_connection() -> None:
    process = Process()
    connections = table(process)
    connections._config.access_logs = [LogBook()]
    connection, _ = accepted(process)
    info = connections.stream_info(connection.info)
    process.clock.advance(2.0)
    connections.log(info)
    assert info.end - info.start == 2.0
