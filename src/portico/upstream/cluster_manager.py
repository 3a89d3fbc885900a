"""The clusters of one process by name: added, updated, warmed, removed."""

from __future__ import annotations

from typing import Any

from portico.api.context import ServerContext
from portico.api.host import Host
from portico.api.stream_info import Protocol
from portico.api.upstream import Cluster, ClusterManager, ConnectionPool, ResourcePriority
from portico.net.connect import Connector
from portico.upstream.cluster import ActiveCluster, PoolFactory
from portico.upstream.cluster_config import DiscoveryType
from portico.upstream.cluster_status import ClusterStatus, status_of
from portico.upstream.from_proto import cluster_config
from portico.upstream.host_spec import Assignment
from portico.upstream.pool import Http1Pool
from portico.upstream.pool_per_downstream import PoolPerDownstream


def http1_pool(
    cluster: ActiveCluster, host: Host, priority: ResourcePriority, downstream: Protocol | None
) -> ConnectionPool:
    """The pool that production uses; tests hand in another."""
    context = cluster.context(priority)
    return PoolPerDownstream(host, context) if cluster.config.has_pool_per_downstream else Http1Pool(host, context)


class WorkerClusterManager(ClusterManager):
    """A cluster whose hosts are still being discovered is warming: unknown to ``get``, which goes on with the version
    before it, if there is one."""

    def __init__(self, connector: Connector, make_pool: PoolFactory = http1_pool) -> None:
        self._connector = connector
        self._make_pool = make_pool
        self._server: ServerContext
        self._active: dict[str, ActiveCluster] = {}
        self._warming: dict[str, ActiveCluster] = {}
        self._draining: dict[ActiveCluster, None] = {}

    def attach(self, server: ServerContext) -> None:
        """Before the first cluster; the server's context names this manager, so neither can come first."""
        self._server = server
        scope = server.scope.scope("cluster_manager")
        self._cluster_added = scope.counter("cluster_added")
        self._cluster_modified = scope.counter("cluster_modified")
        self._cluster_removed = scope.counter("cluster_removed")
        self._cluster_updated = scope.counter("cluster_updated")
        self._cluster_updated_via_merge = scope.counter("cluster_updated_via_merge")
        self._update_merge_cancelled = scope.counter("update_merge_cancelled")
        self._update_out_of_merge_window = scope.counter("update_out_of_merge_window")
        self._active_clusters = scope.gauge("active_clusters")
        self._warming_clusters = scope.gauge("warming_clusters")

    def get(self, name: str) -> Cluster | None:
        return self._active.get(name)

    def add_or_update(self, message: Any, is_added_via_api: bool = False) -> ActiveCluster:
        """``message``: a Cluster. Raises ConfigErrors; nothing has changed then."""
        config = cluster_config(message, self._server)
        config.info.added_via_api = is_added_via_api
        cluster = ActiveCluster(config, self._server, self._connector, self._make_pool)
        name = config.info.name
        if name in self._active or name in self._warming:
            self._cluster_modified.add()
        else:
            self._cluster_added.add()
        self._discard(self._warming.pop(name, None))
        if config.discovery is DiscoveryType.STATIC or not config.waits_for_first_hosts:
            self._activate(name, cluster)
        else:
            self._warming[name] = cluster
            cluster.stats.warming_state.set(1)
        self._count()
        return cluster

    def remove(self, name: str) -> bool:
        """False when there was none."""
        active = self._active.pop(name, None)
        warming = self._warming.pop(name, None)
        self._discard(active)
        self._discard(warming)
        if active is None and warming is None:
            return False
        self._cluster_removed.add()
        self._count()
        return True

    def update_hosts(self, name: str, assignment: Assignment) -> None:
        """All hosts of a cluster. The first update of a warming cluster makes it active, be it without hosts."""
        warming = self._warming.pop(name, None)
        if warming is not None:
            warming.update_hosts(assignment)
            warming.stats.warming_state.set(0)
            self._activate(name, warming)
            self._count()
            return
        active = self._active.get(name)
        if active is not None:
            active.update_hosts(assignment)
            self._cluster_updated.add()

    def set_health(self, name: str, address: str, flags: int) -> None:
        for clusters in (self._active, self._warming):
            cluster = clusters.get(name)
            if cluster is not None:
                cluster.set_health(address, flags)

    def read_runtime(self) -> None:
        """After runtime values changed."""
        for cluster in [*self._active.values(), *self._warming.values()]:
            cluster.read_runtime()

    def status(self) -> list[ClusterStatus]:
        """Every active cluster, in the order they were added."""
        return [status_of(cluster) for cluster in self._active.values()]

    def names(self) -> list[str]:
        return list(self._active)

    def warming_names(self) -> list[str]:
        return list(self._warming)

    def _activate(self, name: str, cluster: ActiveCluster) -> None:
        self._discard(self._active.get(name))
        self._active[name] = cluster

    def _discard(self, cluster: ActiveCluster | None) -> None:
        """Let a version that nobody finds any more finish what it carries."""
        if cluster is None:
            return
        self._draining[cluster] = None
        cluster.close(lambda: self._on_closed(cluster))

    def _on_closed(self, cluster: ActiveCluster) -> None:
        self._draining.pop(cluster, None)
        name = cluster.info.observability_name  # another version, or another cluster, may count under it too
        others = [*self._active.values(), *self._warming.values(), *self._draining]
        if all(each.info.observability_name != name for each in others):
            cluster.info.scope.forget()

    def _count(self) -> None:
        self._active_clusters.set(len(self._active))
        self._warming_clusters.set(len(self._warming))
