"""The connections of one listener on one worker that have a filter chain."""

from __future__ import annotations

from typing import Final

from portico.api.access_log import LogEntry
from portico.api.connection import CloseType
from portico.api.log import LogLevel, logger
from portico.api.stats import StatsScope
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.listener.config import ListenerConfig
from portico.listener.connection_limits import ConnectionLimits
from portico.listener.filter_chain import FilterChain
from portico.listener.network_chain import ChainOwner, NetworkChain
from portico.net.connection import TcpConnection
from portico.stats.listener_stats import ExtensionConfigStats, ListenerStats, WorkerListenerStats

LOG: Final = logger("conn_handler", __name__)
_LOG_INTERVAL_S: Final = 1.0  # a filter that always raises must not fill the disk


class ActiveConnections(ChainOwner):
    """Counts connections from the choice of their chain to their end, and writes the listener's access log."""

    def __init__(self, config: ListenerConfig, stats: ListenerStats, limits: ConnectionLimits) -> None:
        self._config = config
        self._stats = stats
        self._worker_stats = WorkerListenerStats(config.scope.scope(config.server.worker_name))
        self._extension_stats = ExtensionConfigStats(config.scope)
        self._limits = limits
        self._clock = config.server.clock
        self._chains: dict[NetworkChain, None] = {}
        self._next_log_at = 0.0

    def __len__(self) -> int:
        return len(self._chains)

    def add(self, connection: TcpConnection, config: FilterChain) -> NetworkChain:
        """Count a connection and give it its filters; they have not been told of it yet."""
        info = connection.info
        info.filter_chain_name = config.name
        info.filter_chain_metadata = config.metadata
        chain = NetworkChain(self, config, connection, self.stream_info(info))
        connection.handler = chain
        self._chains[chain] = None
        stats = self._stats
        stats.downstream_cx_total.value += 1
        stats.downstream_cx_active.add()
        self._worker_stats.downstream_cx_total.value += 1
        self._worker_stats.downstream_cx_active.add()
        return chain

    def count_without_filters(self) -> None:
        """A connection came and went: its chain is empty."""
        self._stats.downstream_cx_total.value += 1
        self._stats.downstream_cx_destroy.value += 1
        self._worker_stats.downstream_cx_total.value += 1
        self._extension_stats.network_extension_config_missing.value += 1

    def stream_info(self, connection: ConnectionInfo) -> StreamInfo:
        info = StreamInfo(connection)
        info.start = connection.start
        info.start_wall = self._clock.wall()
        return info

    def log(self, info: StreamInfo) -> None:
        """Write the listener's access log for a connection that is over."""
        if self._config.access_logs:
            info.end = info.connection.end = self._clock.now()
            entry = LogEntry(info)
            for each in self._config.access_logs:
                each.log(entry)

    def close_all(self) -> None:
        for chain in list(self._chains):
            chain.connection.close(CloseType.NO_FLUSH, "drained")

    # --- ChainOwner -----------------------------------------------------------------------------------------------

    def on_chain_closed(self, chain: NetworkChain) -> None:
        del self._chains[chain]
        stats = self._stats
        stats.downstream_cx_active.sub()
        stats.downstream_cx_destroy.value += 1
        stats.downstream_cx_length_ms.record((self._clock.now() - chain.info.start) * 1000.0)
        self._worker_stats.downstream_cx_active.sub()
        self._limits.release()
        chain.info.bytes_received, chain.info.bytes_sent = chain.connection.traffic()
        self.log(chain.info)

    def on_filter_exception(self, chain: NetworkChain, error: Exception) -> None:
        self.count_exception(self._config.scope, chain.config.name, error)

    def count_exception(self, scope: StatsScope, where: str, error: Exception) -> None:
        """Envoy has no such stat, so it appears with the first exception only."""
        scope.counter("filter_exception").value += 1
        now = self._clock.now()
        if now >= self._next_log_at and LOG.is_enabled(LogLevel.ERROR):
            self._next_log_at = now + _LOG_INTERVAL_S
            LOG.error(f"listener '{self._config.name}': {where}: {type(error).__name__}: {error}; connection closed")
