"""Reuse, connect, wait or refuse; and what becomes of whoever waits."""

import pytest

from portico.api.upstream import PoolFailure, ResetReason
from portico.upstream.limits import Thresholds
from portico.upstream.pool import Choice, choose
from tests.upstream.peers import OK, Surroundings, Wants, post


@pytest.mark.parametrize(
    ("idle", "waiting", "connecting", "may_wait", "may_connect", "expected"),
    [
        (1, 0, 0, True, True, Choice.REUSE),
        (1, 5, 0, False, False, Choice.REUSE),
        (0, 0, 0, True, True, Choice.CONNECT),
        (0, 0, 0, True, False, Choice.QUEUE),
        (0, 0, 0, False, True, Choice.REFUSE),
        (0, 0, 1, True, True, Choice.QUEUE),  # a connection nobody waits for is under way
        (0, 1, 1, True, True, Choice.CONNECT),
        (0, 2, 1, True, True, Choice.CONNECT),
        (0, 1, 2, True, True, Choice.QUEUE),
        (0, 9, 9, False, False, Choice.REFUSE),
    ],
)
def test_choice(idle: int, waiting: int, connecting: int, may_wait: bool, may_connect: bool, expected: Choice) -> None:
    assert choose(idle, waiting, connecting, may_wait, may_connect) is expected


# --- connections ------------------------------------------------------------------------------------------------------


def test_request_waits_for_the_connection_that_is_opened_for_it() -> None:
    around = Surroundings()
    wants = around.ask()
    assert repr(around.pool) == "Http1Pool(192.0.2.9:8080: 0 idle, 0 busy, 1 connecting, 1 waiting)"
    transport = around.dialer.attempts[0].succeed()
    assert transport.take_sent() == b"GET / HTTP/1.1\r\nhost: h.test\r\n\r\n"
    transport.receive(OK)
    assert wants.got.steps == ["headers", "data 2", "end"]
    assert repr(around.pool) == "Http1Pool(192.0.2.9:8080: 1 idle, 0 busy, 0 connecting, 0 waiting)"


def test_codec_s_stats_exist_from_the_first_pool_on() -> None:
    around = Surroundings()
    assert around.context.codec_stats is not None
    assert around.context.codec_stats.response_flood.name == "cluster.c.http1.response_flood"


def test_idle_connection_takes_the_next_request_at_once() -> None:
    around = Surroundings()
    transport = around.idle()
    wants = around.ask()
    assert wants.stream is not None
    assert transport.take_sent().startswith(b"GET")
    assert len(around.dialer.attempts) == 1
    assert around.value("upstream_cx_total") == 1
    assert around.value("upstream_rq_total") == 2


def test_last_connection_used_is_the_first_reused() -> None:
    around = Surroundings()
    (_, first), (_, second) = around.connected(), around.connected()
    first.receive(OK)
    second.receive(OK)
    first.take_sent()
    second.take_sent()
    around.ask()
    assert (bool(first.take_sent()), bool(second.take_sent())) == (False, True)


def test_requests_wait_in_the_order_they_came() -> None:
    around = Surroundings()
    one, two = around.ask(), around.ask()
    assert len(around.dialer.attempts) == 2
    around.dialer.attempts[1].succeed()
    assert one.stream is not None
    assert two.stream is None


def test_connection_that_becomes_free_serves_who_waits_for_another_one() -> None:
    around = Surroundings()
    first, transport = around.connected()
    second = around.ask()
    transport.receive(OK)
    assert first.got.is_complete
    assert second.stream is not None
    late = around.dialer.attempts[1].succeed()
    assert repr(around.pool) == "Http1Pool(192.0.2.9:8080: 1 idle, 1 busy, 0 connecting, 0 waiting)"
    assert not late.is_closing()


def test_connect_under_way_for_a_request_that_left_serves_the_next_one() -> None:
    around = Surroundings()
    wants = Wants()
    pending = around.pool.new_stream(wants)
    assert pending is not None
    pending.cancel()
    pending.cancel()
    assert around.value("upstream_rq_cancelled") == 1
    assert around.value("upstream_rq_pending_active") == 0
    other = around.ask()
    assert len(around.dialer.attempts) == 1
    around.dialer.attempts[0].succeed()
    assert (wants.stream, other.stream is not None) == (None, True)


