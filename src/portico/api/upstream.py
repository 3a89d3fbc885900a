"""Clusters as filters see them: name -> cluster -> host -> pool -> stream, or a TCP connection."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from mypy_extensions import mypyc_attr

from portico.api.connection import Connection
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.load_balancer import LoadBalancerContext
from portico.api.stats import StatsScope
from portico.api.stream_info import Protocol, StreamInfo


class ResourcePriority(Enum):
    """Which set of circuit-breaker thresholds counts a request. The value is the stat's name."""

    DEFAULT = "default"
    HIGH = "high"


class PoolFailure(Enum):
    """Why no stream could be had. The value is Envoy's text for local replies and details."""

    OVERFLOW = "overflow"
    REMOTE_CONNECTION_FAILURE = "remote connection failure"
    LOCAL_CONNECTION_FAILURE = "local connection failure"
    TIMEOUT = "connection timeout"


class ResetReason(Enum):
    """Why a stream that existed ended early. The value is Envoy's text for local replies and details."""

    CONNECTION_TERMINATION = "connection termination"
    PROTOCOL_ERROR = "protocol error"
    REMOTE_RESET = "remote reset"
    REMOTE_REFUSED_STREAM_RESET = "remote refused stream reset"
    LOCAL_RESET = "local reset"
    LOCAL_REFUSED_STREAM_RESET = "local refused stream reset"
    OVERFLOW = "overflow"
    HTTP1_PREMATURE_UPSTREAM_CLOSE = "http1 premature upstream close"


@mypyc_attr(allow_interpreted_subclasses=True)
class UpstreamStream:
    """One request on its way to one host. Every call after the end is ignored."""

    connection: Connection
    protocol: Protocol

    def encode_headers(self, headers: RequestHeaders, end_stream: bool) -> None:
        """A head that does not end the stream leaves with the first body bytes, or at ``flush``."""
        raise NotImplementedError

    def encode_data(self, data: bytes, end_stream: bool) -> None:
        raise NotImplementedError

    def encode_trailers(self, trailers: HeaderMap) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        """Send what waits for company; no more comes with this read."""
        raise NotImplementedError

    def reset(self) -> None:
        """Give up the request. No callback follows."""
        raise NotImplementedError

    def pause_reading(self) -> None:
        """Counted, as for connections: response bytes wait in the kernel (HTTP/1) or in the window (HTTP/2)."""
        raise NotImplementedError

    def resume_reading(self) -> None:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class UpstreamCallbacks:
    """The conversation with one try: first pool ready or failed, then the response, then its end."""

    info: StreamInfo | None = None  # where the stream's bytes are written down when it ends; None = nowhere

    def on_pool_ready(self, stream: UpstreamStream, host: Host) -> None:
        raise NotImplementedError

    def on_pool_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        """``detail``: the transport's own words, e.g. ``delayed_connect_error: Connection refused``."""
        raise NotImplementedError

    def on_response_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        """1xx (never 101) responses come here too, before the final one."""
        raise NotImplementedError

    def on_response_data(self, data: bytes, end_stream: bool) -> None:
        raise NotImplementedError

    def on_response_trailers(self, trailers: HeaderMap) -> None:
        raise NotImplementedError

    def on_response_batch_end(self) -> None:
        """Everything of one read was told and the response goes on: send what waits for company."""
        raise NotImplementedError

    def on_stream_reset(self, reason: ResetReason, detail: str) -> None:
        """The stream is gone; nothing follows."""
        raise NotImplementedError

    def on_write_buffer_watermark(self, is_above: bool) -> None:
        """The upstream takes bytes slower (True) or again fast enough (False)."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Cancellable:
    """A stream or connection that was asked for and has not come yet."""

    def cancel(self) -> None:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class ConnectionPool:
    """This worker's connections to one host, for one protocol, priority and transport socket."""

    def new_stream(self, callbacks: UpstreamCallbacks) -> Cancellable | None:
        """None = on_pool_ready or on_pool_failure was already called. Else queued: cancel() withdraws it."""
        raise NotImplementedError

    def drain(self, on_drained: Callable[[], None]) -> None:
        """Close what is idle now, the rest as it becomes idle; then call back once."""
        raise NotImplementedError


class ClusterInfo:
    """What does not change while one version of a cluster lives."""

    def __init__(self, name: str, scope: StatsScope) -> None:
        self.name = name
        self.alt_stat_name = ""
        self.scope = scope  # "cluster.<alt stat name or name>."
        self.connect_timeout_s = 5.0  # Source: Cluster.connect_timeout default
        self.per_connection_buffer_limit_bytes = 1024 * 1024
        self.max_requests_per_connection = 0  # 0 = no limit
        self.idle_timeout_s = 3600.0  # HttpProtocolOptions.idle_timeout; 0.0 = never
        self.max_connection_duration_s = 0.0
        self.max_response_headers_count = 100
        self.max_response_headers_kb = 80
        self.max_stream_duration_s = 0.0
        self.metadata: dict[str, Any] = {}
        self.added_via_api = False
        self.maintenance_mode_key = f"upstream.maintenance_mode.{name}"  # a runtime key

    @property
    def observability_name(self) -> str:
        return self.alt_stat_name or self.name


@mypyc_attr(allow_interpreted_subclasses=True)
class TcpCallbacks:
    """What became of ``Cluster.connect``; called once."""

    def on_connected(self, connection: Connection, host: Host) -> None:
        """The connection is open and the callee's: it sets ``connection.handler`` here."""
        raise NotImplementedError

    def on_connect_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Cluster:
    """One warmed cluster on this worker."""

    info: ClusterInfo

    def choose_host(self, context: LoadBalancerContext) -> Host | None:
        raise NotImplementedError

    def http_pool(self, host: Host, priority: ResourcePriority, downstream: Protocol | None) -> ConnectionPool | None:
        """None = one more than max_connection_pools allows."""
        raise NotImplementedError

    def connect(self, host: Host, callbacks: TcpCallbacks) -> Cancellable | None:
        """A TCP connection to ``host`` under connect_timeout and max_connections; None = already answered."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class ClusterManager:
    """Clusters by name."""

    def get(self, name: str) -> Cluster | None:
        """None = unknown or still warming; the router answers 503 NC."""
        raise NotImplementedError
