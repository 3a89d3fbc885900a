"""How traffic divides over priorities, and when health is so bad that it is ignored. Pure arithmetic.

Source of all of it: envoy source/common/upstream/load_balancer_impl.cc, LoadBalancerBase, and
https://www.envoyproxy.io/docs/envoy/latest/intro/arch_overview/upstream/load_balancing/priority
"""

from __future__ import annotations

from dataclasses import dataclass

from portico.api.host import Host
from portico.upstream.host_set import HostSet


@dataclass(frozen=True)
class PriorityHealth:
    """One priority as the division sees it. With ``is_weighted_priority_health`` a host counts as its weight."""

    total: int  # hosts that count: all but the excluded ones
    healthy: int
    degraded: int
    members: int  # all hosts
    overprovisioning_percent: int = 140


@dataclass(frozen=True)
class PriorityLoads:
    """Percent of the traffic for the healthy and the degraded hosts of each priority, and who panics.

    The loads add up to 100.
    """

    healthy: list[int]
    degraded: list[int]
    in_panic: list[bool]


def divide(priorities: list[PriorityHealth], panic_threshold_percent: float) -> PriorityLoads:
    """``panic_threshold_percent`` 0.0 = never panic. At least one priority."""
    healthy = [availability(each.healthy, each) for each in priorities]
    degraded = [availability(each.degraded, each) for each in priorities]
    available = min(sum(healthy) + sum(degraded), 100)
    if panic_threshold_percent > 0 and available < 100:
        panics = [is_below(each, panic_threshold_percent) for each in priorities]
        if all(panics):
            return PriorityLoads(loads_by_size(priorities), [0] * len(priorities), panics)
    else:
        panics = [False] * len(priorities)
    if available == 0:
        return PriorityLoads([100] + [0] * (len(priorities) - 1), [0] * len(priorities), panics)
    healthy_loads, left = shares(healthy, available, 100)
    degraded_loads, left = shares(degraded, available, left)
    # What integer division lost goes to the first priority that has any load.
    for loads in (healthy_loads, degraded_loads):
        first = next((index for index, load in enumerate(loads) if load), None)
        if left and first is not None:
            loads[first] += left
            left = 0
    return PriorityLoads(healthy_loads, degraded_loads, panics)


def availability(count: int, priority: PriorityHealth) -> int:
    """Percent of a priority's traffic its ``count`` hosts can take, overprovisioned, 0 to 100."""
    if priority.total == 0:
        return 0
    return min(100, priority.overprovisioning_percent * count // priority.total)


def is_below(priority: PriorityHealth, threshold_percent: float) -> bool:
    """Whether too few of its hosts are usable. A priority without hosts is in panic, and nobody gains by it."""
    if priority.total == 0:
        return True
    return 100.0 * (priority.healthy + priority.degraded) / priority.total < threshold_percent


def shares(availabilities: list[int], available: int, left: int) -> tuple[list[int], int]:
    """Loads in order of priority, each as much as it can take of what is left; and what is left then."""
    loads = []
    for each in availabilities:
        load = min(left, each * 100 // available)
        loads.append(load)
        left -= load
    return loads, left


def loads_by_size(priorities: list[PriorityHealth]) -> list[int]:
    """All panic: every host is as good as any other."""
    members = sum(each.members for each in priorities)
    if members == 0:
        return [100] + [0] * (len(priorities) - 1)
    loads = [100 * each.members // members for each in priorities]
    first = next(index for index, each in enumerate(priorities) if each.members)
    loads[first] += 100 - sum(loads)
    return loads


def health_of(host_set: HostSet) -> PriorityHealth:
    if host_set.is_weighted_priority_health:
        total = weight_of(host_set.hosts) - weight_of(host_set.excluded)
        return PriorityHealth(
            total, weight_of(host_set.healthy), weight_of(host_set.degraded), len(host_set.hosts),
            host_set.overprovisioning_percent,
        )  # fmt: skip
    return PriorityHealth(
        len(host_set.hosts) - len(host_set.excluded), len(host_set.healthy), len(host_set.degraded),
        len(host_set.hosts), host_set.overprovisioning_percent,
    )  # fmt: skip


def weight_of(hosts: list[Host]) -> int:
    return sum(host.weight for host in hosts)
