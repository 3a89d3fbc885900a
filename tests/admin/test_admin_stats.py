from portico.admin.admin_stats import AdminStats
from portico.stats.store import StatsStore


def values(store: StatsStore) -> dict[str, int]:
    found = {name: counter.value for name, counter in store.counters.items()}
    found |= {name: gauge.value for name, gauge in store.gauges.items()}
    return {name: value for name, value in found.items() if value}


def test_a_connection_counts_as_on_any_listener() -> None:
    store = StatsStore()
    stats = AdminStats(store)
    stats.connection_opened()
    assert values(store)["listener.admin.main_thread.downstream_cx_active"] == 1
    stats.connection_closed(by_peer=True, length_ms=7)
    after = values(store)
    assert {name for name in after if "active" in name} == set()
    assert after["listener.admin.downstream_cx_total"] == after["http.admin.downstream_cx_destroy_remote"] == 1
    assert store.histograms["listener.admin.downstream_cx_length_ms"].pending == [7]


def test_a_request_counts_by_class() -> None:
    store = StatsStore()
    stats = AdminStats(store)
    stats.request_started()
    stats.request_ended(404, 3)
    counted = values(store)
    assert counted["http.admin.downstream_rq_4xx"] == counted["listener.admin.http.admin.downstream_rq_4xx"] == 1
    assert counted["http.admin.downstream_rq_completed"] == 1
    assert "http.admin.downstream_rq_active" not in counted


def test_a_peer_that_left_got_no_answer() -> None:
    store = StatsStore()
    stats = AdminStats(store)
    stats.request_started()
    stats.request_ended(0, 3)
    counted = values(store)
    assert counted["http.admin.downstream_rq_rx_reset"] == 1
    assert "http.admin.downstream_rq_completed" not in counted
