"""What main itself counts, by Envoy's tables."""

from __future__ import annotations

from typing import Final

from portico.config.load import LoadedBootstrap
from portico.main.memory import ProcessMemory
from portico.main.node_identity import version_numbers
from portico.main.options import Options
from portico.stats.merged import MergedStats
from portico.stats.process_stats import (
    ClusterManagerStats,
    ListenerManagerStats,
    OverloadStats,
    RuntimeStats,
    ServerStats,
    WatchdogStats,
)
from portico.stats.store import StatsStore

# Source: envoy source/common/secret/secret_manager_impl.cc: the largest uint32 where there is no certificate.
NO_CERTIFICATE: Final = (1 << 32) - 1


class OwnStats:
    """One table a subject, all in main's store."""

    def __init__(self, store: StatsStore) -> None:
        server = store.scope("server")
        self.server = ServerStats(server)
        self.cluster_manager = ClusterManagerStats(store.scope("cluster_manager"))
        self.listener_manager = ListenerManagerStats(store.scope("listener_manager"))
        self.runtime = RuntimeStats(store.scope("runtime"))
        self.clusters_inflated = store.gauge("thread_local_cluster_manager.main_thread.clusters_inflated")
        self.main_thread = WatchdogStats(store.scope("main_thread"))
        self.server_main_thread = WatchdogStats(server.scope("main_thread"))
        self.overload = OverloadStats(store)
        # portico's own.
        self.worker_restarts = store.counter("portico.worker_restarts")
        self.unimplemented_fields = store.counter("portico.unimplemented_fields")

    def describe(self, options: Options, loaded: LoadedBootstrap) -> None:
        """What does not change while the process lives."""
        self.server.concurrency.set(options.process.concurrency)
        self.server.hot_restart_epoch.set(options.restart.epoch)
        self.server.hot_restart_generation.set(1)
        self.server.version.set(version_number())
        self.server.parent_connections.set(0)
        self.server.compilation_settings_fips_mode.set(0)
        self.server.static_unknown_fields.add(loaded.counters.static_unknown_fields)
        self.server.dynamic_unknown_fields.add(loaded.counters.dynamic_unknown_fields)
        self.unimplemented_fields.add(loaded.counters.unimplemented_fields)
        self.runtime.deprecated_feature_use.add(loaded.counters.deprecated_fields)
        self.runtime.deprecated_feature_seen_since_process_start.set(loaded.counters.deprecated_fields)

    def count_watchdog_miss(self, is_mega: bool) -> None:
        for stats in (self.main_thread, self.server_main_thread):
            (stats.watchdog_mega_miss if is_mega else stats.watchdog_miss).add()

    def update(self, uptime_s: int, memory: ProcessMemory, merged: MergedStats) -> None:
        """What is measured rather than counted. Source: envoy source/server/server.cc, updateServerStats."""
        self.server.uptime.set(uptime_s)
        self.server.memory_allocated.set(memory.private)
        self.server.memory_heap_size.set(memory.data)
        self.server.memory_physical_size.set(memory.resident)
        self.server.total_connections.set(connections(merged))
        self.server.days_until_first_cert_expiring.set(NO_CERTIFICATE)
        self.server.stats_recent_lookups.set(merged.lookups.total)


def version_number() -> int:
    """`server.version`, a number. Envoy's is its commit's; ours is 0.1.0 -> 100."""
    major, minor, patch = version_numbers()
    return major * 10_000 + minor * 100 + patch


def connections(merged: MergedStats) -> int:
    """Open downstream connections of all listeners; the admin interface's are not among them."""
    names = (name for name in merged.numbers if name.startswith("listener.") and not name.startswith("listener.admin."))
    own = (name for name in names if name.endswith(".downstream_cx_active") and ".worker_" not in name)
    return sum(merged.numbers[name].value for name in own)
