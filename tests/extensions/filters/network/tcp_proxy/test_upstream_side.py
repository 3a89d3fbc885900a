"""What is left of the pair when the client is gone."""

from portico.api.connection import CloseType, Connection, ConnectionEvent
from portico.extensions.filters.network.tcp_proxy.config import Destinations, TcpProxyConfig
from portico.extensions.filters.network.tcp_proxy.upstream_side import UpstreamOwner, UpstreamSide
from portico.stats.tcp_proxy_stats import TcpProxyStats
from portico.testing.fake_connection import FakeConnection
from tests.extensions.filters.network.surroundings import FakeCluster
from tests.listener.surroundings import Process, accepted


class Owner(UpstreamOwner):
    def __init__(self) -> None:
        self.events: list[ConnectionEvent] = []

    def on_upstream_closed(self, upstream: UpstreamSide, event: ConnectionEvent) -> None:
        self.events.append(event)

    def on_upstream_watermark(self, is_above: bool) -> None:
        pass

    def on_upstream_written(self) -> None:
        pass


class Rest:
    """An upstream connection on a fake transport that takes no bytes."""

    def __init__(self) -> None:
        self.process = Process()
        connection, self.transport = accepted(self.process)
        upstream: Connection = connection
        self.owner = Owner()
        self.config = TcpProxyConfig(
            self.process.context, TcpProxyStats(self.process.store.scope("tcp").scope("p")), Destinations([])
        )
        cluster = FakeCluster(self.process, "up")
        self.side = UpstreamSide(self.owner, upstream, FakeConnection(), cluster)
        self.side.idle_timeout_s = 10.0
        self.transport.takes_bytes = False

    def counts(self) -> tuple[int, int]:
        return (
            self.process.counter("tcp.p.upstream_flush_total"),
            self.process.gauge("tcp.p.upstream_flush_active"),
        )


def test_last_bytes_are_flushed_after_the_client_left() -> None:
    rest = Rest()
    rest.side.connection.write(b"last")
    rest.side.flush_and_close(rest.config)
    assert rest.counts() == (1, 1)
    rest.transport.drain()
    assert rest.transport.sent == b"last"
    assert rest.counts() == (1, 0)
    assert rest.process.clock.deadlines() == []


def test_nothing_to_flush_is_no_flush() -> None:
    rest = Rest()
    rest.side.flush_and_close(rest.config)
    assert rest.counts() == (0, 0)
    assert rest.transport.was_closed


def test_connection_that_is_closing_by_itself_is_no_flush() -> None:
    rest = Rest()
    rest.transport.peer_closes()
    rest.side.connection.write(b"last", end_stream=True)
    rest.side.flush_and_close(rest.config)
    assert rest.counts() == (0, 0)


def test_host_that_takes_nothing_loses_the_rest() -> None:
    rest = Rest()
    rest.side.connection.write(b"last")
    rest.side.flush_and_close(rest.config)
    rest.process.clock.advance(10.0)
    assert rest.transport.was_aborted
    assert rest.counts() == (1, 0)


def test_owner_that_let_go_hears_nothing_more() -> None:
    rest = Rest()
    rest.side.close(CloseType.NO_FLUSH, "why")
    assert rest.owner.events == []
    assert rest.side.connection.info.local_close_reason == "why"


def test_repr_names_the_connection() -> None:
    assert repr(Rest().side) == "UpstreamSide(TcpConnection(1, OPEN))"
