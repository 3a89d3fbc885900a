from portico.stats.response_codes import ResponseCodeStats, UpstreamCodeStats
from portico.stats.store import StatsStore


def counted(store: StatsStore) -> dict[str, int]:
    return {name.removeprefix("cluster.a."): counter.value for name, counter in store.counters.items()}


def test_names_appear_with_the_first_response_of_their_status() -> None:
    store = StatsStore()
    stats = ResponseCodeStats(store.scope("cluster.a"))
    assert counted(store) == {}
    stats.record(200)
    stats.record(204)
    assert counted(store) == {
        "upstream_rq_completed": 2,
        "upstream_rq_2xx": 2,
        "upstream_rq_200": 1,
        "upstream_rq_204": 1,
    }


def test_a_status_of_no_class_cannot_invent_a_stat() -> None:
    store = StatsStore()
    stats = ResponseCodeStats(store.scope("cluster.a"))
    stats.record(599)
    stats.record(600)
    stats.record(777)
    assert counted(store) == {
        "upstream_rq_completed": 3,
        "upstream_rq_5xx": 1,
        "upstream_rq_599": 1,
        "upstream_rq_unknown": 2,
    }


def test_responses_between_zones_count_apart() -> None:
    store = StatsStore()
    stats = UpstreamCodeStats(store.scope("cluster.a"))
    stats.between("here", "there").record(200)
    stats.between("here", "there").record(200)
    stats.between("here", "here").record_time(3)
    assert counted(store)["zone.here.there.upstream_rq_200"] == 2
    assert set(store.histograms) == {"cluster.a.zone.here.here.upstream_rq_time"}


def test_a_clusters_responses_count_by_origin_too() -> None:
    store = StatsStore()
    stats = UpstreamCodeStats(store.scope("cluster.a"))
    stats.record(200, is_internal=False, is_canary=False)
    stats.record(503, is_internal=True, is_canary=True)
    stats.retry.record(503)
    names = counted(store)
    assert names["upstream_rq_completed"] == 2
    assert (
        names["external.upstream_rq_200"] == names["internal.upstream_rq_503"] == names["canary.upstream_rq_5xx"] == 1
    )
    assert names["retry.upstream_rq_503"] == 1
    assert "external.upstream_rq_503" not in names


def test_times_are_recorded_by_origin_too() -> None:
    store = StatsStore()
    stats = UpstreamCodeStats(store.scope("cluster.a"))
    stats.record_time(3, is_internal=False, is_canary=True)
    assert {name: histogram.pending for name, histogram in store.histograms.items()} == {
        "cluster.a.upstream_rq_time": [3],
        "cluster.a.external.upstream_rq_time": [3],
        "cluster.a.canary.upstream_rq_time": [3],
    }
