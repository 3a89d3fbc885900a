from collections import Counter
from typing import Any

import pytest

from portico.api.host import Host
from portico.api.load_balancer import LoadBalancingPolicy
from portico.extensions.load_balancing_policies.least_request import TYPE, FewestOfAll, FewestOfSome, effective_weight
from tests.upstream.surroundings import ANYWHERE, CountingRandom, Process, host, static


def policy(process: Process | None = None, **fields: Any) -> LoadBalancingPolicy:
    extension = {"name": "lr", "typed_config": {"@type": f"type.googleapis.com/{TYPE}", **fields}}
    chosen = {"policies": [{"typed_extension_config": extension}]}
    return (process or Process()).add(static(1), load_balancing_policy=chosen).config.policy


def busy(port: int, active: int, weight: int = 1) -> Host:
    made = host(port, weight)
    made.rq_active = active
    return made


def shares(chosen: LoadBalancingPolicy, hosts: list[Host], picks: int) -> dict[int, int]:
    picker = chosen.picker(hosts)
    found = [picker.pick(ANYWHERE) for _ in range(picks)]
    return dict(Counter(each.address.port for each in found if each is not None))


def test_less_busy_of_two_draws_is_taken() -> None:
    picker = FewestOfSome([busy(1, 5), busy(2, 3), busy(3, 9)], CountingRandom(), choices=2)
    # Draws 0 and 1, then 2 and 0, then 1 and 2.
    assert [repr(picker.pick(ANYWHERE)) for _ in range(3)] == [
        "Host(127.0.0.1:2)",
        "Host(127.0.0.1:1)",
        "Host(127.0.0.1:2)",
    ]


def test_first_draw_wins_among_equals() -> None:
    picker = FewestOfSome([busy(1, 0), busy(2, 0)], CountingRandom(), choices=2)
    assert repr(picker.pick(ANYWHERE)) == "Host(127.0.0.1:1)"


def test_more_choices_find_the_idle_host() -> None:
    hosts = [busy(1, 5), busy(2, 5), busy(3, 0)]
    assert shares(policy(choice_count=3), hosts, 10) == {3: 10}


def test_full_scan_finds_it_always_and_shares_among_equals() -> None:
    hosts = [busy(1, 1), busy(2, 0), busy(3, 0)]
    assert shares(policy(selection_method="FULL_SCAN"), hosts, 100) == {2: 50, 3: 50}
    assert shares(policy(enable_full_scan=True), [busy(1, 1), busy(2, 0)], 5) == {2: 5}


@pytest.mark.parametrize("picker_type", [FewestOfAll])
def test_full_scan_of_nobody_is_none(picker_type: type[FewestOfAll]) -> None:
    assert picker_type([], CountingRandom()).pick(ANYWHERE) is None


def test_idle_hosts_share_by_weight() -> None:
    """Envoy 1.40 with weights 1 and 3: 15 and 45 of 60."""
    found = shares(policy(), [busy(1, 0, weight=1), busy(2, 0, weight=3)], 60)
    assert abs(found[1] - 15) <= 1


def test_busy_host_loses_weight() -> None:
    """Weight 3 with two active requests is as good as weight 1 with none."""
    found = shares(policy(), [busy(1, 0, weight=1), busy(2, 2, weight=3)], 60)
    assert abs(found[1] - 30) <= 1


def test_bias_of_zero_ignores_requests() -> None:
    found = shares(
        policy(active_request_bias={"default_value": 0, "runtime_key": "b"}), [busy(1, 0), busy(2, 9, weight=3)], 60
    )
    assert abs(found[1] - 15) <= 1


def test_bias_comes_from_runtime_when_it_is_there() -> None:
    process = Process()
    process.runtime.values["b"] = 0
    chosen = policy(process, active_request_bias={"default_value": 1.0, "runtime_key": "b"})
    assert abs(shares(chosen, [busy(1, 0), busy(2, 9, weight=3)], 60)[1] - 15) <= 1


@pytest.mark.parametrize(("bias", "expected"), [(0.0, 8.0), (1.0, 2.0), (0.5, 4.0), (2.0, 0.5)])
def test_effective_weight(bias: float, expected: float) -> None:
    assert effective_weight(8, 3, bias) == expected


def test_no_hosts_no_pick() -> None:
    assert policy().picker([]).pick(ANYWHERE) is None
