"""What a factory is given besides its message."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.access_log import AccessLog
from portico.api.clock import Clock, Random
from portico.api.log_file import LogFiles
from portico.api.runtime import Runtime
from portico.api.shared import SharedCells
from portico.api.stats import StatsScope
from portico.api.upstream import ClusterManager


class LocalInfo:
    """Who this process is: bootstrap's node after the command line's overrides."""

    def __init__(self, node_id: str = "", cluster: str = "", zone: str = "", ip: str = "127.0.0.1") -> None:
        self.node_id = node_id
        self.cluster = cluster
        self.zone = zone
        self.ip = ip  # of an interface others can reach; stands in for loopback peers in x-forwarded-for


@mypyc_attr(allow_interpreted_subclasses=True)
class DrainState:
    """Whether this process, or this listener, is on its way out. Read per response."""

    def __init__(self) -> None:
        self.is_draining = False
        self.health_check_failed = False  # after POST /healthcheck/fail

    def should_close(self) -> bool:
        """Whether the response being sent should end its connection."""
        return self.is_draining and self.is_due()

    def is_due(self) -> bool:
        """While draining: whether it is this connection's turn. Asked anew for each response."""
        return True


class ListenerDrain(DrainState):
    """A listener's own end, or that of its process."""

    def __init__(self, process: DrainState) -> None:
        super().__init__()
        self._process = process
        self.only_when_modified = False  # drain_type MODIFY_ONLY: a failed health check does not count

    def should_close(self) -> bool:
        if self.is_draining or self._process.should_close():
            return True
        return self._process.health_check_failed and not self.only_when_modified


class OverloadState:
    """What the overload manager has switched off. Read per request."""

    def __init__(self) -> None:
        self.is_stopping_requests = False

    def stops_requests(self) -> bool:
        return self.is_stopping_requests


class ServerContext:
    """The process a configuration is built in: a worker, or main when it only tries whether it can be built."""

    def __init__(
        self,
        scope: StatsScope,
        clock: Clock,
        random: Random,
        runtime: Runtime,
        cluster_manager: ClusterManager,
        local_info: LocalInfo,
    ) -> None:
        self.scope = scope  # the root: names are absolute
        self.clock = clock
        self.random = random
        self.runtime = runtime
        self.cluster_manager = cluster_manager
        self.local_info = local_info
        self.drain = DrainState()
        self.overload = OverloadState()
        self.log_files: LogFiles | None = None  # None when only validating
        self.cells = SharedCells()  # what all workers count together; a worker puts the shared ones here
        self.worker_name = "worker_0"  # in stat names; main's own listeners say "main_thread"
        self.is_validating = False


class FactoryContext:
    """A factory's surroundings: the process, and the place in the configuration."""

    def __init__(self, server: ServerContext, scope: StatsScope, stat_prefix: str = "") -> None:
        self.server = server
        self.scope = scope  # where this extension's stats go, e.g. "http.ingress."
        self.stat_prefix = stat_prefix
        self.listener_scope: StatsScope = scope
        self.drain = server.drain  # the listener's, where there is one
        self.is_downstream = True
        self.access_logs: list[AccessLog] = []

    def nested(self, scope: StatsScope, stat_prefix: str = "") -> FactoryContext:
        """The same place with another stats scope."""
        inner = FactoryContext(self.server, scope, stat_prefix or self.stat_prefix)
        inner.listener_scope = self.listener_scope
        inner.drain = self.drain
        inner.is_downstream = self.is_downstream
        return inner
