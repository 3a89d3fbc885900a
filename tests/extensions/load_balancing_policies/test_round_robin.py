from collections import Counter

from portico.api.host import Host
from portico.api.load_balancer import LoadBalancingPolicy
from tests.upstream.surroundings import ANYWHERE, Process, host, static


def policy(start: int = 0) -> LoadBalancingPolicy:
    process = Process()
    process.random.next = start
    return process.add(static(1)).config.policy


def picked(hosts: list[Host], count: int, start: int = 0) -> list[int]:
    picker = policy(start).picker(hosts)
    chosen = [picker.pick(ANYWHERE) for _ in range(count)]
    return [each.address.port for each in chosen if each is not None]


def test_hosts_take_turns() -> None:
    assert picked([host(1), host(2), host(3)], 7) == [1, 2, 3, 1, 2, 3, 1]


def test_workers_start_at_different_hosts() -> None:
    assert picked([host(1), host(2), host(3)], 3, start=2) == [3, 1, 2]
    assert picked([host(1), host(2), host(3)], 3, start=10) == [2, 3, 1]


def test_start_outlives_a_rebuild() -> None:
    chosen = policy(1)
    for _ in range(2):
        first = chosen.picker([host(1), host(2)]).pick(ANYWHERE)
        assert repr(first) == "Host(127.0.0.1:2)"


def test_weights_are_kept() -> None:
    """Envoy 1.40 with weights 2 and 3: 24 and 36 of 60."""
    assert Counter(picked([host(1, weight=2), host(2, weight=3)], 60)) == {1: 24, 2: 36}


def test_weighted_workers_start_at_different_hosts() -> None:
    hosts = [host(1, weight=1), host(2, weight=1), host(3, weight=2)]
    assert len({picked(hosts, 1, start)[0] for start in range(3)}) > 1


def test_equal_weights_need_no_schedule() -> None:
    assert picked([host(1, weight=4), host(2, weight=4)], 4) == [1, 2, 1, 2]


def test_no_hosts_no_pick() -> None:
    assert policy(3).picker([]).pick(ANYWHERE) is None
