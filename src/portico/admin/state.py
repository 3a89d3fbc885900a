"""What the endpoints ask of the process: the main process implements these, tests fake them.

Each class is one subject. Nothing here knows HTTP.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from portico.api.address import Address
from portico.config.runtime_layers import LayeredRuntime
from portico.stats.merged import MergedStats
from portico.stats.stats_config import StatsConfig


class ProcessState(Enum):
    """envoy.admin.v3.ServerInfo.State: the value is what /ready and /server_info print; `server.state` its number."""

    LIVE = 0
    DRAINING = 1
    PRE_INITIALIZING = 2
    INITIALIZING = 3


@dataclass(frozen=True)
class ServerDetails:
    """The fields of /server_info that are not the state."""

    version: str
    uptime_current_epoch_s: int
    uptime_all_epochs_s: int
    hot_restart_version: str
    command_line_options: Mapping[str, object]  # fields of envoy.admin.v3.CommandLineOptions, in proto JSON
    node: bytes  # envoy.config.core.v3.Node, serialized


@dataclass(frozen=True)
class MemoryUse:
    """Bytes, over all of portico's processes."""

    allocated: int
    heap_size: int
    pageheap_unmapped: int
    pageheap_free: int
    total_thread_cache: int
    total_physical_bytes: int


class ProcessControl:
    """The process as a whole: what it is, and what it can be told to do."""

    def state(self) -> ProcessState:
        raise NotImplementedError

    def details(self) -> ServerDetails:
        raise NotImplementedError

    async def memory(self) -> MemoryUse:
        raise NotImplementedError

    def drain_listeners(self, graceful: bool, skip_exit: bool, inbound_only: bool) -> None:
        raise NotImplementedError

    def set_health_check_failed(self, failed: bool) -> None:
        raise NotImplementedError

    def reopen_logs(self) -> None:
        raise NotImplementedError

    def quit(self) -> None:
        """Exit, after the answer to this request has left."""
        raise NotImplementedError


class StatsSource:
    """The merged stats and how they are shown."""

    config: StatsConfig

    async def fresh(self) -> MergedStats:
        """Asks every worker what it counted since the last time; a worker that does not answer is left out."""
        raise NotImplementedError

    def reset_counters(self) -> None:
        raise NotImplementedError


@dataclass(frozen=True)
class HostStats:
    """One host's counters and gauges, summed over the workers."""

    cx_active: int = 0
    cx_connect_fail: int = 0
    cx_total: int = 0
    rq_active: int = 0
    rq_error: int = 0
    rq_pending_active: int = 0
    rq_success: int = 0
    rq_timeout: int = 0
    rq_total: int = 0


@dataclass(frozen=True)
class HostStatus:
    """One endpoint of a cluster."""

    address: Address
    stats: HostStats = HostStats()
    hostname: str = ""
    health_flags: int = 0  # portico.api.host.HealthFlag
    eds_health: str = "HEALTHY"  # HEALTHY, DEGRADED, UNHEALTHY or DRAINING: what the configuration says
    weight: int = 1
    region: str = ""
    zone: str = ""
    sub_zone: str = ""
    canary: bool = False
    priority: int = 0
    success_rate: float = -1.0  # percent; -1 = not enough requests to tell
    local_origin_success_rate: float = -1.0


@dataclass(frozen=True)
class CircuitBreakerLimits:
    max_connections: int = 1024
    max_pending_requests: int = 1024
    max_requests: int = 1024
    max_retries: int = 3


@dataclass(frozen=True)
class OutlierThresholds:
    """Cluster-wide results of outlier detection; -1 = not computed."""

    success_rate_average: float = -1.0
    success_rate_ejection_threshold: float = -1.0
    local_origin_success_rate_average: float = -1.0
    local_origin_success_rate_ejection_threshold: float = -1.0


@dataclass(frozen=True)
class ClusterStatus:
    """One cluster and its hosts by priority."""

    name: str
    observability_name: str  # alt_stat_name, or else the name
    hosts: tuple[HostStatus, ...] = ()
    added_via_api: bool = False
    eds_service_name: str = ""
    default_limits: CircuitBreakerLimits = CircuitBreakerLimits()
    high_limits: CircuitBreakerLimits = CircuitBreakerLimits()
    outlier: OutlierThresholds | None = None  # None = not configured


@dataclass(frozen=True)
class ListenerStatus:
    """One listener and the addresses it is bound to, the main one first."""

    name: str
    addresses: tuple[Address, ...]


class ConfigKind(Enum):
    """Sections of /config_dump in Envoy's order. The value is the dump's message under envoy.admin.v3."""

    BOOTSTRAP = "BootstrapConfigDump"
    CLUSTER = "ClustersConfigDump"
    ENDPOINT = "EndpointsConfigDump"  # shown with include_eds only
    LISTENER = "ListenersConfigDump"
    SCOPED_ROUTE = "ScopedRoutesConfigDump"
    ROUTE = "RoutesConfigDump"
    SECRET = "SecretsConfigDump"  # noqa: S105  a message name
    EXTENSION = "EcdsConfigDump"  # shown only when there is one


class ConfigState(Enum):
    """Where a resource stands."""

    STATIC = 1
    ACTIVE = 2
    WARMING = 3
    DRAINING = 4
    ERROR = 5  # the last update was refused: ``error`` says why, ``resource`` is what was refused


@dataclass(frozen=True)
class ConfigEntry:
    """One resource as it runs, or as it was refused."""

    kind: ConfigKind
    name: str
    resource: bytes  # serialized, of the message that belongs to the kind
    last_updated: float  # seconds since the epoch
    state: ConfigState = ConfigState.STATIC
    version: str = ""
    error: str = ""


class ConfigSource:
    """What is configured and what became of it."""

    def entries(self) -> list[ConfigEntry]:
        """Everything that runs or was refused, the bootstrap included; of each kind in the order of configuration."""
        raise NotImplementedError

    def listeners(self) -> list[ListenerStatus]:
        raise NotImplementedError

    async def clusters(self) -> list[ClusterStatus]:
        """Asks the workers for their hosts' counters."""
        raise NotImplementedError

    def version_of(self, kind: ConfigKind) -> str:
        """``version_info`` of the last response of that type, "" for static configuration."""
        raise NotImplementedError

    def unready_targets(self) -> dict[str, list[str]]:
        """Init manager -> names of what it still waits for; empty when the process is ready."""
        raise NotImplementedError

    def certificates(self) -> list[CertificateStatus]:
        raise NotImplementedError


@dataclass(frozen=True)
class CertificateStatus:
    """One TLS context: serialized envoy.admin.v3.CertificateDetails of its trust roots and its chain."""

    ca_cert: tuple[bytes, ...] = ()
    cert_chain: tuple[bytes, ...] = ()


class RuntimeControl:
    """The layered runtime and its admin layer."""

    def layers(self) -> LayeredRuntime:
        raise NotImplementedError

    def modify(self, values: dict[str, str]) -> None:
        """Set keys of the admin layer; an empty value removes one. Raises ConfigError when there is no such layer."""
        raise NotImplementedError


class LogControl:
    """Levels of the application log by component, in all processes."""

    def levels(self) -> dict[str, int]:
        raise NotImplementedError

    def set_levels(self, levels: dict[str, int]) -> None:
        """``levels`` names known components only."""
        raise NotImplementedError


@dataclass
class ServerState:
    """All of it: what every endpoint is handed."""

    process: ProcessControl
    stats: StatsSource
    config: ConfigSource
    runtime: RuntimeControl
    logs: LogControl
