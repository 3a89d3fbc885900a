from portico.api.host import HealthFlag
from portico.stats.cluster_stats import ClusterStats
from portico.stats.store import StatsStore
from portico.upstream.host_set import HostSet
from portico.upstream.membership_stats import publish_max_host_weight, publish_membership
from tests.upstream.surroundings import host


def test_gauges_add_up_over_priorities() -> None:
    stats = ClusterStats(StatsStore())
    sets = [HostSet(0), HostSet(1)]
    waiting = int(HealthFlag.FAILED_ACTIVE_HC | HealthFlag.PENDING_ACTIVE_HC)
    sets[0].hosts = [host(1), host(2, unhealthy=waiting), host(3, weight=7)]
    sets[1].hosts = [host(4, unhealthy=int(HealthFlag.DEGRADED_EDS_HEALTH))]
    for each in sets:
        each.sort()
    publish_membership(stats, sets)
    publish_max_host_weight(stats, sets)
    assert stats.membership_total.value == 4
    assert stats.membership_healthy.value == 2
    assert stats.membership_degraded.value == 1
    assert stats.membership_excluded.value == 1
    assert stats.max_host_weight.value == 7


def test_no_hosts_weigh_nothing() -> None:
    stats = ClusterStats(StatsStore())
    publish_max_host_weight(stats, [HostSet(0)])
    assert stats.max_host_weight.value == 0
