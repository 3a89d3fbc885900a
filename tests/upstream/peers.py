"""A pool, the hosts it connects to, and requests that want a stream."""

from portico.api.address import Address
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host, Locality
from portico.api.upstream import (
    Cancellable,
    ClusterInfo,
    PoolFailure,
    ResetReason,
    ResourcePriority,
    UpstreamCallbacks,
    UpstreamStream,
)
from portico.net.connect import ConnectHandler, ConnectOptions, Connector
from portico.net.connection import ByteCounters, TcpConnection
from portico.stats.cluster_stats import ClusterStats
from portico.testing.fake_server import FakeServer
from portico.testing.fake_transport import FakeTransport, tcp_connection
from portico.testing.message import Message
from portico.upstream.limits import PriorityLimits, Thresholds
from portico.upstream.pool import Http1Pool
from portico.upstream.pool_context import PoolContext

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


def get(path: bytes = b"/") -> RequestHeaders:
    return RequestHeaders(b"GET", path, b"h.test", [])


def post(path: bytes = b"/") -> RequestHeaders:
    return RequestHeaders(b"POST", path, b"h.test", [])


class Attempt(Cancellable):
    """A connect that ends as the test says; ``transport`` is the peer's end once it succeeded."""

    def __init__(self, server: FakeServer, handler: ConnectHandler) -> None:
        self.transport = FakeTransport()
        self.is_cancelled = False
        self.is_settled = False
        self._connection: TcpConnection | None = None
        self._server = server
        self._handler = handler

    def succeed(self) -> FakeTransport:
        connection: TcpConnection = tcp_connection(self._server.clock, buffer_limit_bytes=1000)
        self.is_settled = True
        self._connection = connection
        self.transport.connect(connection)
        self._handler.on_connected(connection)
        return self.transport

    def fail(self, failure: PoolFailure, detail: str = "") -> None:
        self.is_settled = True
        self._handler.on_connect_failure(failure, detail)

    def is_open(self) -> bool:
        return self._connection is not None and self._connection.is_open()

    def cancel(self) -> None:
        self.is_cancelled = self.is_settled = True


class Dialer(Connector):
    """Keeps the attempts, in order."""

    def __init__(self, server: FakeServer) -> None:
        self.attempts: list[Attempt] = []
        self._server = server

    def connect(
        self, address: Address, options: ConnectOptions, counters: ByteCounters, handler: ConnectHandler
    ) -> Cancellable:
        self.attempts.append(Attempt(self._server, handler))
        return self.attempts[-1]


class Wants(UpstreamCallbacks):
    """A request: sends ``headers`` when it gets a stream, keeps what comes back, says how it ended."""

    def __init__(self, headers: RequestHeaders | None = None, end_stream: bool = True) -> None:
        self.stream: UpstreamStream | None = None
        self.got = Message()
        self.failure: PoolFailure | None = None
        self.detail = ""
        self.reset: ResetReason | None = None
        self.batches = 0
        self.watermarks: list[bool] = []
        self._headers = get() if headers is None else headers
        self._end_stream = end_stream

    def on_pool_ready(self, stream: UpstreamStream, host: Host) -> None:
        assert self.stream is None
        self.stream = stream
        stream.encode_headers(self._headers, self._end_stream)

    def on_pool_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        assert self.failure is None
        self.failure = failure
        self.detail = detail

    def on_response_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        self.got.on_headers(headers, end_stream)

    def on_response_data(self, data: bytes, end_stream: bool) -> None:
        self.got.on_data(data, end_stream)

    def on_response_trailers(self, trailers: HeaderMap) -> None:
        self.got.on_trailers(trailers)

    def on_response_batch_end(self) -> None:
        self.batches += 1

    def on_stream_reset(self, reason: ResetReason, detail: str) -> None:
        assert self.reset is None
        self.reset = reason

    def on_write_buffer_watermark(self, is_above: bool) -> None:
        self.watermarks.append(is_above)


class Surroundings:
    """One pool to one host, and everything around it."""

    def __init__(self, thresholds: Thresholds | None = None) -> None:
        self.server = FakeServer()
        self.info = ClusterInfo("c", self.server.context.scope.scope("cluster.c"))
        self.dialer = Dialer(self.server)
        limits = PriorityLimits(
            thresholds or Thresholds(), self.info, ResourcePriority.DEFAULT, self.server.context.cells
        )
        self.context = PoolContext(
            self.info, ClusterStats(self.info.scope), limits, self.dialer, self.server.context.clock
        )
        self.host = Host(Address("192.0.2.9", 8080), Locality(), 1)
        self.pool = Http1Pool(self.host, self.context)

    def ask(self, wants: Wants | None = None) -> Wants:
        wanted = wants or Wants()
        self.pool.new_stream(wanted)
        return wanted

    def connected(self) -> tuple[Wants, FakeTransport]:
        """A request under way on a connection of its own."""
        wanted = self.ask()
        return wanted, self.dialer.attempts[-1].succeed()

    def idle(self) -> FakeTransport:
        """An idle connection."""
        _, transport = self.connected()
        transport.receive(OK)
        transport.take_sent()
        return transport

    def changed(self) -> dict[str, int]:
        return self.server.changed("cluster.c.")

    def value(self, name: str) -> int:
        return self.server.value(f"cluster.c.{name}")
