from hypothesis import given
from hypothesis import strategies as st

from portico.api.host import HealthFlag
from portico.upstream.host_set import HostSet
from portico.upstream.priority_load import PriorityHealth, PriorityLoads, divide, health_of
from tests.upstream.surroundings import host


def of(healthy: int, total: int, degraded: int = 0) -> PriorityHealth:
    return PriorityHealth(total, healthy, degraded, total)


def loads(*priorities: PriorityHealth, panic: float = 50.0) -> list[int]:
    return divide(list(priorities), panic).healthy


def test_first_priority_takes_all_while_overprovisioning_covers_its_losses() -> None:
    assert loads(of(10, 10), of(10, 10)) == [100, 0]
    assert loads(of(8, 10), of(10, 10)) == [100, 0]  # 80 % * 1.4 > 100 %


def test_spills_over_by_the_table_of_envoys_documentation() -> None:
    """Priority levels, arch_overview/upstream/load_balancing/priority: P0 100 hosts, P1 100 hosts."""
    table = {72: [100, 0], 71: [99, 1], 50: [70, 30], 25: [35, 65], 0: [0, 100]}
    for healthy, expected in table.items():
        assert loads(of(healthy, 100), of(100, 100)) == expected, healthy


def test_three_priorities_by_the_same_table() -> None:
    assert loads(of(0, 100), of(50, 100), of(100, 100)) == [0, 70, 30]
    assert loads(of(25, 100), of(25, 100), of(100, 100)) == [35, 35, 30]
    # Nobody can take enough: what there is counts as the whole.
    assert loads(of(25, 100), of(0, 100), of(25, 100), panic=0.0) == [50, 0, 50]


def test_half_healthy_is_not_panic() -> None:
    """Envoy 1.40 with one of two hosts unhealthy: all requests go to the other one."""
    assert divide([of(1, 2)], 50.0).in_panic == [False]


def test_below_the_threshold_is_panic() -> None:
    """Envoy 1.40 with two of three hosts unhealthy: each gets a third."""
    assert divide([of(1, 3)], 50.0) == PriorityLoads([100], [0], [True])


def test_no_panic_while_others_can_take_it_all() -> None:
    assert divide([of(1, 10), of(10, 10)], 50.0).in_panic == [False, False]


def test_total_panic_divides_by_size() -> None:
    chosen = divide([of(1, 10), of(0, 30)], 50.0)
    assert chosen == PriorityLoads([25, 75], [0, 0], [True, True])


def test_threshold_of_zero_never_panics() -> None:
    assert divide([of(0, 4), of(0, 4)], 0.0) == PriorityLoads([100, 0], [0, 0], [False, False])


def test_empty_cluster_sends_everything_nowhere() -> None:
    assert divide([of(0, 0)], 50.0).healthy == [100]


def test_degraded_hosts_come_after_the_healthy_of_all_priorities() -> None:
    chosen = divide([of(0, 10, degraded=10), of(5, 10)], 50.0)
    assert chosen.healthy == [0, 70]
    assert chosen.degraded == [30, 0]


@given(
    st.lists(st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(0, 20)), min_size=1, max_size=5),
    st.sampled_from([0.0, 10.0, 50.0, 100.0]),
)
def test_loads_always_add_up(counts: list[tuple[int, int, int]], panic: float) -> None:
    priorities = [of(healthy, healthy + degraded + bad, degraded) for healthy, degraded, bad in counts]
    chosen = divide(priorities, panic)
    assert sum(chosen.healthy) + sum(chosen.degraded) == 100
    assert all(load >= 0 for load in chosen.healthy + chosen.degraded)


def test_excluded_hosts_do_not_count() -> None:
    host_set = HostSet(0)
    waiting = int(HealthFlag.FAILED_ACTIVE_HC | HealthFlag.PENDING_ACTIVE_HC)
    host_set.hosts = [host(1), host(2, unhealthy=waiting), host(3, unhealthy=waiting)]
    host_set.sort()
    assert health_of(host_set) == PriorityHealth(total=1, healthy=1, degraded=0, members=3)


def test_weighted_health_counts_weights() -> None:
    host_set = HostSet(0)
    host_set.is_weighted_priority_health = True
    host_set.hosts = [host(1, weight=9), host(2, weight=1, unhealthy=int(HealthFlag.FAILED_EDS_HEALTH))]
    host_set.sort()
    assert health_of(host_set) == PriorityHealth(total=10, healthy=9, degraded=0, members=2)
