import pytest

from portico.stats.gauge_use import counted_with
from portico.stats.store import StatsStore


@pytest.mark.parametrize(
    ("gauge", "counter"),
    [
        ("cluster.a.b.upstream_rq_active", "cluster.a.b.upstream_rq_total"),
        ("listener.main.worker_0.downstream_cx_active", "listener.main.worker_0.downstream_cx_total"),
        ("cluster.a.circuit_breakers.default.rq_pending_open", "cluster.a.upstream_rq_pending_total"),
        ("cluster.a.circuit_breakers.default.rq_retry_open", ""),
        ("cluster.a.circuit_breakers.high.rq_open", ""),
        ("cluster.a.membership_total", ""),
        ("server.live", ""),
    ],
)
def test_a_counter_tells_of_a_gauge_s_use(gauge: str, counter: str) -> None:
    assert counted_with(gauge) == counter


def test_a_gauge_that_went_up_and_down_again_was_used() -> None:
    store = StatsStore()
    active, total = store.gauge("cluster.a.upstream_rq_active"), store.counter("cluster.a.upstream_rq_total")
    assert store.export().touched == []
    active.value += 1
    active.value -= 1
    total.value += 1
    assert store.export().touched == [0]
    assert store.export().touched == []


def test_a_gauge_of_a_dropped_owner_is_forgotten() -> None:
    store = StatsStore()
    store.gauge("cluster.a.upstream_rq_active")
    total = store.counter("cluster.a.upstream_rq_total")
    store.drop("cluster.a.")
    total.value += 1
    assert store.export().touched == []
