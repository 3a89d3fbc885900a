import pytest

from .fakes import FakeServer


@pytest.mark.parametrize(
    ("target", "done"),
    [
        ("/drain_listeners", "drain graceful=False skip_exit=False inbound_only=False"),
        ("/drain_listeners?graceful&inboundonly", "drain graceful=True skip_exit=False inbound_only=True"),
        ("/drain_listeners?skip_exit", "drain graceful=False skip_exit=True inbound_only=False"),
        ("/healthcheck/fail", "health check failed=True"),
        ("/healthcheck/ok", "health check failed=False"),
        ("/quitquitquit", "quit"),
        ("/reopen_logs", "reopen logs"),
    ],
)
def test_tells_the_process(target: str, done: str) -> None:
    server = FakeServer()
    assert server.post(target) == (200, "OK\n")
    assert server.process.done == [done]


def test_failed_health_checks_show_in_ready() -> None:
    server = FakeServer()
    server.post("/healthcheck/fail")
    assert server.response("/ready").status == 503
    server.post("/healthcheck/ok")
    assert server.response("/ready").status == 200


def test_counters_are_reset_with_what_was_not_reported_yet() -> None:
    server = FakeServer()
    counter, gauge = server.stats.store.counter("c"), server.stats.store.gauge("g")
    counter.value += 3
    gauge.set(2)
    assert server.post("/reset_counters") == (200, "OK\n")
    assert server.get("/stats") == "c: 0\ng: 2\n"
    counter.value += 1
    assert server.get("/stats") == "c: 1\ng: 2\n"
