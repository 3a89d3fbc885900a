from collections import Counter

from portico.api.host import HealthFlag, Host, Locality
from portico.api.load_balancer import HostPicker, LoadBalancerContext, LoadBalancingPolicy
from portico.api.stats import Counter as StatCounter
from portico.upstream.host_set import HostSet
from portico.upstream.load_balancer import PriorityLoadBalancer, locality_weight
from tests.upstream.surroundings import ANYWHERE, CountingRandom, host

FAILED = int(HealthFlag.FAILED_EDS_HEALTH)
DEGRADED = int(HealthFlag.DEGRADED_EDS_HEALTH)


class InOrder(LoadBalancingPolicy):
    """A policy that walks the list it is given."""

    def __init__(self, is_locality_weighted: bool = False) -> None:
        self.is_locality_weighted = is_locality_weighted

    def picker(self, hosts: list[Host]) -> HostPicker:
        return Walk(hosts)


class Walk(HostPicker):
    def __init__(self, hosts: list[Host]) -> None:
        self.hosts = hosts
        self.picks = 0

    def pick(self, context: LoadBalancerContext) -> Host | None:
        self.picks += 1
        return self.hosts[(self.picks - 1) % len(self.hosts)] if self.hosts else None


class Balanced:
    """A balancer over the given hosts, and what it chose."""

    def __init__(self, *hosts: Host, policy: LoadBalancingPolicy | None = None, panic: float = 50.0) -> None:
        self.sets = [HostSet(priority) for priority in range(max(each.priority for each in hosts) + 1)]
        for each in hosts:
            self.sets[each.priority].hosts.append(each)
        self.policy = policy or InOrder()
        self.panic = panic
        self.panics = StatCounter("lb_healthy_panic")

    def build(self) -> PriorityLoadBalancer:
        for host_set in self.sets:
            host_set.sort()
        return PriorityLoadBalancer(self.sets, self.policy, self.panic, CountingRandom(), self.panics)

    def shares(self, picks: int = 100) -> dict[int, int]:
        balancer = self.build()
        chosen = [balancer.choose_host(ANYWHERE) for _ in range(picks)]
        return dict(Counter(each.address.port for each in chosen if each is not None))


def test_only_healthy_hosts_are_chosen() -> None:
    balanced = Balanced(host(1), host(2, unhealthy=FAILED), host(3))
    assert balanced.shares() == {1: 50, 3: 50}
    assert balanced.panics.value == 0


def test_panic_chooses_among_all_and_is_counted() -> None:
    balanced = Balanced(host(1), host(2, unhealthy=FAILED), host(3, unhealthy=FAILED))
    assert balanced.shares(99) == {1: 33, 2: 33, 3: 33}
    assert balanced.panics.value == 99


def test_nobody_usable_and_no_panic_is_none() -> None:
    assert Balanced(host(1, unhealthy=FAILED), panic=0.0).shares() == {}


def test_priorities_share_as_they_are_healthy() -> None:
    """Envoy 1.40, one of two hosts of priority 0 unhealthy: 70 of 100 stay there."""
    assert Balanced(host(1), host(2, unhealthy=FAILED), host(3, priority=1)).shares() == {1: 70, 3: 30}


def test_degraded_hosts_take_what_the_healthy_cannot() -> None:
    balanced = Balanced(host(1), host(2, unhealthy=DEGRADED))
    assert balanced.shares() == {1: 70, 2: 30}


def test_localities_are_ignored_unless_the_policy_weighs_them() -> None:
    balanced = Balanced(host(1, zone="a"), host(2, zone="b"))
    balanced.sets[0].locality_weights = {Locality("", "a"): 1, Locality("", "b"): 9}
    assert balanced.shares() == {1: 50, 2: 50}


def test_localities_share_by_weight_and_none_is_nothing() -> None:
    """Envoy 1.40 with weights 1, 9 and none."""
    balanced = Balanced(host(1, zone="a"), host(2, zone="b"), host(3, zone="c"), policy=InOrder(True))
    balanced.sets[0].locality_weights = {Locality("", "a"): 1, Locality("", "b"): 9, Locality("", "c"): 0}
    assert balanced.shares() == {1: 10, 2: 90}


def test_weighing_without_weights_is_no_weighing() -> None:
    balanced = Balanced(host(1, zone="a"), host(2, zone="b"), policy=InOrder(True))
    assert balanced.shares() == {1: 50, 2: 50}


def test_locality_loses_weight_with_health_beyond_the_overprovisioning() -> None:
    host_set = HostSet(0)
    host_set.hosts = [host(1, zone="a"), host(2, zone="a"), host(3, zone="a"), host(4, zone="a")]
    host_set.locality_weights = {Locality("", "a"): 10}
    host_set.sort()
    zone = Locality("", "a")
    assert locality_weight(host_set, zone, 4) == 10
    assert locality_weight(host_set, zone, 3) == 10
    assert locality_weight(host_set, zone, 2) == 7
    assert locality_weight(host_set, zone, 0) == 0


class Choosy(LoadBalancerContext):
    """A retry that does not want a port."""

    def __init__(self, unwanted: int, retries: int) -> None:
        self.unwanted = unwanted
        self.retries = retries

    def should_skip(self, host: Host) -> bool:
        return host.address.port == self.unwanted

    def host_selection_retry_count(self) -> int:
        return self.retries


def test_retry_gets_another_host() -> None:
    balancer = Balanced(host(1), host(2)).build()
    chosen = balancer.choose_host(Choosy(unwanted=1, retries=3))
    assert repr(chosen) == "Host(127.0.0.1:2)"


def test_retry_takes_the_unwanted_host_when_attempts_run_out() -> None:
    balancer = Balanced(host(1)).build()
    chosen = balancer.choose_host(Choosy(unwanted=1, retries=3))
    assert repr(chosen) == "Host(127.0.0.1:1)"
