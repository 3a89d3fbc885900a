from collections import Counter

from tests.upstream.surroundings import ANYWHERE, Process, host, static


def test_every_host_is_as_likely_whatever_its_weight() -> None:
    """Envoy 1.40 with weights 1 and 9: 32 and 28 of 60."""
    policy = Process().add(static(1), lb_policy="RANDOM").config.policy
    picker = policy.picker([host(1, weight=1), host(2, weight=9)])
    chosen = [picker.pick(ANYWHERE) for _ in range(60)]
    assert Counter(each.address.port for each in chosen if each is not None) == {1: 30, 2: 30}


def test_no_hosts_no_pick() -> None:
    policy = Process().add(static(1), lb_policy="RANDOM").config.policy
    assert policy.picker([]).pick(ANYWHERE) is None
