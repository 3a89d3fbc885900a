import pytest

from portico.admin.exchange import AdminResponse, parse_query
from portico.admin.stats_request import StatsRequest, parse
from portico.api.stats import Unit
from portico.stats.merged import MergedStats
from portico.stats.store import StatsStore


def request(query: str) -> StatsRequest:
    parsed = parse(parse_query(query), is_prometheus=False)
    assert isinstance(parsed, StatsRequest)
    return parsed


@pytest.fixture
def stats() -> MergedStats:
    store, merged = StatsStore(), MergedStats()
    store.counter("cluster_manager.c")
    store.counter("cluster.a.c").value += 1
    store.gauge("cluster.a.b").set(0)
    store.gauge("cluster.a.unused")
    store.histogram("h.ms", Unit.MILLISECONDS)
    store.text_readout("t.b", "2")
    store.text_readout("t", "1")
    merged.apply("main", store.export())
    return merged


def test_names_are_ordered_by_their_tokens(stats: MergedStats) -> None:
    assert [each.name for each in request("").counters_and_gauges(stats)] == [
        "cluster.a.b",
        "cluster.a.c",
        "cluster.a.unused",
        "cluster_manager.c",
    ]
    assert request("").texts(stats) == [("t", "1"), ("t.b", "2")]


def test_types_choose(stats: MergedStats) -> None:
    for kind, numbers, histograms, texts in [
        ("Counters", 2, 0, 0),
        ("Gauges", 2, 0, 0),
        ("Histograms", 0, 1, 0),
        ("TextReadouts", 0, 0, 2),
    ]:
        chosen = request(f"type={kind}")
        assert len(chosen.counters_and_gauges(stats)) == numbers
        assert len(chosen.histograms(stats)) == histograms
        assert len(chosen.texts(stats)) == texts


def test_used_means_written_to_even_if_a_zero(stats: MergedStats) -> None:
    names = [each.name for each in request("usedonly").counters_and_gauges(stats)]
    assert names == ["cluster.a.b", "cluster.a.c"]
    assert request("usedonly").histograms(stats) == []


def test_prometheus_is_a_format_of_its_path() -> None:
    parsed = parse(parse_query("format=json"), is_prometheus=True)
    assert isinstance(parsed, StatsRequest)
    assert parsed.format == "prometheus"


def test_empty_values_are_as_none() -> None:
    assert request("format=&type=&filter=&histogram_buckets=") == request("")


def test_a_wrong_value_is_an_answer() -> None:
    assert isinstance(parse(parse_query("type=x"), is_prometheus=False), AdminResponse)
