"""One connection to a host: what its stream, its peer and its events do to the request on it."""

import pytest

from portico.api.address import Address
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.api.upstream import ResetReason
from tests.upstream.peers import OK, Surroundings, Wants, post

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def posting() -> tuple[Surroundings, Wants]:
    around = Surroundings()
    wants = around.ask(Wants(post(), end_stream=False))
    around.dialer.attempts[0].succeed()
    return around, wants


# --- the request ------------------------------------------------------------------------------------------------------


def test_head_waits_for_the_first_body_bytes_and_leaves_with_them() -> None:
    around, wants = posting()
    transport = around.dialer.attempts[0].transport
    assert transport.sent == b""
    assert wants.stream is not None
    wants.stream.encode_data(b"abc", False)
    assert transport.take_sent() == (
        b"POST / HTTP/1.1\r\nhost: h.test\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"
    )
    wants.stream.encode_data(b"", True)
    assert transport.take_sent() == b"0\r\n\r\n"


def test_head_leaves_at_flush_when_no_body_came_with_it() -> None:
    around, wants = posting()
    transport = around.dialer.attempts[0].transport
    assert wants.stream is not None
    wants.stream.flush()
    assert transport.take_sent().startswith(b"POST / HTTP/1.1\r\n")
    wants.stream.flush()
    assert transport.take_sent() == b""


def test_trailers_end_the_request() -> None:
    around, wants = posting()
    assert wants.stream is not None
    wants.stream.encode_trailers(HeaderMap([(b"t", b"1")]))
    assert around.dialer.attempts[0].transport.take_sent().endswith(b"\r\n\r\n0\r\n\r\n")


def test_reset_closes_the_connection_without_a_callback() -> None:
    around, wants = posting()
    assert wants.stream is not None
    wants.stream.flush()
    wants.stream.reset()
    wants.stream.reset()
    assert around.dialer.attempts[0].transport.is_closing()
    assert wants.reset is None
    assert around.value("upstream_rq_active") == 0
    assert around.value("upstream_cx_destroy_local_with_active_rq") == 1


def test_head_that_was_held_back_is_sent_before_a_reset() -> None:
    """As Envoy 1.40 does, when a body proves broken in the read that brought the head."""
    around, wants = posting()
    assert wants.stream is not None
    wants.stream.reset()
    transport = around.dialer.attempts[0].transport
    assert transport.take_sent().startswith(b"POST / HTTP/1.1\r\n")
    assert not transport.was_aborted
    assert around.value("upstream_cx_destroy_local_with_active_rq") == 1


def test_stale_stream_cannot_touch_the_next_request() -> None:
    around = Surroundings()
    first, transport = around.connected()
    transport.receive(OK)
    transport.take_sent()
    stale = first.stream
    assert stale is not None
    stale.encode_data(b"late", True)
    stale.encode_trailers(HeaderMap())
    stale.flush()
    stale.reset()
    assert (transport.take_sent(), transport.was_aborted) == (b"", False)


# --- the response -----------------------------------------------------------------------------------------------------


def test_pieces_of_one_read_are_told_and_then_its_end() -> None:
    around = Surroundings()
    wants, transport = around.connected()
    transport.receive(CHUNKED + b"1\r\na\r\n1\r\nb\r\n")
    assert (wants.got.body, wants.batches) == (b"ab", 1)
    transport.receive(b"1\r\nc\r\n0\r\n\r\n")
    assert wants.got.is_complete
    assert wants.batches == 1


def test_interim_responses_come_first() -> None:
    around = Surroundings()
    wants, transport = around.connected()
    transport.receive(b"HTTP/1.1 103 Early Hints\r\n\r\n")
    transport.receive(OK)
    assert (wants.got.informational, wants.got.is_complete) == ([103], True)


def test_paused_reading_stays_in_the_kernel() -> None:
    around = Surroundings()
    wants, transport = around.connected()
    assert wants.stream is not None
    wants.stream.pause_reading()
    wants.stream.pause_reading()
    wants.stream.resume_reading()
    assert transport.is_paused
    wants.stream.resume_reading()
    assert not transport.is_paused


def test_watermarks_of_the_connection_are_the_requests() -> None:
    around, wants = posting()
    transport = around.dialer.attempts[0].transport
    assert wants.stream is not None
    transport.takes_bytes = False
    wants.stream.encode_data(b"x" * 2000, False)
    assert wants.watermarks == [True]
    transport.drain()
    assert wants.watermarks == [True, False]
    assert around.value("upstream_flow_control_backed_up_total") == 1
    assert around.value("upstream_flow_control_drained_total") == 1


# --- bad ends ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("received", "reason"),
    [
        (b"", ResetReason.CONNECTION_TERMINATION),
        (b"HTTP/1.1 100 Continue\r\n\r\n", ResetReason.CONNECTION_TERMINATION),
        (b"HTTP/1.1 200", ResetReason.PROTOCOL_ERROR),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", ResetReason.PROTOCOL_ERROR),
        (CHUNKED + b"3\r\nabc\r\n", ResetReason.PROTOCOL_ERROR),
    ],
)
def test_upstream_that_leaves_too_early_resets_the_request(received: bytes, reason: ResetReason) -> None:
    around = Surroundings()
    wants, transport = around.connected()
    if received:
        transport.receive(received)
    transport.peer_closes()
    assert wants.reset is reason
    assert not wants.got.is_complete
    assert around.value("upstream_cx_destroy_remote_with_active_rq") == 1
    assert around.value("upstream_rq_active") == 0


