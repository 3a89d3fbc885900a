from portico.testing.fake_server import FakeServer


def test_stats_are_read_by_their_full_names() -> None:
    server = FakeServer()
    server.context.scope.scope("http.a").counter("rq").add(2)
    server.context.scope.scope("http.a").gauge("active").add(1)
    server.context.scope.scope("http.a").counter("idle")
    assert server.value("http.a.rq") == 2
    assert server.changed("http.a.") == {"rq": 2, "active": 1}


def test_runtime_and_chance_are_the_tests() -> None:
    server = FakeServer()
    server.runtime.values["share"] = 30
    runtime = server.context.runtime
    assert [runtime.fraction_enabled("share", 0, 100, drawn) for drawn in (29, 30)] == [True, False]
    assert runtime.fraction_enabled("other", 1, 100, 0)
    assert (runtime.integer("share", 0), runtime.number("none", 0.5), runtime.boolean("share", False)) == (
        30,
        0.5,
        True,
    )
    server.random.value = 7
    assert server.context.random.below(5) == 2


def test_has_the_clusters_the_test_put_in() -> None:
    assert FakeServer().context.cluster_manager.get("nobody") is None
