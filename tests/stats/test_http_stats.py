from portico.stats.http_stats import HttpConnectionManagerStats, HttpListenerStats, RouterStats, TracingStats
from portico.stats.store import StatsStore

from .tables import stat_names


def test_tables_hold_envoys_names() -> None:
    names = stat_names(HttpConnectionManagerStats)
    assert (names["downstream_rq_total"], names["downstream_rq_active"]) == ("counter", "gauge")
    assert names["downstream_rq_time"] == "histogram"
    assert set(stat_names(TracingStats)) == {
        "client_enabled",
        "health_check",
        "not_traceable",
        "random_sampling",
        "service_forced",
    }
    assert "rq_reset_after_downstream_response_started" in stat_names(RouterStats)


def test_responses_are_counted_by_class() -> None:
    store = StatsStore()
    stats = HttpListenerStats(store.scope("l"))
    for status in (204, 200, 404, 0, 999):
        stats.downstream_rq_xx[status // 100].value += 1
    assert (stats.downstream_rq_2xx.value, stats.downstream_rq_4xx.value) == (2, 1)
    assert sum(counter.value for counter in store.counters.values()) == 3
