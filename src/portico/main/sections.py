"""The sections of the bootstrap that main itself reads, settled."""

from __future__ import annotations

from typing import Any, Final

from portico.admin.from_proto import AdminSettings, admin_settings
from portico.api.errors import ConfigErrors, Problems
from portico.config.load import LoadedBootstrap, LocatedError
from portico.config.positions import Positions, locate
from portico.config.runtime_layers import LayeredRuntime, layered_runtime
from portico.main.options import Options
from portico.main.supervisor import WorkerSettings
from portico.stats import from_proto as stats_from_proto
from portico.stats.stats_config import StatsConfig

# Source: envoy bootstrap.proto: stats_flush_interval, Watchdog.miss_timeout, Watchdog.megamiss_timeout.
DEFAULT_FLUSH_MS: Final = 5000
DEFAULT_MISS_MS: Final = 200
DEFAULT_MEGA_MISS_MS: Final = 1000


class Sections:
    """Raises ConfigErrors, each with its place."""

    def __init__(self, options: Options, loaded: LoadedBootstrap) -> None:
        bootstrap = loaded.bootstrap
        problems = Problems()
        self.stats_config = StatsConfig()
        self.runtime = LayeredRuntime([])
        self.admin: AdminSettings | None = None
        with problems.at("stats_config"):
            given = bootstrap.stats_config if bootstrap.HasField("stats_config") else None
            self.stats_config = stats_from_proto.stats_config(given, options.stats_tags)
        with problems.at("layered_runtime"):
            self.runtime = layered_runtime(bootstrap.layered_runtime)
        with problems.at("admin"):
            self.admin = admin_settings(bootstrap.admin)
        raise_located(problems, loaded.positions)
        self.flush_interval_s = milliseconds(bootstrap.stats_flush_interval, DEFAULT_FLUSH_MS) / 1000
        self.main_watchdog = watchdog_ms(bootstrap.watchdogs.main_thread_watchdog)
        self.worker_kill_ms = milliseconds(bootstrap.watchdogs.worker_watchdog.kill_timeout, 0)


def worker_settings(options: Options, bootstrap: Any, ip: str) -> WorkerSettings:
    log, process, node = options.log, options.process, bootstrap.node
    return WorkerSettings(
        concurrency=process.concurrency,
        node=(node.id, node.cluster, node.locality.zone, ip),
        log=(log.pattern, log.is_escaped, log.path),
        flush=(process.file_flush_interval_ms, process.file_flush_min_kib),
        watchdog=watchdog_ms(bootstrap.watchdogs.worker_watchdog),
        drain=(process.drain_time_s, process.is_drain_gradual),
        stats_config=bootstrap.stats_config.SerializeToString(),
    )


def watchdog_ms(message: Any) -> tuple[int, int]:
    """An envoy.config.bootstrap.v3.Watchdog: a miss, a mega miss."""
    return (
        milliseconds(message.miss_timeout, DEFAULT_MISS_MS),
        milliseconds(message.megamiss_timeout, DEFAULT_MEGA_MISS_MS),
    )


def milliseconds(duration: Any, default: int) -> int:
    """A google.protobuf.Duration; unset and zero give the default."""
    return duration.seconds * 1000 + duration.nanos // 1_000_000 or default


def raise_located(problems: Problems, positions: Positions) -> None:
    """Raises ConfigErrors if there are any, each with its place in the file."""
    if problems.errors:
        raise ConfigErrors([LocatedError(error, locate(error, positions)) for error in problems.errors])
