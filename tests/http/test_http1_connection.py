"""A downstream connection's life: requests one after another, and every way in which it ends."""

import pytest

from portico.api.connection import CloseType
from portico.api.http_filter import HeadersStatus
from tests.http.filters import Says
from tests.http.proxy import Proxy, body_of, fields_of, request, status_of

TWO = request("/1") + request("/2")


# --- one request after another ----------------------------------------------------------------------------------------


def test_connection_stays_for_the_next_request() -> None:
    proxy = Proxy()
    client = proxy.connect()
    for number in range(3):
        client.send(request(f"/{number}"))
        proxy.upstream.respond(200, b"ok", content_length="2")
        assert body_of(client.received()) == b"ok"
    assert client.is_open()
    assert proxy.value("http.in.downstream_rq_total") == 3
    assert proxy.value("http.in.downstream_cx_total") == 1
    assert proxy.log.lines() == [f"GET /{number} 200 - via_upstream" for number in range(3)]


def test_pipelined_requests_go_up_one_at_a_time_and_answers_come_in_order() -> None:
    proxy = Proxy()
    client = proxy.connect().send(TWO + request("/3"))
    streams = proxy.pool_of().streams
    for number in (1, 2, 3):
        assert len(streams) == number
        proxy.upstream.respond(200, b"%d" % number, content_length="1")
    answers = client.received()
    assert [answers.index(b"\r\n\r\n%d" % number) for number in (1, 2, 3)] == sorted(
        answers.index(b"\r\n\r\n%d" % number) for number in (1, 2, 3)
    )


def test_pipelined_requests_that_are_answered_here_need_no_recursion() -> None:
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 204}}")
    client = proxy.connect().send(request() * 2000)
    assert client.received().count(b"HTTP/1.1 204 No Content\r\n") == 2000


def test_reading_pauses_while_a_pipelined_request_waits() -> None:
    proxy = Proxy()
    client = proxy.connect().send(TWO)
    client.send(request("/3") * 100)
    assert client.connection.unread_bytes() == len(request("/3")) * 100
    proxy.upstream.respond(200, b"")
    proxy.upstream.respond(200, b"")
    assert client.connection.unread_bytes() == 0


def test_response_leaves_in_one_write() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"ok", content_length="2")
    assert client.connection.writes == 1


def test_head_of_a_streamed_response_leaves_with_the_first_piece() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    assert client.received() == b""
    proxy.upstream.respond_data(b"abc")
    assert client.received().endswith(b"transfer-encoding: chunked\r\n\r\n3\r\nabc\r\n")
    proxy.upstream.respond_data(b"", end_stream=True)
    assert client.received() == b"0\r\n\r\n"


def test_head_that_comes_alone_leaves_at_the_end_of_the_read() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    proxy.upstream.callbacks.on_response_batch_end()
    assert client.received().startswith(b"HTTP/1.1 200 OK\r\n")


def test_request_body_is_passed_on_as_it_comes() -> None:
    proxy = Proxy()
    client = proxy.connect()
    client.send(b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    assert proxy.upstream.flushes == 1
    client.send(b"3\r\nabc\r\n")
    client.send(b"0\r\n\r\n")
    assert proxy.upstream.got.steps == ["headers", "data 3", "data 0", "end"]


def test_request_trailers_are_passed_on_when_enabled() -> None:
    proxy = Proxy(http_protocol_options={"enable_trailers": True})
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nT: 1\r\n\r\n")
    assert proxy.upstream.got.trailers is not None
    proxy.upstream.respond(200)
    proxy.upstream.respond_trailers((b"u", b"2"))
    assert client.received().endswith(b"0\r\nu: 2\r\n\r\n")


def test_response_to_head_has_no_body() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request("/", "HEAD"))
    proxy.upstream.respond(200, b"", content_length="10")
    answer = client.received()
    assert b"content-length: 10" in fields_of(answer)
    assert body_of(answer) == b""
    assert client.is_open()


# --- who closes, and when ---------------------------------------------------------------------------------------------


def test_client_that_asks_for_it_gets_its_answer_and_a_closed_connection() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request(fields="Connection: close\r\n"))
    proxy.upstream.respond(200, b"ok", content_length="2")
    assert b"connection: close" in fields_of(client.received())
    assert client.connection.closed is CloseType.FLUSH_WRITE


def test_requests_behind_connection_close_are_not_answered() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request(fields="Connection: close\r\n") + request("/2"))
    proxy.upstream.respond(200, b"")
    assert len(proxy.pool_of().streams) == 1
    assert client.received().count(b"HTTP/1.1") == 1


