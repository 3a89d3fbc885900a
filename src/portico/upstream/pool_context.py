"""What all pools of one cluster and priority share."""

from __future__ import annotations

from typing import Final

from portico.api.clock import Clock
from portico.api.log import Logger, logger
from portico.api.sparse_log import SparseLog
from portico.api.upstream import ClusterInfo
from portico.codec.http1.settings import Http1Settings
from portico.net.connect import ConnectOptions, Connector
from portico.net.connection import ByteCounters
from portico.stats.cluster_stats import ClusterStats
from portico.stats.codec_stats import Http1CodecStats
from portico.upstream.limits import PriorityLimits

LOG: Final[Logger] = logger("upstream", __name__)


class PoolContext:
    """Settled when the cluster is built; pools only read it."""

    def __init__(
        self, info: ClusterInfo, stats: ClusterStats, limits: PriorityLimits, connector: Connector, clock: Clock
    ) -> None:
        self.info = info
        self.stats = stats
        self.limits = limits
        self.connector = connector
        self.clock = clock
        self.log = SparseLog(LOG, clock)
        self.counters = ByteCounters(stats.upstream_cx_rx_bytes_total, stats.upstream_cx_tx_bytes_total)
        self.connect_options = ConnectOptions(info.connect_timeout_s, info.per_connection_buffer_limit_bytes)
        self.codec_stats: Http1CodecStats | None = None  # of HTTP/1, from the first pool on
        self.http1 = Http1Settings(
            max_headers_bytes=info.max_response_headers_kb * 1024, max_headers_count=info.max_response_headers_count
        )
