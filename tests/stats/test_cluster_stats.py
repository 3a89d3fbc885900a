from portico.stats.cluster_stats import CircuitBreakerStats, ClusterStats, RemainingStats
from portico.stats.store import StatsStore

from .tables import stat_names


def test_a_cluster_has_its_stats_under_their_own_names() -> None:
    names = stat_names(ClusterStats)
    assert len(names) == 97
    assert (names["upstream_rq_total"], names["upstream_rq_active"]) == ("counter", "gauge")
    assert names["upstream_cx_connect_ms"] == "histogram"
    assert "default.total_match_count" in names


def test_the_hot_path_adds_to_the_value() -> None:
    store = StatsStore()
    stats = ClusterStats(store.scope("cluster.a"))
    stats.upstream_rq_total.value += 1
    assert store.counter("cluster.a.upstream_rq_total").value == 1


def test_breakers_are_gauges() -> None:
    assert set(stat_names(CircuitBreakerStats).values()) == {"gauge"}
    assert set(stat_names(RemainingStats)) == {
        "remaining_cx",
        "remaining_cx_pools",
        "remaining_pending",
        "remaining_retries",
        "remaining_rq",
    }
