"""Among which hosts to pick: priority, panic, health and locality decide, then the policy's picker picks."""

from __future__ import annotations

from typing import Final

from portico.api.clock import Random
from portico.api.host import Host, Locality
from portico.api.load_balancer import HostPicker, LoadBalancer, LoadBalancerContext, LoadBalancingPolicy
from portico.api.stats import Counter
from portico.upstream.edf import EdfSchedule
from portico.upstream.host_set import HostSet
from portico.upstream.priority_load import divide, health_of

PERCENT: Final = 100


class LocalityPicker(HostPicker):
    """Localities in turn by weight, then a host of that locality."""

    def __init__(self, pickers: list[HostPicker], weights: list[float]) -> None:
        self._pickers = pickers
        self._schedule = EdfSchedule(weights)

    def pick(self, context: LoadBalancerContext) -> Host | None:
        return self._pickers[self._schedule.next()].pick(context)


class Share:
    """A priority's healthy or degraded hosts, or all of them in panic, and the percent of traffic they get."""

    def __init__(self, percent: int, picker: HostPicker, is_panic: bool) -> None:
        self.percent = percent
        self.picker = picker
        self.is_panic = is_panic


class PriorityLoadBalancer(LoadBalancer):
    """Built from one state of the host sets; a change of hosts or health builds another."""

    def __init__(
        self,
        host_sets: list[HostSet],
        policy: LoadBalancingPolicy,
        panic_threshold_percent: float,
        random: Random,
        panics: Counter,
    ) -> None:
        self._random = random
        self._panics = panics
        self._shares = shares_of(host_sets, policy, panic_threshold_percent)
        # Nearly always one priority takes everything: no dice then.
        self._only: Share | None = self._shares[0] if len(self._shares) == 1 else None

    def choose_host(self, context: LoadBalancerContext) -> Host | None:
        share = self._only or self._draw()
        if share.is_panic:
            self._panics.value += 1
        host = share.picker.pick(context)
        if host is None or not context.should_skip(host):
            return host
        for _ in range(context.host_selection_retry_count()):
            share = self._only or self._draw()
            host = share.picker.pick(context)
            if host is None or not context.should_skip(host):
                return host
        return host

    def _draw(self) -> Share:
        ticket = self._random.below(PERCENT)
        for share in self._shares:
            ticket -= share.percent
            if ticket < 0:
                return share
        raise AssertionError("shares add up to 100")


def shares_of(host_sets: list[HostSet], policy: LoadBalancingPolicy, panic_threshold_percent: float) -> list[Share]:
    """Who gets traffic at all: healthy hosts in order of priority, then degraded ones. Never empty."""
    loads = divide([health_of(host_set) for host_set in host_sets], panic_threshold_percent)
    shares: list[Share] = []
    for host_set, percent, in_panic in zip(host_sets, loads.healthy, loads.in_panic, strict=True):
        if percent:
            hosts = host_set.hosts if in_panic else host_set.healthy
            picker = policy.picker(hosts) if in_panic else picker_of(host_set, hosts, policy)
            shares.append(Share(percent, picker, in_panic))
    for host_set, percent, in_panic in zip(host_sets, loads.degraded, loads.in_panic, strict=True):
        if percent:
            hosts = host_set.hosts if in_panic else host_set.degraded
            picker = policy.picker(hosts) if in_panic else picker_of(host_set, hosts, policy)
            shares.append(Share(percent, picker, in_panic))
    return shares


def picker_of(host_set: HostSet, usable: list[Host], policy: LoadBalancingPolicy) -> HostPicker:
    if not policy.is_locality_weighted:
        return policy.picker(usable)
    weights: list[float] = []
    pickers: list[HostPicker] = []
    for locality in host_set.localities():
        hosts = [host for host in usable if host.locality == locality]
        weight = locality_weight(host_set, locality, len(hosts))
        if weight > 0:
            weights.append(weight)
            pickers.append(policy.picker(hosts))
    # No locality has a weight: as if weighting had not been asked for.
    return LocalityPicker(pickers, weights) if pickers else policy.picker(usable)


def locality_weight(host_set: HostSet, locality: Locality, usable: int) -> float:
    """The configured weight, less what is not usable beyond the overprovisioning; 0.0 = gets nothing.

    Source: envoy source/common/upstream/upstream_impl.cc, HostSetImpl::effectiveLocalityWeight.
    """
    weight = host_set.locality_weights.get(locality, 0)
    members = [host for host in host_set.hosts if host.locality == locality]
    excluded = [host for host in host_set.excluded if host.locality == locality]
    counted = len(members) - len(excluded)
    if not weight or counted <= 0 or not usable:
        return 0.0
    return weight * min(1.0, host_set.overprovisioning_percent / 100.0 * usable / counted)