@pytest.mark.parametrize("failure", [PoolFailure.REMOTE_CONNECTION_FAILURE, PoolFailure.TIMEOUT])
def test_connect_failure_ejects_everyone_who_waits(failure: PoolFailure) -> None:
    around = Surroundings()
    wants = [around.ask(), around.ask(), around.ask()]
    around.dialer.attempts[1].fail(failure, "delayed connect error: Connection refused")
    assert [each.failure for each in wants] == [failure] * 3
    assert wants[0].detail == "delayed connect error: Connection refused"
    assert around.value("upstream_rq_pending_failure_eject") == 3
    assert around.value("upstream_cx_connect_fail") == 1
    assert around.value("upstream_cx_connect_timeout") == (1 if failure is PoolFailure.TIMEOUT else 0)
    assert around.value("upstream_cx_active") == 2
    assert around.host.cx_connect_fail == 1


def test_request_after_a_connect_failure_tries_again() -> None:
    around = Surroundings()
    around.ask()
    around.dialer.attempts[0].fail(PoolFailure.REMOTE_CONNECTION_FAILURE)
    wants = around.ask()
    around.dialer.attempts[1].succeed()
    assert wants.stream is not None


# --- limits -----------------------------------------------------------------------------------------------------------


def limited(connections: int = 1024, pending: int = 1024, requests: int = 1024) -> Surroundings:
    thresholds = Thresholds()
    thresholds.max_connections = connections
    thresholds.max_pending_requests = pending
    thresholds.max_requests = requests
    return Surroundings(thresholds)


def test_connection_limit_makes_requests_wait_for_a_free_one() -> None:
    around = limited(connections=1)
    _, transport = around.connected()
    second = around.ask()
    assert len(around.dialer.attempts) == 1
    assert around.value("upstream_cx_overflow") == 1
    transport.receive(OK)
    assert second.stream is not None


def test_first_connection_to_a_host_is_always_allowed() -> None:
    around = limited(connections=0)
    wants = around.ask()
    around.dialer.attempts[0].succeed()
    assert wants.stream is not None


def test_pending_limit_refuses_who_would_have_to_wait() -> None:
    around = limited(pending=1)
    around.ask()
    refused = around.ask()
    assert refused.failure is PoolFailure.OVERFLOW
    assert around.value("upstream_rq_pending_overflow") == 1
    around.dialer.attempts[0].succeed()
    assert around.ask().failure is None


def test_request_limit_refuses_even_where_a_connection_is_idle() -> None:
    around = limited(requests=1)
    around.idle()
    around.ask()
    transport = around.dialer.attempts[0].transport
    second = around.ask()
    assert second.stream is None  # waits: the idle one is taken
    around.dialer.attempts[1].succeed()
    assert second.failure is PoolFailure.OVERFLOW
    transport.receive(OK)
    assert around.ask().stream is not None


def test_everything_acquired_is_given_back() -> None:
    around = limited()
    _, transport = around.connected()
    around.connected()[1].peer_closes()
    waiting = around.pool.new_stream(Wants())
    assert waiting is not None
    waiting.cancel()
    around.dialer.attempts[-1].fail(PoolFailure.TIMEOUT)
    transport.receive(OK)
    transport.peer_closes()
    limits = around.context.limits
    assert [limits.connections.total(), limits.pending_requests.total(), limits.requests.total()] == [0, 0, 0]
    gauges = {name: value for name, value in around.changed().items() if name.endswith("_active")}
    assert gauges == {}
    assert (around.host.cx_active, around.host.rq_active, around.host.rq_pending_active) == (0, 0, 0)


# --- how connections end ----------------------------------------------------------------------------------------------


def test_connection_closes_after_its_last_allowed_request() -> None:
    around = Surroundings()
    around.info.max_requests_per_connection = 2
    transport = around.idle()
    assert not transport.is_closing()
    around.ask()
    assert around.value("upstream_cx_max_requests") == 1
    transport.receive(OK)
    assert transport.is_closing()
    assert around.value("upstream_cx_destroy_local") == 1


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nConnection: close\r\n", b"HTTP/1.0 200 OK\r\n"])
def test_connection_the_upstream_wants_closed_is_closed(head: bytes) -> None:
    around = Surroundings()
    wants, transport = around.connected()
    transport.receive(head + b"Content-Length: 2\r\n\r\nok")
    assert wants.got.is_complete
    assert transport.is_closing()
    assert repr(around.pool).endswith("0 idle, 0 busy, 0 connecting, 0 waiting)")


