from .fakes import FakeServer


def test_counts_before_it_is_enabled() -> None:
    server = FakeServer()
    server.stats.store.counter("a")
    assert server.get("/stats/recentlookups") == (
        "Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n\ntotal: 1\n"
    )


def test_lists_names_once_enabled_and_forgets_them_on_demand() -> None:
    server = FakeServer()
    assert server.post("/stats/recentlookups/enable") == (200, "OK\n")
    server.stats.store.counter("a")
    server.stats.store.counter("b")
    assert server.get("/stats/recentlookups") == "   Count Lookup\n       1 a\n       1 b\n\ntotal: 2\n"
    server.post("/stats/recentlookups/clear")
    assert server.get("/stats/recentlookups") == "   Count Lookup\n\ntotal: 0\n"
    server.post("/stats/recentlookups/disable")
    assert server.get("/stats/recentlookups").startswith("Lookup tracking is not enabled.")
