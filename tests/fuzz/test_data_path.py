"""Any order of events on both sides of the whole data path: nothing raises, nothing leaks, nobody is logged twice.

Codec, connection manager, filters, router, pool and client are the real ones; only sockets and time are fakes.
"""

from collections.abc import Callable
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from portico.api.host import Host
from portico.api.stream_info import Protocol
from portico.api.upstream import ConnectionPool, PoolFailure, ResourcePriority
from portico.net.connect import Connector
from portico.testing.fake_transport import FakeTransport
from portico.upstream.cluster import ActiveCluster
from portico.upstream.pool import Http1Pool
from tests.http.proxy import Client, Proxy
from tests.upstream.peers import Attempt, Dialer

SENT = [
    b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    b"HEAD /h HTTP/1.1\r\nHost: h\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n",
    b"GET / HT",
    b"TP/1.1\r\n\r\n",
    b"ab",
    b"2\r\nab\r\n",
    b"0\r\n\r\n",
    b"FOO\r\n",
]
ANSWERED = [
    b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    b"HTTP/1.1 200 OK\r\n\r\n",
    b"HTTP/1.1 204 No Content\r\n\r\n",
    b"HTTP/1.1 503 X\r\nConnection: close\r\nContent-Length: 0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\n",
    b"HTTP/1.1 101 X\r\n\r\n",
    b"HTTP/1.1 2",
    b"ok",
    b"2\r\nok\r\n",
    b"0\r\n\r\n",
    b"nonsense\r\n",
]


class World(Proxy):
    """One client, one host, and every connection between them."""

    def __init__(self) -> None:
        super().__init__(
            "- {match: {prefix: /}, route: {cluster: api, timeout: 20s}}",
            request_headers_timeout="3s",
            request_timeout="30s",
            stream_idle_timeout="8s",
            common_http_protocol_options={"idle_timeout": "60s", "max_stream_duration": "25s"},
        )
        self.add_cluster("api", 8080, per_connection_buffer_limit_bytes=100)
        self.client: Client = self.connect()

    def _make_connector(self) -> Connector:
        self.dialer = Dialer(self.server)
        return self.dialer

    def _make_pool(
        self, cluster: ActiveCluster, host: Host, priority: ResourcePriority, downstream: Protocol | None
    ) -> ConnectionPool:
        return Http1Pool(host, cluster.context(priority))

    # --- what may happen --------------------------------------------------------------------------------------------

    def client_sends(self, data: bytes) -> None:
        self.client.send(data)

    def client_leaves(self, _: bytes) -> None:
        self.client.leave()
        self.client = self.connect()

    def client_is_slow(self, _: bytes) -> None:
        if self.client.is_open() and not self.client.connection.is_above_high_watermark():
            self.client.connection.fill()

    def client_catches_up(self, _: bytes) -> None:
        if self.client.is_open() and self.client.connection.is_above_high_watermark():
            self.client.connection.empty()

    def connect_succeeds(self, _: bytes) -> None:
        for attempt in self.pending()[:1]:
            attempt.succeed()

    def connect_fails(self, _: bytes) -> None:
        for attempt in self.pending()[:1]:
            attempt.fail(PoolFailure.REMOTE_CONNECTION_FAILURE)

    def upstream_says(self, data: bytes) -> None:
        for transport in self.open_transports()[:1]:
            if not transport.is_paused:
                transport.receive(data)

    def upstream_closes(self, _: bytes) -> None:
        for transport in self.open_transports()[:1]:
            transport.peer_closes()

    def upstream_is_slow(self, _: bytes) -> None:
        for transport in self.open_transports():
            transport.takes_bytes = False

    def upstream_catches_up(self, _: bytes) -> None:
        for transport in self.open_transports():
            transport.drain()

    def time_passes(self, _: bytes) -> None:
        self.server.clock.advance(4.0)

    # --- what must hold ---------------------------------------------------------------------------------------------

    def pending(self) -> list[Attempt]:
        return [attempt for attempt in self.dialer.attempts if not attempt.is_settled]

    def open_transports(self) -> list[FakeTransport]:
        return [each.transport for each in self.dialer.attempts if each.is_open()]

    def end(self) -> None:
        """Everybody leaves."""
        self.client.leave()
        for attempt in self.pending():
            attempt.fail(PoolFailure.TIMEOUT)
        for transport in self.open_transports():
            transport.peer_closes()

    def assert_nothing_is_left(self) -> None:
        counted = self.server.changed()
        left = {name: value for name, value in counted.items() if name.endswith("_active")}
        assert left == {}
        assert len(self.log.entries) == counted.get("http.in.downstream_rq_total", 0)
        assert "http.in.filter_exception" not in counted
        cluster = self.manager.get("api")
        assert isinstance(cluster, ActiveCluster)
        limits = cluster.default_context.limits
        totals = [limits.connections.total(), limits.pending_requests.total(), limits.requests.total()]
        assert totals == [0, 0, 0]
        assert self.server.clock.deadlines() == []


Happening = Callable[[World, bytes], Any]


def happenings() -> st.SearchStrategy[list[tuple[Happening, bytes]]]:
    quiet: list[Happening] = [
        World.client_leaves, World.client_is_slow, World.client_catches_up, World.connect_succeeds, World.connect_fails,
        World.upstream_closes, World.upstream_is_slow, World.upstream_catches_up, World.time_passes,
    ]  # fmt: skip
    each = st.one_of(
        st.tuples(st.just(World.client_sends), st.sampled_from(SENT)),
        st.tuples(st.just(World.client_sends), st.sampled_from(SENT[:5])),
        st.tuples(st.just(World.upstream_says), st.sampled_from(ANSWERED)),
        st.tuples(st.just(World.connect_succeeds), st.just(b"")),
        st.tuples(st.sampled_from(quiet), st.just(b"")),
    )
    return st.lists(each, max_size=25)


@settings(max_examples=150, deadline=None)
@given(happenings())
def test_whatever_happens_everything_ends(steps: list[tuple[Happening, bytes]]) -> None:
    world = World()
    for happening, data in steps:
        happening(world, data)
    world.end()
    world.assert_nothing_is_left()
