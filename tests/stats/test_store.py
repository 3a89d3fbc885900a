from portico.api.stats import Unit
from portico.stats.delta import StatsDelta
from portico.stats.matcher import StatsMatcher
from portico.stats.store import StatsStore, sanitize


def names(delta: StatsDelta) -> list[str]:
    return [name for _, _, name in delta.created]


def test_scope_names_are_sanitized_as_envoys() -> None:
    assert sanitize("listener.[::1]:80") == "listener.[__1]_80"
    assert sanitize(".a://b:/c\0d.") == "a_b_c_d"


def test_the_same_name_is_the_same_stat() -> None:
    store = StatsStore()
    assert store.scope("cluster.a").counter("x") is store.counter("cluster.a.x")
    assert store.scope("cluster").scope("a.").gauge("x") is store.gauge("cluster.a.x")
    assert store.histogram("h", Unit.MILLISECONDS) is store.histogram("h", Unit.MILLISECONDS)


def test_first_export_names_everything_even_at_zero() -> None:
    store = StatsStore()
    store.counter("c")
    store.gauge("g")
    store.histogram("h", Unit.BYTES)
    delta = store.export()
    assert delta.created == [(0, "c", "c"), (1, "g", "g"), (2, "h:bytes", "h")]
    assert delta.changed == []


def test_later_exports_hold_only_what_changed() -> None:
    store = StatsStore()
    counter, gauge = store.counter("c"), store.gauge("g")
    histogram = store.histogram("h", Unit.MILLISECONDS)
    store.export()
    counter.value += 2
    gauge.set(0)
    histogram.record(1)
    store.text_readout("t", "v1")
    delta = store.export()
    assert (delta.created, delta.changed, delta.touched) == ([], [(0, 2)], [1])
    assert [slot for slot, _ in delta.samples] == [2]
    assert delta.texts == [("t", "v1")]
    assert store.export().is_empty()


def test_a_histogram_folds_before_it_grows_large() -> None:
    histogram = StatsStore().histogram("h", Unit.MILLISECONDS)
    for _ in range(10_000):
        histogram.record(3)
    assert len(histogram.pending) < histogram.FOLD_AT


def test_rejected_stats_work_but_are_not_exported() -> None:
    store = StatsStore(StatsMatcher([lambda name: name.startswith("secret.")], is_inclusion=False))
    store.counter("secret.c").value += 1
    store.gauge("secret.g").set(4)
    store.histogram("secret.h", Unit.BYTES).record(3)
    store.text_readout("secret.t", "x")
    store.counter("c")
    delta = store.export()
    assert names(delta) == ["c"]
    assert delta.texts == []


def test_dropped_stats_are_told_and_their_slots_reused() -> None:
    store = StatsStore()
    store.counter("cluster.a.c")
    store.gauge("cluster.b.g")
    store.text_readout("cluster.a.t", "x")
    store.export()
    store.drop("cluster.a.")
    assert "cluster.a.c" not in store.counters
    delta = store.export()
    assert (delta.dropped, delta.lost_texts) == ([0], ["cluster.a.t"])
    store.counter("cluster.c.c").value += 1
    assert store.export().created == [(0, "c", "cluster.c.c")]


def test_a_scope_forgets_what_is_below_it_and_nothing_else() -> None:
    store = StatsStore()
    store.scope("cluster.a").scope("http1").counter("x")
    store.counter("cluster.ab.x")
    store.scope("cluster.a").forget()
    assert list(store.counters) == ["cluster.ab.x"]
    store.forget()
    assert list(store.counters) == []


def test_dropping_what_was_never_exported_leaves_no_trace_of_its_name() -> None:
    store = StatsStore()
    store.gauge("cluster.a.g").set(1)
    store.drop("cluster.a.")
    delta = store.export()
    assert (delta.created, delta.changed, delta.touched) == ([], [], [])