def test_draining_listener_says_close_and_closes_after_the_drain_timeout() -> None:
    """A client may have sent its next request before it read the warning: it is still answered."""
    proxy = Proxy(drain_timeout="3s")
    client = proxy.connect().send(request("/1"))
    proxy.config.drain.is_draining = True
    proxy.upstream.respond(200, b"")
    assert b"connection: close" in fields_of(client.received())
    client.send(request("/2"))
    proxy.upstream.respond(200, b"")
    assert b"connection: close" in fields_of(client.received())
    assert client.is_open()
    proxy.server.clock.advance(3.1)
    assert not client.is_open()
    assert proxy.value("http.in.downstream_cx_drain_close") == 1


def test_last_allowed_request_closes() -> None:
    proxy = Proxy(common_http_protocol_options={"max_requests_per_connection": 2})
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    assert client.is_open()
    client.received()
    client.send(request())
    proxy.upstream.respond(200, b"")
    assert b"connection: close" in fields_of(client.received())
    assert not client.is_open()
    assert proxy.value("http.in.downstream_cx_max_requests_reached") == 1


def test_response_before_the_request_is_complete_closes_with_a_delay() -> None:
    """The client may still be sending: closing at once would reset the answer it has not read."""
    proxy = Proxy()
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
    proxy.upstream.respond(200, b"early", content_length="5")
    answer = client.received()
    assert b"connection: close" in fields_of(answer)
    assert body_of(answer) == b"early"
    assert client.connection.closed is CloseType.FLUSH_WRITE_AND_DELAY
    assert proxy.value("http.in.downstream_rq_response_before_rq_complete") == 1


def test_delayed_close_waits_as_configured() -> None:
    client = Proxy(delayed_close_timeout="3s").connect()
    assert client.connection.delayed_close_s == 3.0


@pytest.mark.parametrize(
    ("data", "status", "details"),
    [
        (b"FOO / HTTP/1.1\r\n\r\n", 400, "http1.codec_error"),
        (b"GET / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "http1.invalid_transfer_encoding"),
        (b"GET / HTTP/2.0\r\n\r\n", 426, "low_version"),
        (b"GET / HTTP/1.1\r\nX: " + b"x" * 62000 + b"\r\n\r\n", 431, "http1.headers_too_large"),
    ],
)
def test_bad_request_is_answered_logged_and_closed(data: bytes, status: int, details: str) -> None:
    proxy = Proxy()
    client = proxy.connect().send(data)
    answer = client.received()
    assert status_of(answer) == status
    assert b"connection: close" in fields_of(answer)
    assert client.connection.closed is CloseType.FLUSH_WRITE_AND_DELAY
    assert proxy.log.lines() == [f"- - {status} DPE {details}"]
    assert proxy.value("http.in.downstream_cx_protocol_error") == 1
    assert proxy.value("http.in.downstream_rq_too_large") == (1 if status == 431 else 0)


def test_bad_request_behind_a_good_one_waits_for_its_turn() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request() + b"FOO / HTTP/1.1\r\n\r\n")
    assert client.received() == b""
    proxy.upstream.respond(200, b"")
    answers = client.received()
    assert answers.startswith(b"HTTP/1.1 200 OK")
    assert b"HTTP/1.1 400 Bad Request" in answers
    assert not client.is_open()


def test_bad_chunk_ends_the_request_that_is_under_way() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n")
    assert status_of(client.received()) == 400
    assert proxy.upstream.was_reset
    assert proxy.log.lines() == ["POST / 400 DPE http1.codec_error"]


def test_bad_chunk_after_the_response_began_cuts_it_off() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n")
    proxy.upstream.respond(200)
    proxy.upstream.respond_data(b"part")
    client.send(b"zz\r\n")
    answer = client.received()
    assert answer.endswith(b"4\r\npart\r\n")
    assert not client.is_open()
    assert len(proxy.log.entries) == 1


# --- the client leaves ------------------------------------------------------------------------------------------------


def test_client_that_leaves_while_it_waits_is_logged_once_and_its_request_cancelled() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request("/slow"))
    client.leave()
    assert proxy.upstream.was_reset
    assert proxy.log.lines() == ["GET /slow 0 DC downstream_remote_disconnect"]
    assert proxy.value("http.in.downstream_rq_active") == 0
    assert proxy.value("http.in.downstream_rq_rx_reset") == 1
    assert proxy.value("http.in.downstream_cx_destroy_remote_active_rq") == 1


def test_client_that_leaves_in_the_middle_of_its_request() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
    client.leave()
    assert proxy.upstream.was_reset
    assert proxy.log.lines() == ["POST /p 0 DC downstream_remote_disconnect"]


def test_client_that_leaves_in_the_middle_of_the_response() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request("/p"))
    proxy.upstream.respond(200)
    proxy.upstream.respond_data(b"part")
    client.leave()
    assert proxy.upstream.was_reset
    assert proxy.log.lines() == ["GET /p 200 DC downstream_remote_disconnect"]