def test_early_response_closes_the_connection_as_the_rest_of_the_request_is_in_its_way() -> None:
    around = Surroundings()
    wants = around.ask(Wants(post(), end_stream=False))
    transport = around.dialer.attempts[0].succeed()
    transport.receive(OK)
    assert wants.got.is_complete
    assert wants.reset is None
    assert transport.is_closing()
    assert around.value("upstream_cx_destroy_local_with_active_rq") == 1


def test_bytes_nobody_asked_for_close_the_idle_connection() -> None:
    around = Surroundings()
    transport = around.idle()
    transport.receive(b"HTTP/1.1 408 Request Timeout\r\n\r\n")
    assert transport.is_closing()
    assert around.value("upstream_cx_protocol_error") == 1
    assert around.ask().stream is None


def test_idle_connection_the_upstream_closes_is_forgotten() -> None:
    around = Surroundings()
    transport = around.idle()
    transport.peer_closes()
    assert around.value("upstream_cx_destroy_remote") == 1
    around.ask()
    assert len(around.dialer.attempts) == 2


def test_idle_timeout_counts_from_the_last_response() -> None:
    around = Surroundings()
    around.info.idle_timeout_s = 10.0
    transport = around.idle()
    around.server.clock.advance(8.0)
    around.ask()
    around.server.clock.advance(8.0)
    assert not transport.is_closing()
    transport.receive(OK)
    around.server.clock.advance(9.9)
    assert not transport.is_closing()
    around.server.clock.advance(0.2)
    assert transport.is_closing()
    assert around.value("upstream_cx_idle_timeout") == 1


def test_connections_that_time_out_are_the_ones_not_needed() -> None:
    around = Surroundings()
    around.info.idle_timeout_s = 10.0
    (_, first), (_, second) = around.connected(), around.connected()
    first.receive(OK)
    second.receive(OK)
    for _ in range(3):
        around.server.clock.advance(6.0)
        around.ask()
        second.receive(OK)
    assert (first.is_closing(), second.is_closing()) == (True, False)


def test_without_an_idle_timeout_no_timer_runs() -> None:
    around = Surroundings()
    around.info.idle_timeout_s = 0.0
    around.idle()
    assert around.server.clock.deadlines() == []


def test_lost_connection_is_replaced_for_who_waits() -> None:
    around = limited(connections=1)
    wants, transport = around.connected()
    waiting = around.ask()
    transport.peer_closes()
    assert wants.reset is ResetReason.CONNECTION_TERMINATION
    around.dialer.attempts[1].succeed()
    assert waiting.stream is not None


# --- drain ------------------------------------------------------------------------------------------------------------


def test_drain_closes_what_is_idle_and_calls_back() -> None:
    around = Surroundings()
    transport = around.idle()
    told: list[str] = []
    around.pool.drain(lambda: told.append("drained"))
    assert transport.is_closing()
    assert told == ["drained"]


def test_drain_of_an_empty_pool_calls_back_at_once() -> None:
    told: list[str] = []
    Surroundings().pool.drain(lambda: told.append("drained"))
    assert told == ["drained"]


def test_drain_lets_requests_finish() -> None:
    around = Surroundings()
    wants, transport = around.connected()
    told: list[str] = []
    around.pool.drain(lambda: told.append("drained"))
    assert told == []
    transport.receive(OK)
    assert wants.got.is_complete
    assert transport.is_closing()
    assert told == ["drained"]


def test_drain_lets_those_who_wait_have_their_turn() -> None:
    around = Surroundings()
    wants = around.ask()
    told: list[str] = []
    around.pool.drain(lambda: told.append("drained"))
    transport = around.dialer.attempts[0].succeed()
    transport.receive(OK)
    assert wants.got.is_complete
    assert (transport.is_closing(), told) == (True, ["drained"])


def test_connection_that_comes_up_while_draining_is_closed_when_nobody_wants_it() -> None:
    around = Surroundings()
    pending = around.pool.new_stream(Wants())
    assert pending is not None
    pending.cancel()
    told: list[str] = []
    around.pool.drain(lambda: told.append("drained"))
    assert told == []
    assert around.dialer.attempts[0].succeed().is_closing()
    assert told == ["drained"]


def test_two_who_drain_are_both_told() -> None:
    around = Surroundings()
    _, transport = around.connected()
    told: list[str] = []
    around.pool.drain(lambda: told.append("one"))
    around.pool.drain(lambda: told.append("two"))
    transport.peer_closes()
    assert told == ["one", "two"]
