from portico.admin.exchange import parse_query
from portico.admin.stats_request import StatsRequest, parse
from portico.admin.stats_text import lines
from portico.api.stats import Unit
from portico.stats.merged import MergedStats
from portico.stats.stats_config import StatsConfig
from portico.stats.store import StatsStore


def test_text_readouts_come_first_and_histograms_last() -> None:
    store, merged = StatsStore(), MergedStats()
    store.histogram("a", Unit.MILLISECONDS)
    store.counter("b").value += 1
    store.gauge("c").set(-1)
    store.text_readout("d", "text")
    merged.apply("main", store.export())
    request = parse(parse_query(""), is_prometheus=False)
    assert isinstance(request, StatsRequest)
    assert list(lines(request, merged, StatsConfig())) == [
        'd: "text"\n',
        "b: 1\n",
        "c: -1\n",
        "a: No recorded values\n",
    ]