def test_client_that_leaves_while_its_request_waits_for_a_connection() -> None:
    proxy = Proxy()
    proxy.pool_of().holds = True
    client = proxy.connect().send(request("/p"))
    client.leave()
    assert proxy.pool_of().waiting == []
    assert proxy.log.lines() == ["GET /p 0 DC downstream_remote_disconnect"]


def test_client_that_leaves_while_a_filter_holds_its_request() -> None:
    proxy = Proxy()
    holds = Says()
    holds.on_request = HeadersStatus.STOP_ITERATION
    proxy.insert_filter("holds", holds)
    client = proxy.connect().send(request("/p"))
    client.leave()
    assert holds.destroyed == 1
    assert proxy.log.lines() == ["GET /p 0 DC downstream_remote_disconnect"]


def test_client_that_leaves_in_the_middle_of_a_head_is_logged_without_one() -> None:
    proxy = Proxy()
    proxy.connect().send(b"GET / HT").leave()
    assert proxy.log.lines() == ["- - 0 DC downstream_remote_disconnect"]


@pytest.mark.parametrize("sent", [b"", b"\r\n", request()])
def test_client_that_leaves_between_requests_leaves_no_trace_but_a_closed_connection(sent: bytes) -> None:
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 204}}")
    client = proxy.connect().send(sent)
    entries = len(proxy.log.entries)
    client.leave()
    assert len(proxy.log.entries) == entries
    counted = proxy.changed("http.in.downstream_cx_")
    assert (counted["destroy"], counted["destroy_remote"]) == (1, 1)
    assert "active" not in counted
    assert proxy.server.clock.deadlines() == []


# --- Expect, HTTP/1.0 -------------------------------------------------------------------------------------------------


def test_expectation_is_answered_here_and_not_passed_on() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-Continue\r\nContent-Length: 2\r\n\r\n")
    assert client.received() == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert proxy.upstream.got.request is not None
    assert not proxy.upstream.got.request.has(b"expect")
    client.send(b"ok")
    proxy.upstream.respond(200, b"")
    assert client.received().startswith(b"HTTP/1.1 200 OK\r\n")
    assert proxy.value("http.in.downstream_rq_1xx") == 1


def test_proxied_expectation_reaches_the_upstream_and_its_answer_the_client() -> None:
    proxy = Proxy(proxy_100_continue=True)
    client = proxy.connect().send(b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
    assert client.received() == b""
    assert proxy.upstream.got.request is not None
    assert proxy.upstream.got.request.get(b"expect") == b"100-continue"
    proxy.upstream.respond(100)
    assert client.received() == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_unknown_expectation_is_the_upstreams_affair() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request(fields="Expect: foo\r\n"))
    assert client.received() == b""
    assert proxy.upstream.got.request is not None
    assert proxy.upstream.got.request.get(b"expect") == b"foo"


@pytest.mark.parametrize("passes", [True, False])
def test_interim_responses_reach_the_client_where_100_is_proxied(passes: bool) -> None:
    proxy = Proxy(proxy_100_continue=passes)
    client = proxy.connect().send(request())
    proxy.upstream.respond(103, link="</a>")
    assert client.received().startswith(b"HTTP/1.1 103 Early Hints\r\nlink: </a>\r\n" if passes else b"")
    proxy.upstream.respond(200, b"")
    assert status_of(client.received()) == 200


HTTP_10 = {"accept_http_10": True, "default_host_for_http_10": "old.test"}


def test_http_10_is_upgrade_required_unless_accepted() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"GET / HTTP/1.0\r\n\r\n")
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (426, b"Upgrade Required")


def test_http_10_request_closes_unless_it_asks_to_stay() -> None:
    proxy = Proxy(http_protocol_options=HTTP_10)
    client = proxy.connect().send(b"GET / HTTP/1.0\r\n\r\n")
    assert proxy.upstream.got.request is not None
    assert proxy.upstream.got.request.authority == b"old.test"
    proxy.upstream.respond(200, b"ok", content_length="2")
    assert b"connection: close" in fields_of(client.received())
    assert not client.is_open()
    stays = proxy.connect().send(b"GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n")
    proxy.upstream.respond(200, b"ok", content_length="2")
    assert b"connection: keep-alive" in fields_of(stays.received())
    assert stays.is_open()


def test_http_10_body_of_unknown_length_ends_with_the_connection() -> None:
    proxy = Proxy(http_protocol_options=HTTP_10)
    client = proxy.connect().send(b"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
    proxy.upstream.respond(200)
    proxy.upstream.respond_data(b"raw")
    proxy.upstream.respond_data(b"", end_stream=True)
    answer = client.received()
    assert body_of(answer) == b"raw"
    assert b"transfer-encoding" not in answer
    assert not client.is_open()
