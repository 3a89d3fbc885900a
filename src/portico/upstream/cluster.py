"""One cluster on one worker: its hosts, who gets the next request, and the pools that lead to them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from portico.api.context import ServerContext
from portico.api.host import Host
from portico.api.load_balancer import LoadBalancer, LoadBalancerContext
from portico.api.stream_info import Protocol
from portico.api.upstream import Cancellable, Cluster, ConnectionPool, ResourcePriority, TcpCallbacks
from portico.net.connect import Connector
from portico.stats.cluster_stats import ClusterStats
from portico.stats.response_codes import UpstreamCodeStats
from portico.upstream.cluster_config import ClusterConfig, DiscoveryType
from portico.upstream.host_pools import HostPools
from portico.upstream.host_spec import Assignment
from portico.upstream.limits import PriorityLimits
from portico.upstream.load_balancer import PriorityLoadBalancer
from portico.upstream.membership_stats import publish_max_host_weight, publish_membership
from portico.upstream.pool_context import PoolContext
from portico.upstream.priority import PrioritySet
from portico.upstream.tcp_connect import connect_tcp

PANIC_THRESHOLD_KEY: Final = "upstream.healthy_panic_threshold"


class ActiveCluster(Cluster):
    """A cluster that takes traffic, or will once its first hosts are known."""

    def __init__(
        self, config: ClusterConfig, server: ServerContext, connector: Connector, make_pool: PoolFactory
    ) -> None:
        self.info = config.info
        self.config = config
        self.tracked = config.tracked
        self.stats = ClusterStats(config.info.scope)
        self.codes = UpstreamCodeStats(config.info.scope)
        self.priorities = PrioritySet(is_logical=config.discovery is DiscoveryType.LOGICAL_DNS)
        self.default_context = self._pool_context(server, connector, ResourcePriority.DEFAULT)
        self.high_context = self._pool_context(server, connector, ResourcePriority.HIGH)
        self._server = server
        self._make_pool = make_pool
        self._pools: dict[Host, HostPools] = {}
        self._draining: dict[HostPools, None] = {}
        self._on_closed: Callable[[], None] | None = None
        self._panic_threshold_percent = config.panic_threshold_percent
        self.drop_share = 0.0  # of requests that get no host at all
        self.load_balancer: LoadBalancer = self._balancer()
        self.read_runtime()
        self.update_hosts(config.assignment)

    # --- per request ----------------------------------------------------------------------------------------------

    def choose_host(self, context: LoadBalancerContext) -> Host | None:
        return self.load_balancer.choose_host(context)

    def http_pool(self, host: Host, priority: ResourcePriority, downstream: Protocol | None) -> ConnectionPool | None:
        pools = self._pools.get(host)
        if pools is not None:
            pool = pools.high if priority is ResourcePriority.HIGH else pools.default
            if pool is not None:
                return pool
        return self._add_pool(host, priority, downstream)

    def connect(self, host: Host, callbacks: TcpCallbacks) -> Cancellable | None:
        return connect_tcp(self.default_context, host, callbacks)

    def context(self, priority: ResourcePriority) -> PoolContext:
        """What pools of this cluster and priority share."""
        return self.high_context if priority is ResourcePriority.HIGH else self.default_context

    # --- changes --------------------------------------------------------------------------------------------------

    def update_hosts(self, assignment: Assignment) -> None:
        """Make the assignment the membership. Pools of hosts that left finish what they carry."""
        self.drop_share = assignment.drop_share
        change = self.priorities.update(assignment)
        touched = {host.priority for host in change.added + change.removed + change.moved}
        self.stats.membership_change.add(len(touched))
        # Envoy chooses a transport socket for each host of each update; there is one choice, the default.
        self.stats.default_total_match_count.add(len(assignment.hosts))
        publish_membership(self.stats, self.priorities.host_sets)
        if self.config.discovery is not DiscoveryType.STATIC:
            publish_max_host_weight(self.stats, self.priorities.host_sets)
        for host in change.removed:
            self._drain_host(host)
        if touched and self.config.closes_connections_on_host_change:
            for host in list(self._pools):
                self._drain_host(host)
        self.load_balancer = self._balancer()

    def set_health(self, address: str, flags: int) -> None:
        """Replace the health flags of the hosts at ``address``; harmless when there are none."""
        for host in self.priorities.find(address):
            host.unhealthy = flags
        self.priorities.sort()
        publish_membership(self.stats, self.priorities.host_sets)
        self.load_balancer = self._balancer()

    def read_runtime(self) -> None:
        """Apply the keys that override this cluster's configuration. Call it when runtime values change."""
        runtime = self._server.runtime
        self.default_context.limits.read_runtime(runtime)
        self.high_context.limits.read_runtime(runtime)
        threshold = runtime.number(PANIC_THRESHOLD_KEY, self.config.panic_threshold_percent)
        if threshold != self._panic_threshold_percent:
            self._panic_threshold_percent = threshold
            self.load_balancer = self._balancer()

    def close(self, on_closed: Callable[[], None]) -> None:
        """No more requests come: drain every pool, then call back, once."""
        self._on_closed = on_closed
        for host in list(self._pools):
            self._drain_host(host)
        self._check_closed()

    # --- inside ---------------------------------------------------------------------------------------------------

    def _balancer(self) -> LoadBalancer:
        return PriorityLoadBalancer(
            self.priorities.host_sets,
            self.config.policy,
            self._panic_threshold_percent,
            self._server.random,
            self.stats.lb_healthy_panic,
        )

    def _pool_context(self, server: ServerContext, connector: Connector, priority: ResourcePriority) -> PoolContext:
        config = self.config
        limits = PriorityLimits(config.thresholds[priority], config.info, priority, server.cells)
        context = PoolContext(config.info, self.stats, limits, connector, server.clock)
        context.connect_options = config.connect_options
        context.http1 = config.http1
        return context

    def _add_pool(self, host: Host, priority: ResourcePriority, downstream: Protocol | None) -> ConnectionPool | None:
        if not self.context(priority).limits.connection_pools.try_acquire():
            self.stats.upstream_cx_pool_overflow.value += 1
            return None
        pool = self._make_pool(self, host, priority, downstream)
        pools = self._pools.get(host)
        if pools is None:
            pools = self._pools[host] = HostPools()
        if priority is ResourcePriority.HIGH:
            pools.high = pool
        else:
            pools.default = pool
        return pool

    def _drain_host(self, host: Host) -> None:
        pools = self._pools.pop(host, None)
        if pools is None:
            return
        if pools.default is not None:
            self.default_context.limits.connection_pools.release()
        if pools.high is not None:
            self.high_context.limits.connection_pools.release()
        self._draining[pools] = None
        pools.drain(lambda: self._on_pools_drained(pools))

    def _on_pools_drained(self, pools: HostPools) -> None:
        self._draining.pop(pools, None)
        self._check_closed()

    def _check_closed(self) -> None:
        if self._on_closed is not None and not self._draining:
            on_closed = self._on_closed
            self._on_closed = None
            on_closed()

    def __repr__(self) -> str:
        return f"ActiveCluster({self.info.name}: {self.priorities.host_sets})"


PoolFactory = Callable[[ActiveCluster, Host, ResourcePriority, Protocol | None], ConnectionPool]
