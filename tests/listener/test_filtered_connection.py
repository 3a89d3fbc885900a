from portico.api.buffer import Buffer
from portico.api.connection import CloseType, ConnectionEvent, ConnectionHandler
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.listener.filtered_connection import FilteredConnection
from portico.testing.fake_connection import FakeConnection
from tests.listener.surroundings import STOP, Scribe


class Handler(ConnectionHandler):
    """Takes the place of a chain."""

    def on_data(self, data: bytes, end_stream: bool) -> None:
        pass

    def on_event(self, event: ConnectionEvent) -> None:
        pass


class Swallowing(NetworkFilter):
    def on_write(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        return STOP


class Closing(NetworkFilter):
    def on_write(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        self.connection.close(CloseType.NO_FLUSH)
        return NetworkStatus.CONTINUE


def test_filter_that_stops_drops_the_bytes() -> None:
    inner = FakeConnection()
    pages: list[str] = []
    FilteredConnection(inner, [Scribe(pages), Swallowing()]).write(b"x")
    assert (inner.sent, pages) == (b"", [])


def test_filter_that_closes_ends_the_write() -> None:
    inner = FakeConnection()
    inner.handler = Handler()
    closing = Closing()
    closing.connection = inner
    pages: list[str] = []
    FilteredConnection(inner, [Scribe(pages), closing]).write(b"x")
    assert (inner.sent, pages) == (b"", [])


def test_closed_connection_asks_no_filter() -> None:
    inner = FakeConnection()
    inner.handler = Handler()
    inner.close(CloseType.NO_FLUSH)
    pages: list[str] = []
    FilteredConnection(inner, [Scribe(pages)]).write(b"x")
    assert pages == []


def test_everything_else_is_the_connections_own() -> None:
    inner = FakeConnection()
    inner.handler = Handler()
    filtered = FilteredConnection(inner, [Scribe([])])
    filtered.pause_reading()
    assert inner.read_pauses == 1
    filtered.resume_reading()
    filtered.enable_half_close()
    filtered.set_delayed_close(1.5)
    assert (inner.read_pauses, inner.is_half_close_enabled, inner.delayed_close_s) == (0, True, 1.5)
    inner.receive(b"abc")
    filtered.write(b"de")
    assert filtered.traffic() == (3, 3)
    assert not filtered.is_above_high_watermark()
    assert repr(filtered) == "FilteredConnection(FakeConnection(1, open, sent b'dea'))"
    filtered.close(CloseType.FLUSH_WRITE, "why")
    assert (inner.closed, inner.close_details, filtered.is_open()) == (CloseType.FLUSH_WRITE, "why", False)
