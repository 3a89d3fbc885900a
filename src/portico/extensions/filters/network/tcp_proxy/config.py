"""What one tcp_proxy was configured with, settled when the configuration arrived."""

from __future__ import annotations

from enum import Enum

from mypy_extensions import mypyc_attr

from portico.access_log.log_options import LogOptions
from portico.api.access_log import AccessLog
from portico.api.clock import Random
from portico.api.context import DrainState, ServerContext
from portico.api.stream_info import StreamInfo
from portico.stats.tcp_proxy_stats import TcpProxyStats


class ConnectMode(Enum):
    """TcpProxy.upstream_connect_mode, by its numbers in the proto."""

    IMMEDIATE = 0
    ON_DOWNSTREAM_DATA = 1
    ON_DOWNSTREAM_TLS_HANDSHAKE = 2


class Destination:
    """A cluster, and what its hosts must have to be chosen (``envoy.lb`` metadata, for subsets)."""

    def __init__(self, cluster: str, weight: int, metadata_match: dict[str, object] | None) -> None:
        self.cluster = cluster
        self.weight = weight
        self.metadata_match = metadata_match


class Destinations:
    """``cluster`` or ``weighted_clusters``."""

    def __init__(self, destinations: list[Destination]) -> None:
        self._destinations = destinations
        self._total_weight = sum(each.weight for each in destinations)

    def choose(self, random: Random) -> Destination:
        destinations = self._destinations
        if len(destinations) == 1:
            return destinations[0]
        value = random.below(self._total_weight)
        for each in destinations:
            value -= each.weight
            if value < 0:
                return each
        raise AssertionError("weights do not add up")


@mypyc_attr(allow_interpreted_subclasses=True)
class HashPolicy:
    """Where the hash comes from that sticky load balancers use."""

    def hash_key(self, info: StreamInfo) -> int | None:
        """None: this connection has no such value."""
        raise NotImplementedError


class Backoff:
    """Seconds between connect attempts: exponential, with full jitter."""

    def __init__(self, base_s: float, max_s: float) -> None:
        self._base_s = base_s
        self._max_s = max_s

    def delay_s(self, attempts: int, random: Random) -> float:
        """After ``attempts`` (>= 1) that failed. Source: envoy source/common/common/backoff_strategy.cc."""
        limit_s = min(self._base_s * (2.0 ** min(attempts - 1, 30)), self._max_s)
        return random.below(max(int(limit_s * 1000), 1)) / 1000


class TcpProxyConfig:
    """Read per connection; written only while it is built."""

    def __init__(self, server: ServerContext, stats: TcpProxyStats, destinations: Destinations) -> None:
        self.server = server
        self.stats = stats
        self.destinations = destinations
        self.drain: DrainState = server.drain
        self.max_connect_attempts = 1
        self.backoff: Backoff | None = None
        self.idle_timeout_s = 3600.0  # Source: TcpProxy.idle_timeout; 0.0 = none
        self.max_connection_duration_s = 0.0  # 0.0 = none
        self.max_duration_jitter = 0.0  # a fraction of the above, added at random
        self.connect_mode = ConnectMode.IMMEDIATE
        self.max_early_data_bytes = -1  # < 0: read nothing before the upstream is connected
        self.hash_policy: HashPolicy | None = None
        self.checks_drain = False
        self.access_logs: list[AccessLog] = []
        self.log_options = LogOptions()
