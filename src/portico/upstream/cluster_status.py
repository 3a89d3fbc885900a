"""What /clusters prints about a cluster, as values that travel between processes and add up over workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.api.host import Host
from portico.api.upstream import ResourcePriority
from portico.upstream.cluster import ActiveCluster

# The order of ``HostStatus.counters``, and of /clusters.
HOST_COUNTERS = (
    "cx_active", "cx_connect_fail", "cx_total", "rq_active", "rq_error", "rq_pending_active", "rq_success",
    "rq_timeout", "rq_total",
)  # fmt: skip


@dataclass
class HostStatus:
    """One host: what it is, and what this process has counted about it."""

    address: str
    hostname: str
    counters: tuple[int, ...]  # in the order of HOST_COUNTERS
    health_flags: int  # bit set of HealthFlag
    weight: int
    locality: tuple[str, str, str]  # region, zone, sub-zone
    canary: bool
    priority: int

    def plain(self) -> tuple[Any, ...]:
        return (
            self.address, self.hostname, self.counters, self.health_flags, self.weight, self.locality, self.canary,
            self.priority,
        )  # fmt: skip


@dataclass
class ClusterStatus:
    """One cluster and its hosts."""

    name: str
    observability_name: str
    added_via_api: bool
    default_limits: tuple[int, int, int, int]  # connections, pending requests, requests, retries
    high_limits: tuple[int, int, int, int]
    hosts: list[HostStatus]

    def plain(self) -> tuple[Any, ...]:
        """Strings, numbers and tuples only; ``from_plain`` reads it."""
        return (
            self.name, self.observability_name, self.added_via_api, self.default_limits, self.high_limits,
            tuple([host.plain() for host in self.hosts]),
        )  # fmt: skip


def from_plain(plain: tuple[Any, ...]) -> ClusterStatus:
    name, observability_name, added_via_api, default_limits, high_limits, hosts = plain
    return ClusterStatus(
        name, observability_name, added_via_api, default_limits, high_limits, [HostStatus(*each) for each in hosts]
    )


def status_of(cluster: ActiveCluster) -> ClusterStatus:
    return ClusterStatus(
        cluster.info.name,
        cluster.info.observability_name,
        cluster.info.added_via_api,
        limits_of(cluster, ResourcePriority.DEFAULT),
        limits_of(cluster, ResourcePriority.HIGH),
        [host_status(host) for host_set in cluster.priorities.host_sets for host in host_set.hosts],
    )


def limits_of(cluster: ActiveCluster, priority: ResourcePriority) -> tuple[int, int, int, int]:
    limits = cluster.context(priority).limits
    return (
        limits.connections.ceiling(),
        limits.pending_requests.ceiling(),
        limits.requests.ceiling(),
        limits.retries.ceiling(),
    )


def host_status(host: Host) -> HostStatus:
    counters = (
        host.cx_active, host.cx_connect_fail, host.cx_total, host.rq_active, host.rq_error, host.rq_pending_active,
        host.rq_success, host.rq_timeout, host.rq_total,
    )  # fmt: skip
    place = (host.locality.region, host.locality.zone, host.locality.sub_zone)
    flags = int(host.unhealthy)  # a HealthFlag is no plain value: marshal refuses it
    return HostStatus(host.address.text, host.hostname, counters, flags, host.weight, place, host.canary, host.priority)


def add_up(clusters: list[ClusterStatus], more: list[ClusterStatus]) -> None:
    """Add a worker's counters to ``clusters``, host by host. Hosts only one side knows are of another moment: left."""
    by_name = {cluster.name: cluster for cluster in clusters}
    for other in more:
        mine = by_name.get(other.name)
        if mine is None:
            continue
        waiting = list(other.hosts)
        for host in mine.hosts:
            twin = next((each for each in waiting if each.address == host.address), None)
            if twin is not None:
                waiting.remove(twin)
                host.counters = tuple([a + b for a, b in zip(host.counters, twin.counters, strict=True)])
