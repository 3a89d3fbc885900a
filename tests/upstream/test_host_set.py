import pytest

from portico.api.host import HealthFlag
from portico.upstream.host_set import HostSet
from tests.upstream.surroundings import host, ports


def sorted_set(**flags: HealthFlag) -> HostSet:
    host_set = HostSet(0)
    host_set.hosts = [host(1), *(host(2 + index, unhealthy=int(flag)) for index, flag in enumerate(flags.values()))]
    host_set.sort()
    return host_set


@pytest.mark.parametrize(
    "flag",
    [
        HealthFlag.FAILED_ACTIVE_HC,
        HealthFlag.FAILED_OUTLIER_CHECK,
        HealthFlag.FAILED_EDS_HEALTH,
        HealthFlag.EDS_STATUS_DRAINING,
        HealthFlag.FAILED_EDS_HEALTH | HealthFlag.DEGRADED_ACTIVE_HC,
    ],
)
def test_failed_host_is_neither_healthy_nor_degraded(flag: HealthFlag) -> None:
    host_set = sorted_set(a=flag)
    assert (ports(host_set.healthy), ports(host_set.degraded)) == ([1], [])


@pytest.mark.parametrize("flag", [HealthFlag.DEGRADED_ACTIVE_HC, HealthFlag.DEGRADED_EDS_HEALTH])
def test_degraded_host_is_used_after_the_healthy(flag: HealthFlag) -> None:
    host_set = sorted_set(a=flag)
    assert (ports(host_set.healthy), ports(host_set.degraded)) == ([1], [2])


def test_flags_that_are_only_noted_leave_a_host_healthy() -> None:
    host_set = sorted_set(a=HealthFlag.PENDING_DYNAMIC_REMOVAL, b=HealthFlag.ACTIVE_HC_TIMEOUT)
    assert ports(host_set.healthy) == [1, 2, 3]


def test_hosts_not_checked_yet_or_taken_away_are_excluded() -> None:
    unchecked = HealthFlag.FAILED_ACTIVE_HC | HealthFlag.PENDING_ACTIVE_HC
    host_set = sorted_set(a=unchecked, b=HealthFlag.EDS_STATUS_DRAINING, c=HealthFlag.FAILED_EDS_HEALTH)
    assert ports(host_set.excluded) == [2, 3]


def test_localities_come_in_the_order_of_their_first_host() -> None:
    host_set = HostSet(0)
    host_set.hosts = [host(1, zone="b"), host(2, zone="a"), host(3, zone="b")]
    assert [each.zone for each in host_set.localities()] == ["b", "a"]


def test_repr_says_how_it_fares() -> None:
    assert repr(sorted_set(a=HealthFlag.FAILED_ACTIVE_HC)) == "HostSet(0: 1 of 2 healthy)"
