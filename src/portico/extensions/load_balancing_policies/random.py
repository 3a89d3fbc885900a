"""Random: any host, weights ignored, as Envoy does."""

from __future__ import annotations

from typing import Any, Final

from portico.api.clock import Random
from portico.api.context import FactoryContext
from portico.api.host import Host
from portico.api.load_balancer import HostPicker, LoadBalancerContext, LoadBalancingPolicy
from portico.api.registries import LOAD_BALANCING_POLICIES

TYPE: Final = "envoy.extensions.load_balancing_policies.random.v3.Random"


class RandomPick(HostPicker):
    """Every host with the same probability."""

    def __init__(self, hosts: list[Host], random: Random) -> None:
        self._hosts = hosts
        self._random = random

    def pick(self, context: LoadBalancerContext) -> Host | None:
        hosts = self._hosts
        return hosts[self._random.below(len(hosts))] if hosts else None


class RandomPolicy(LoadBalancingPolicy):
    """Keeps nothing but where chance comes from."""

    def __init__(self, random: Random) -> None:
        self._random = random

    def picker(self, hosts: list[Host]) -> HostPicker:
        return RandomPick(hosts, self._random)


@LOAD_BALANCING_POLICIES.register(TYPE, frozenset(["locality_lb_config"]))
def random(config: Any, context: FactoryContext) -> LoadBalancingPolicy:
    policy = RandomPolicy(context.server.random)
    policy.is_locality_weighted = config.locality_lb_config.HasField("locality_weighted_lb_config")
    return policy
