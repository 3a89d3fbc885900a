"""What main counts about itself."""

from portico.config.load import LoadCounters, LoadedBootstrap, LoadOptions
from portico.config.positions import Positions
from portico.main.memory import ProcessMemory
from portico.main.options import Options, ProcessOptions, RestartOptions
from portico.main.own_stats import OwnStats, connections, version_number
from portico.stats.merged import MergedStats
from portico.stats.store import StatsStore


def merged(**values: int) -> MergedStats:
    store = StatsStore()
    for name, value in values.items():
        store.gauge(name.replace("__", ".")).set(value)
    made = MergedStats()
    made.apply("x", store.export())
    return made


def test_describes_the_process() -> None:
    store = StatsStore()
    options = Options(LoadOptions(), restart=RestartOptions(epoch=2), process=ProcessOptions(concurrency=3))
    counters = LoadCounters(static_unknown_fields=1, unimplemented_fields=2, deprecated_fields=3)
    OwnStats(store).describe(options, LoadedBootstrap(None, Positions([]), [], counters))
    assert store.gauge("server.concurrency").value == 3
    assert store.gauge("server.hot_restart_epoch").value == 2
    assert store.gauge("server.version").value == version_number() > 0
    assert store.counter("server.static_unknown_fields").value == 1
    assert store.counter("portico.unimplemented_fields").value == 2
    assert store.counter("runtime.deprecated_feature_use").value == 3


def test_measures_what_is_measured() -> None:
    store = StatsStore()
    own = OwnStats(store)
    own.update(7, ProcessMemory(30, 10, 20), merged(listener__a__downstream_cx_active=4))
    names = ("uptime", "memory_allocated", "memory_heap_size", "memory_physical_size", "total_connections")
    assert [store.gauge(f"server.{name}").value for name in names] == [7, 10, 20, 30, 4]


def test_no_certificate_never_expires() -> None:
    store = StatsStore()
    OwnStats(store).update(0, ProcessMemory(0, 0, 0), merged(a=1, b=2))
    assert store.gauge("server.days_until_first_cert_expiring").value == 4294967295
    assert store.gauge("server.stats_recent_lookups").value == 2


def test_connections_are_counted_once_and_without_the_admin_interface_s() -> None:
    found = merged(
        listener__a__downstream_cx_active=3,
        listener__a__worker_0__downstream_cx_active=3,
        listener__b__downstream_cx_active=1,
        listener__admin__downstream_cx_active=9,
        http__x__downstream_cx_active=9,
    )
    assert connections(found) == 4


def test_a_loop_that_was_held_up_is_counted_in_both_places() -> None:
    store = StatsStore()
    own = OwnStats(store)
    own.count_watchdog_miss(False)
    own.count_watchdog_miss(True)
    for name in ("main_thread", "server.main_thread"):
        assert store.counter(f"{name}.watchdog_miss").value == 1
        assert store.counter(f"{name}.watchdog_mega_miss").value == 1
