from portico.http.filter_failures import FilterFailures
from portico.testing.fake_server import FakeServer


def test_counts_under_its_connection_manager_once_there_is_something_to_count() -> None:
    server = FakeServer()
    failures = FilterFailures(server.context, "edge")
    assert "http.edge.filter_exception" not in server.stats.counters
    failures.note("lua", ValueError("x"))
    failures.note("lua", ValueError("x"))
    assert server.value("http.edge.filter_exception") == 2
