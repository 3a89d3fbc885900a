"""Least request: of a few hosts chosen at random the one with the fewest active requests."""

from __future__ import annotations

from typing import Any, Final

from portico.api.clock import Random
from portico.api.context import FactoryContext
from portico.api.errors import ConfigError
from portico.api.host import Host
from portico.api.load_balancer import HostPicker, LoadBalancerContext, LoadBalancingPolicy
from portico.api.registries import LOAD_BALANCING_POLICIES
from portico.upstream.edf import EdfSchedule, are_equal

TYPE: Final = "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest"
FULL_SCAN: Final = 1  # LeastRequest.SelectionMethod
# Source: the defaults that least_request.proto documents.
DEFAULT_CHOICES: Final = 2
DEFAULT_BIAS: Final = 1.0
MAX_SEED: Final = 1 << 32


class FewestOfSome(HostPicker):
    """Weights equal: ``choices`` draws, with repetition; the first of equals wins."""

    def __init__(self, hosts: list[Host], random: Random, choices: int) -> None:
        self._hosts = hosts
        self._random = random
        self._choices = choices

    def pick(self, context: LoadBalancerContext) -> Host | None:
        hosts = self._hosts
        count = len(hosts)
        if count == 0:
            return None
        random = self._random
        best = hosts[random.below(count)]
        for _ in range(self._choices - 1):
            other = hosts[random.below(count)]
            if other.rq_active < best.rq_active:
                best = other
        return best


class FewestOfAll(HostPicker):
    """Every host is looked at; equals share by chance, lest the first one is always taken."""

    def __init__(self, hosts: list[Host], random: Random) -> None:
        self._hosts = hosts
        self._random = random

    def pick(self, context: LoadBalancerContext) -> Host | None:
        hosts = self._hosts
        if not hosts:
            return None
        best = hosts[0]
        equals = 1
        for index in range(1, len(hosts)):
            host = hosts[index]
            if host.rq_active < best.rq_active:
                best = host
                equals = 1
            elif host.rq_active == best.rq_active:
                # The n-th equal replaces the choice with probability 1/n: all of them are as likely.
                equals += 1
                if self._random.below(equals) == 0:
                    best = host
        return best


class WeightedByLoad(HostPicker):
    """Weights differ: a schedule in which a host's weight shrinks with its active requests."""

    def __init__(self, hosts: list[Host], bias: float, seed: int) -> None:
        self._hosts = hosts
        self._bias = bias
        self._schedule = EdfSchedule([effective_weight(host.weight, host.rq_active, bias) for host in hosts])
        for _ in range(seed % len(hosts)):
            self._take()

    def pick(self, context: LoadBalancerContext) -> Host | None:
        return self._take()

    def _take(self) -> Host:
        index = self._schedule.first()
        host = self._hosts[index]
        self._schedule.put_back(effective_weight(host.weight, host.rq_active, self._bias))
        return host


def effective_weight(weight: int, active_requests: int, bias: float) -> float:
    """Bias 0.0 ignores the requests, 1.0 divides by them.

    Source: least_request.proto, active_request_bias: load_balancing_weight / (active_requests + 1)^bias.
    """
    if bias == 1.0:
        return weight / (active_requests + 1)
    return weight / (active_requests + 1) ** bias if bias > 0.0 else float(weight)


class LeastRequest(LoadBalancingPolicy):
    """The seed stays over rebuilds, as for round robin."""

    def __init__(self, random: Random, choices: int, bias: float, scans_all: bool) -> None:
        self._random = random
        self._choices = choices
        self._bias = bias
        self._scans_all = scans_all
        self._seed = random.below(MAX_SEED)

    def picker(self, hosts: list[Host]) -> HostPicker:
        if not are_equal([float(host.weight) for host in hosts]):
            return WeightedByLoad(hosts, self._bias, self._seed)
        if self._scans_all:
            return FewestOfAll(hosts, self._random)
        return FewestOfSome(hosts, self._random, self._choices)


@LOAD_BALANCING_POLICIES.register(
    TYPE,
    frozenset(["choice_count", "active_request_bias", "locality_lb_config", "enable_full_scan", "selection_method"]),
)
def least_request(config: Any, context: FactoryContext) -> LoadBalancingPolicy:
    choices: int = config.choice_count.value if config.HasField("choice_count") else DEFAULT_CHOICES
    bias = DEFAULT_BIAS
    if config.HasField("active_request_bias"):
        key: str = config.active_request_bias.runtime_key
        bias = config.active_request_bias.default_value
        if key:
            bias = context.server.runtime.number(key, bias)
    if bias < 0.0:
        raise ConfigError("", "active_request_bias", f"must be >= 0.0, got {bias}")
    scans_all = config.enable_full_scan.value or config.selection_method == FULL_SCAN
    policy = LeastRequest(context.server.random, choices, bias, scans_all)
    policy.is_locality_weighted = config.locality_lb_config.HasField("locality_weighted_lb_config")
    return policy
