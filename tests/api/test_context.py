import pytest

from portico.api.context import DrainState, FactoryContext, ListenerDrain, OverloadState
from portico.testing.fake_server import FakeServer


@pytest.mark.parametrize(
    ("own", "process", "failed", "only_modified", "closes"),
    [
        (False, False, False, False, False),
        (True, False, False, False, True),
        (False, True, False, False, True),
        (False, False, True, False, True),
        (False, False, True, True, False),
        (False, True, True, True, True),
    ],
)
def test_listener_closes_for_its_own_end_the_process_or_a_failed_health_check(
    own: bool, process: bool, failed: bool, only_modified: bool, closes: bool
) -> None:
    server = DrainState()
    drain = ListenerDrain(server)
    drain.is_draining = own
    drain.only_when_modified = only_modified
    server.is_draining = process
    server.health_check_failed = failed
    assert drain.should_close() is closes


def test_overload_state_is_read_per_request() -> None:
    overload = OverloadState()
    assert not overload.stops_requests()
    overload.is_stopping_requests = True
    assert overload.stops_requests()


def test_nested_context_keeps_the_place_and_changes_the_scope() -> None:
    server = FakeServer()
    outer = FactoryContext(server.context, server.context.scope, "outer")
    outer.listener_scope = server.context.scope.scope("listener.l")
    outer.drain = ListenerDrain(server.context.drain)
    outer.is_downstream = False
    inner = outer.nested(server.context.scope.scope("http.in"))
    assert inner.listener_scope is outer.listener_scope
    assert inner.drain is outer.drain
    assert not inner.is_downstream
    assert inner.stat_prefix == "outer"
    assert outer.nested(outer.scope, "own").stat_prefix == "own"
    inner.scope.counter("x").add()
    assert server.value("http.in.x") == 1
