from portico.api.stats import Unit
from portico.stats.bins import sample_count
from portico.stats.merged import MergedStats
from portico.stats.store import StatsStore


class Processes:
    """Stores of several processes and their sum."""

    def __init__(self, *names: str) -> None:
        self.stores = {name: StatsStore() for name in names}
        self.merged = MergedStats()

    def export(self) -> MergedStats:
        for name, store in self.stores.items():
            self.merged.apply(name, store.export())
        return self.merged


def test_counters_and_gauges_add_up() -> None:
    two = Processes("a", "b")
    for store in two.stores.values():
        store.counter("rq").value += 2
        store.gauge("active").add(3)
    assert (two.export().value("rq"), two.export().value("active")) == (4, 6)
    two.stores["a"].gauge("active").sub()
    assert two.export().value("active") == 5


def test_a_stat_at_zero_exists() -> None:
    one = Processes("a")
    one.stores["a"].counter("rq")
    assert one.export().numbers["rq"].value == 0
    assert not one.merged.numbers["rq"].is_used


def test_a_gauge_set_to_zero_is_used() -> None:
    one = Processes("a")
    one.stores["a"].gauge("g").set(0)
    assert one.export().numbers["g"].is_used


def test_what_all_processes_see_counts_once() -> None:
    two = Processes("a", "b")
    for store in two.stores.values():
        store.gauge("cluster.c.membership_total").set(3)
    assert two.export().value("cluster.c.membership_total") == 3


def test_a_dead_process_leaves_its_counters_and_takes_its_gauges() -> None:
    two = Processes("a", "b")
    for store in two.stores.values():
        store.counter("rq").value += 2
        store.gauge("active").add(3)
        store.gauge("cluster.c.membership_total").set(3)
    two.export()
    two.merged.lose("a")
    del two.stores["a"]
    two.stores["a.2"] = StatsStore()
    two.stores["a.2"].counter("rq").value += 1
    merged = two.export()
    assert [merged.value(name) for name in ("rq", "active", "cluster.c.membership_total")] == [5, 3, 3]


def test_the_last_process_to_die_leaves_names_behind() -> None:
    one = Processes("a")
    one.stores["a"].gauge("active").add(3)
    one.export()
    one.merged.lose("a")
    assert one.merged.numbers["active"].value == 0


def test_histograms_show_at_the_next_flush() -> None:
    two = Processes("a", "b")
    for store in two.stores.values():
        store.histogram("ms", Unit.MILLISECONDS).record(5)
    histogram = two.export().histograms["ms"]
    assert (histogram.is_used, sample_count(histogram.cumulative)) == (False, 0)
    two.merged.flush()
    assert (histogram.is_used, sample_count(histogram.interval), sample_count(histogram.cumulative)) == (True, 2, 2)
    two.merged.flush()
    assert (sample_count(histogram.interval), sample_count(histogram.cumulative)) == (0, 2)


def test_reset_counters_leaves_gauges_and_goes_on_counting() -> None:
    one = Processes("a")
    rq, changes = one.stores["a"].counter("rq"), one.stores["a"].counter("membership_change")
    active = one.stores["a"].gauge("active")
    rq.value, changes.value = 7, 4
    active.set(2)
    one.export().reset_counters()
    assert [one.merged.value(name) for name in ("rq", "membership_change", "active")] == [0, 0, 2]
    rq.value += 1
    changes.value += 2
    merged = one.export()
    assert [merged.value(name) for name in ("rq", "membership_change", "active")] == [1, 2, 2]


def test_stats_dropped_by_all_processes_are_gone() -> None:
    two = Processes("a", "b")
    for store in two.stores.values():
        store.counter("cluster.c.rq").value += 1
        store.histogram("cluster.c.ms", Unit.MILLISECONDS)
        store.text_readout("cluster.c.t", "x")
    two.export()
    two.stores["a"].drop("cluster.c.")
    assert two.export().value("cluster.c.rq") == 2
    two.stores["b"].drop("cluster.c.")
    merged = two.export()
    assert (merged.numbers, merged.histograms, merged.texts) == ({}, {}, {})