def test_body_that_lasts_until_the_close_ends_with_it() -> None:
    around = Surroundings()
    wants, transport = around.connected()
    transport.receive(b"HTTP/1.1 200 OK\r\n\r\nabc")
    transport.peer_closes()
    assert (wants.got.body, wants.got.is_complete, wants.reset) == (b"abc", True, None)


@pytest.mark.parametrize("sent", [b"garbage\r\n\r\n", CHUNKED + b"zz\r\n", b"HTTP/1.1 101 X\r\n\r\n"])
def test_garbage_is_a_protocol_error_and_closes(sent: bytes) -> None:
    around = Surroundings()
    wants, transport = around.connected()
    transport.receive(sent)
    assert wants.reset is ResetReason.PROTOCOL_ERROR
    assert transport.was_aborted
    assert around.value("upstream_cx_protocol_error") == 1
    assert around.value("upstream_rq_active") == 0


def test_two_responses_to_one_request_are_one_and_a_closed_connection() -> None:
    around = Surroundings()
    wants, transport = around.connected()
    waiting = around.ask()
    transport.receive(OK + b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\nforged")
    assert (wants.got.body, wants.got.is_complete, wants.reset) == (b"ok", True, None)
    assert transport.was_aborted
    assert (waiting.stream, waiting.got.steps) == (None, [])


def test_exception_of_whoever_hears_the_response_ends_that_request_only() -> None:
    around = Surroundings()
    broken = around.ask(Broken())
    transport = around.dialer.attempts[0].succeed()
    transport.receive(CHUNKED)
    assert broken.reset is ResetReason.LOCAL_RESET
    assert transport.was_aborted
    assert around.value("upstream_rq_active") == 0
    assert around.connected()[0].stream is not None


class Broken(Wants):
    def on_response_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        raise ValueError("told to")


# --- what is counted --------------------------------------------------------------------------------------------------


def test_each_connection_and_request_is_counted_once() -> None:
    around = Surroundings()
    transport = around.idle()
    around.ask()
    transport.receive(OK)
    transport.peer_closes()
    counted = around.changed()
    assert {name: counted[name] for name in counted if name.startswith(("upstream_cx", "upstream_rq"))} == {
        "upstream_cx_destroy": 1,
        "upstream_cx_destroy_remote": 1,
        "upstream_cx_http1_total": 1,
        "upstream_cx_total": 1,
        "upstream_rq_pending_total": 1,
        "upstream_rq_total": 2,
    }
    assert (around.host.cx_total, around.host.rq_total, around.host.cx_active, around.host.rq_active) == (1, 2, 0, 0)


def test_bytes_of_each_request_are_told_apart() -> None:
    around = Surroundings()
    info = StreamInfo(ConnectionInfo(1, Address("192.0.2.7", 40000), Address("192.0.2.1", 80)))
    first = around.idle()
    wants = Wants(RequestHeaders(b"GET", b"/path", b"h", [(b"a", b"b")]))
    wants.info = info
    around.ask(wants)
    sent = first.take_sent()
    first.receive(b"HTTP/1.1 200 OK\r\nx: y\r\ncontent-length: 5\r\n\r\nhello")
    assert sent.endswith(b"GET /path HTTP/1.1\r\nhost: h\r\na: b\r\n\r\n")
    assert (info.upstream_wire_bytes_sent, info.upstream_header_bytes_sent) == (37, 15)
    # Envoy counts three bytes beside each received name and value, and all of a line it sends.
    assert (info.upstream_wire_bytes_received, info.upstream_header_bytes_received) == (49, 23)


def test_request_without_a_response_received_no_header_bytes() -> None:
    around = Surroundings()
    info = StreamInfo(ConnectionInfo(1, Address("192.0.2.7", 40000), Address("192.0.2.1", 80)))
    transport = around.idle()
    wants = Wants()
    wants.info = info
    around.ask(wants)
    transport.peer_closes()
    assert (info.upstream_wire_bytes_received, info.upstream_header_bytes_received) == (0, 0)


def test_response_that_announces_the_close_is_counted() -> None:
    around = Surroundings()
    _, transport = around.connected()
    transport.receive(b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 0\r\n\r\n")
    assert around.value("upstream_cx_close_notify") == 1
    assert transport.is_closing()


def test_old_connection_closes_when_idle_and_finishes_what_it_carries() -> None:
    around = Surroundings()
    around.info.max_connection_duration_s = 10.0
    wants, busy = around.connected()
    around.server.clock.advance(10.1)
    assert not busy.is_closing()
    busy.receive(OK)
    assert wants.got.body == b"ok"
    assert busy.is_closing()
    idle = around.idle()
    around.server.clock.advance(10.1)
    assert idle.is_closing()
    assert around.value("upstream_cx_max_duration_reached") == 2


def test_prints_its_host_its_state_and_its_requests() -> None:
    around = Surroundings()
    wants = around.ask(Wants(RequestHeaders(b"GET", b"/", b"h", [])))
    around.dialer.attempts[0].succeed()
    assert wants.stream is not None
    assert repr(wants.stream.connection.handler) == "Http1Client(192.0.2.9:8080, busy, 1 requests)"
