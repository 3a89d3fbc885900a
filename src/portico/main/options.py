"""What the command line decided, in the groups that its readers need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from portico.config.load import LoadOptions
from portico.ipc.log_format import DEFAULT_PATTERN


@dataclass(frozen=True)
class LogOptions:
    """--log-level and its kin."""

    level: str = "info"
    component_levels: tuple[tuple[str, str], ...] = ()
    path: str = ""
    pattern: str = DEFAULT_PATTERN
    has_own_pattern: bool = False  # --log-format was given: it wins over the bootstrap's
    is_escaped: bool = False
    skip_deprecated: bool = False


@dataclass(frozen=True)
class RestartOptions:
    """--base-id and its kin."""

    base_id: int = 0
    use_dynamic_base_id: bool = False
    base_id_path: str = ""
    epoch: int = 0
    is_disabled: bool = False
    parent_shutdown_time_s: int = 900
    socket_path: str = ""
    socket_mode: int = 0o600


@dataclass(frozen=True)
class ProcessOptions:
    """How many workers, and how they let go."""

    concurrency: int = 1
    drain_time_s: int = 600
    is_drain_gradual: bool = True
    file_flush_interval_ms: int = 10000
    file_flush_min_kib: int = 64


@dataclass(frozen=True)
class Options:
    """All of it."""

    load: LoadOptions
    log: LogOptions = LogOptions()
    restart: RestartOptions = RestartOptions()
    process: ProcessOptions = ProcessOptions()
    mode: str = "serve"
    admin_address_path: str = ""
    local_address_ip_version: str = "v4"
    stats_tags: tuple[tuple[str, str], ...] = ()
    warnings: tuple[str, ...] = ()
    greeting: str = ""  # printed once LIVE
    other_flags: Mapping[str, object] = field(default_factory=dict)  # shown by /server_info and nothing else

    @property
    def config_name(self) -> str:
        """How messages call the configuration: Envoy prints the path, which is empty for --config-yaml alone."""
        return self.load.config_path or ""
