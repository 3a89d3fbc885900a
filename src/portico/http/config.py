"""What one http_connection_manager was configured with, settled when the configuration arrived."""

from __future__ import annotations

from enum import Enum

from portico.access_log.log_options import LogOptions
from portico.api.access_log import AccessLog
from portico.api.clock import Random
from portico.api.context import DrainState, ServerContext
from portico.api.http_filter import HttpFilterFactory
from portico.codec.http1.settings import DEFAULT_SETTINGS
from portico.http.filter_failures import FilterFailures
from portico.http.forwarded import ForwardingRules
from portico.http.local_reply import LocalReplies
from portico.http.path_rules import PathRules
from portico.http.proxy_status import ProxyStatusRules
from portico.router.route_table import RouteTable
from portico.stats.codec_stats import Http1CodecStats
from portico.stats.http_stats import HttpConnectionManagerStats


class ServerHeader(Enum):
    """HttpConnectionManager.server_header_transformation."""

    OVERWRITE = 1
    APPEND_IF_ABSENT = 2
    PASS_THROUGH = 3


class Timeouts:
    """Seconds; 0.0 = off. Defaults: features §2.4 of Envoy's documentation, "FAQ: how do I configure timeouts"."""

    def __init__(self) -> None:
        self.stream_idle_s = 300.0
        self.request_s = 0.0
        self.request_headers_s = 0.0
        self.max_stream_duration_s = 0.0
        self.idle_s = 3600.0
        self.max_connection_duration_s = 0.0
        self.max_connection_duration_jitter = 0.0  # the share of it that chance may add
        self.closes_with_a_response = False  # http1_safe_max_connection_duration
        self.drain_s = 5.0
        self.delayed_close_s = 1.0

    def connection_duration_s(self, random: Random) -> float:
        """How long one connection may live."""
        if self.max_connection_duration_jitter == 0.0:
            return self.max_connection_duration_s
        share = random.below(1 << 20) / (1 << 20)
        return self.max_connection_duration_s * (1.0 + self.max_connection_duration_jitter * share)


class FilterSlot:
    """One entry of http_filters."""

    def __init__(self, name: str, factory: HttpFilterFactory, is_disabled: bool) -> None:
        self.name = name
        self.factory = factory
        self.is_disabled = is_disabled  # unless a route's FilterConfig enables it


class RouteSource:
    """Where the current route table is. Replaced whole; a stream keeps the table it started with."""

    def __init__(self, table: RouteTable | None) -> None:
        self.table = table  # None = not arrived yet: every request is answered 404


class HttpConfig:
    """Read per request; written only while it is built."""

    def __init__(
        self,
        server: ServerContext,
        stat_prefix: str,
        stats: HttpConnectionManagerStats,
        codec_stats: Http1CodecStats,
    ) -> None:
        self.server = server
        self.drain: DrainState = server.drain
        self.stat_prefix = stat_prefix
        self.stats = stats
        self.codec_stats = codec_stats
        self.failures = FilterFailures(server, stat_prefix)
        self.codec = DEFAULT_SETTINGS
        self.filters: list[FilterSlot] = []
        self.routes = RouteSource(None)
        self.access_logs: list[AccessLog] = []
        self.log_options = LogOptions()
        self.local_replies = LocalReplies()
        self.timeouts = Timeouts()
        self.forwarding = ForwardingRules()
        self.paths: PathRules | None = None  # None = take every path as it came
        self.server_name = b"envoy"
        self.server_header = ServerHeader.OVERWRITE
        self.always_set_request_id_in_response = False
        self.proxy_status: ProxyStatusRules | None = None
        self.bad_requests_close = True  # a local 400 ends its connection, as the next request may be what is wrong
        self.max_requests_per_connection = 0
        self.proxy_100_continue = False
        self.upgrades: frozenset[bytes] = frozenset()  # lower-case upgrade types that are enabled
        self.buffer_limit_bytes = 1024 * 1024
