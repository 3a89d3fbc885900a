"""Every path of the admin interface."""

from __future__ import annotations

from portico.admin.certs import CERTS
from portico.admin.clusters import CLUSTERS
from portico.admin.config_dump import CONFIG_DUMP
from portico.admin.exchange import Endpoint
from portico.admin.hot_restart_version import HOT_RESTART_VERSION
from portico.admin.init_dump import INIT_DUMP
from portico.admin.lifecycle import (
    DRAIN_LISTENERS,
    FAIL_HEALTH_CHECKS,
    PASS_HEALTH_CHECKS,
    QUIT,
    REOPEN_LOGS,
    RESET_COUNTERS,
)
from portico.admin.listeners import LISTENERS
from portico.admin.logging import LOGGING
from portico.admin.memory import MEMORY, MEMORY_ALLOCATOR
from portico.admin.profilers import (
    ALLOCATION_PROFILER,
    CONTENTION,
    CPU_PROFILER,
    HEAP_DUMP,
    HEAP_PROFILER,
    PEAK_HEAP_DUMP,
)
from portico.admin.ready import READY
from portico.admin.recent_lookups import (
    RECENT_LOOKUPS,
    RECENT_LOOKUPS_CLEAR,
    RECENT_LOOKUPS_DISABLE,
    RECENT_LOOKUPS_ENABLE,
)
from portico.admin.runtime import RUNTIME, RUNTIME_MODIFY
from portico.admin.server_info import SERVER_INFO
from portico.admin.stats import STATS, STATS_PROMETHEUS

# All but `/` and `/help`, which list them.
ENDPOINTS: tuple[Endpoint, ...] = (
    ALLOCATION_PROFILER, CERTS, CLUSTERS, CONFIG_DUMP, CONTENTION, CPU_PROFILER, DRAIN_LISTENERS, FAIL_HEALTH_CHECKS,
    HEAP_DUMP, HEAP_PROFILER, HOT_RESTART_VERSION, INIT_DUMP, LISTENERS, LOGGING, MEMORY, MEMORY_ALLOCATOR,
    PASS_HEALTH_CHECKS, PEAK_HEAP_DUMP, QUIT, READY, RECENT_LOOKUPS, RECENT_LOOKUPS_CLEAR, RECENT_LOOKUPS_DISABLE,
    RECENT_LOOKUPS_ENABLE, REOPEN_LOGS, RESET_COUNTERS, RUNTIME, RUNTIME_MODIFY, SERVER_INFO, STATS, STATS_PROMETHEUS,
)  # fmt: skip
