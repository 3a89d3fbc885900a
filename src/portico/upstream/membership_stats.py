"""What ``/stats`` says about a cluster's members."""

from __future__ import annotations

from portico.stats.cluster_stats import ClusterStats
from portico.upstream.host_set import HostSet


def publish_membership(stats: ClusterStats, host_sets: list[HostSet]) -> None:
    """Gauges as the sets are; ``membership_change`` is the caller's, who knows what changed."""
    stats.membership_total.set(sum(len(each.hosts) for each in host_sets))
    stats.membership_healthy.set(sum(len(each.healthy) for each in host_sets))
    stats.membership_degraded.set(sum(len(each.degraded) for each in host_sets))
    stats.membership_excluded.set(sum(len(each.excluded) for each in host_sets))


def publish_max_host_weight(stats: ClusterStats, host_sets: list[HostSet]) -> None:
    """Only for hosts that were discovered: Envoy leaves the gauge at 0 for a static cluster."""
    stats.max_host_weight.set(max((host.weight for each in host_sets for host in each.hosts), default=0))
