"""Round robin: hosts in turn, each as often as its weight says."""

from __future__ import annotations

from typing import Any, Final

from portico.api.context import FactoryContext
from portico.api.host import Host
from portico.api.load_balancer import HostPicker, LoadBalancerContext, LoadBalancingPolicy
from portico.api.registries import LOAD_BALANCING_POLICIES
from portico.upstream.edf import EdfSchedule, are_equal

TYPE: Final = "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin"
MAX_SEED: Final = 1 << 32


class Rotation(HostPicker):
    """All weights equal: an index that walks."""

    def __init__(self, hosts: list[Host], seed: int) -> None:
        self._hosts = hosts
        self._next = seed % len(hosts) if hosts else 0

    def pick(self, context: LoadBalancerContext) -> Host | None:
        hosts = self._hosts
        if not hosts:
            return None
        index = self._next
        self._next = index + 1 if index + 1 < len(hosts) else 0
        return hosts[index]


class WeightedRotation(HostPicker):
    """Weights differ: the earliest deadline, so that a heavy host's turns do not come in a row."""

    def __init__(self, hosts: list[Host], seed: int) -> None:
        self._hosts = hosts
        self._schedule = EdfSchedule([float(host.weight) for host in hosts])
        for _ in range(seed % len(hosts)):
            self._schedule.next()

    def pick(self, context: LoadBalancerContext) -> Host | None:
        return self._hosts[self._schedule.next()]


class RoundRobin(LoadBalancingPolicy):
    """The seed stays over rebuilds: workers that started together must not all begin at the first host."""

    def __init__(self, seed: int) -> None:
        self._seed = seed

    def picker(self, hosts: list[Host]) -> HostPicker:
        if are_equal([float(host.weight) for host in hosts]):
            return Rotation(hosts, self._seed)
        return WeightedRotation(hosts, self._seed)


@LOAD_BALANCING_POLICIES.register(TYPE, frozenset(["locality_lb_config"]))
def round_robin(config: Any, context: FactoryContext) -> LoadBalancingPolicy:
    policy = RoundRobin(context.server.random.below(MAX_SEED))
    policy.is_locality_weighted = config.locality_lb_config.HasField("locality_weighted_lb_config")
    return policy
