"""How long a connection, its requests and their silences may last."""

import pytest

from portico.api.connection import CloseType
from tests.http.proxy import Proxy, body_of, fields_of, request, status_of


def test_idle_connection_is_closed_after_the_idle_timeout() -> None:
    proxy = Proxy(common_http_protocol_options={"idle_timeout": "10s"}, drain_timeout="1s")
    client = proxy.connect()
    proxy.server.clock.advance(6.0)
    client.send(request())
    proxy.server.clock.advance(8.0)
    assert client.is_open()
    proxy.upstream.respond(200, b"")
    proxy.server.clock.advance(9.9)
    assert client.is_open()
    proxy.server.clock.advance(1.2)
    assert not client.is_open()
    assert proxy.value("http.in.downstream_cx_idle_timeout") == 1


def test_connection_that_never_said_anything_is_closed_without_a_warning() -> None:
    proxy = Proxy(common_http_protocol_options={"idle_timeout": "10s"})
    client = proxy.connect()
    proxy.server.clock.advance(10.1)
    assert client.connection.closed is CloseType.FLUSH_WRITE


def test_headers_that_trickle_are_answered_408() -> None:
    proxy = Proxy(request_headers_timeout="2s")
    client = proxy.connect()
    proxy.server.clock.advance(60.0)
    client.send(b"GET / HTTP/1.1\r\n")
    for _ in range(3):
        proxy.server.clock.advance(0.5)
        client.send(b"X: 1\r\n")
    assert client.is_open()
    proxy.server.clock.advance(0.5)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (408, b"request header timeout")
    assert b"connection: close" in fields_of(answer)
    assert not client.is_open()
    assert proxy.log.lines() == ["- - 408 - request_header_timeout"]
    assert proxy.value("http.in.downstream_rq_header_timeout") == 1


def test_headers_timeout_starts_with_each_request() -> None:
    proxy = Proxy(request_headers_timeout="2s")
    client = proxy.connect()
    for _ in range(3):
        client.send(b"GET / HTTP/1.1\r\n")
        proxy.server.clock.advance(1.5)
        client.send(b"Host: h\r\n\r\n")
        proxy.upstream.respond(200, b"")
        proxy.server.clock.advance(5.0)
    assert client.is_open()


def test_body_that_never_completes_is_answered_408_after_the_request_timeout() -> None:
    proxy = Proxy(request_timeout="3s")
    client = proxy.connect().send(b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc")
    proxy.server.clock.advance(2.9)
    assert client.received() == b""
    proxy.server.clock.advance(0.2)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (408, b"request timeout")
    assert proxy.log.lines() == ["POST /p 408 - request_overall_timeout"]
    assert not client.is_open()


def test_request_timeout_stops_with_the_last_byte() -> None:
    proxy = Proxy(request_timeout="3s")
    client = proxy.connect().send(request("/p"))
    proxy.server.clock.advance(10.0)
    proxy.upstream.respond(200, b"")
    assert status_of(client.received()) == 200


@pytest.mark.parametrize(
    ("data", "status"), [(request("/p"), 504), (b"GET /p HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\n\r\n", 408)]
)
def test_stream_on_which_nothing_moves_is_ended(data: bytes, status: int) -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 0s}}", stream_idle_timeout="5s")
    client = proxy.connect().send(data)
    proxy.server.clock.advance(4.9)
    assert client.received() == b""
    proxy.server.clock.advance(0.2)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (status, b"stream timeout")
    assert proxy.log.lines() == [f"GET /p {status} SI stream_idle_timeout"]
    assert proxy.upstream.was_reset
    assert proxy.value("http.in.downstream_rq_idle_timeout") == 1


def test_every_byte_puts_the_idle_timeout_off() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 0s}}", stream_idle_timeout="5s")
    client = proxy.connect().send(b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\n")
    for step in (lambda: client.send(b"a"), lambda: client.send(b"b"), lambda: proxy.upstream.respond(200)):
        proxy.server.clock.advance(4.0)
        step()
    for _ in range(3):
        proxy.server.clock.advance(4.0)
        proxy.upstream.respond_data(b"x")
    assert client.is_open()
    proxy.server.clock.advance(5.1)
    assert not client.is_open()
    assert proxy.log.lines() == ["POST /p 200 SI stream_idle_timeout"]


def test_routes_own_idle_timeout_replaces_the_managers() -> None:
    route = "- {match: {prefix: /}, route: {cluster: api, timeout: 0s, idle_timeout: %s}}"
    short = Proxy(route % "2s", stream_idle_timeout="5s")
    client = short.connect().send(request())
    short.server.clock.advance(2.1)
    assert status_of(client.received()) == 504
    none = Proxy(route % "0s", stream_idle_timeout="5s")
    client = none.connect().send(request())
    none.server.clock.advance(1000.0)
    assert client.received() == b""


def test_idle_timeout_of_one_request_does_not_hit_the_next() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 0s}}", stream_idle_timeout="5s")
    client = proxy.connect().send(request("/1"))
    proxy.server.clock.advance(4.0)
    proxy.upstream.respond(200, b"")
    client.send(request("/2"))
    proxy.server.clock.advance(4.0)
    assert len(proxy.log.entries) == 1
    proxy.upstream.respond(200, b"")
    assert len(proxy.log.entries) == 2


def test_request_may_not_last_longer_than_max_stream_duration() -> None:
    proxy = Proxy(
        "- {match: {prefix: /}, route: {cluster: api, timeout: 0s, max_stream_duration: {max_stream_duration: 3s}}}"
    )
    client = proxy.connect().send(request("/p"))
    proxy.server.clock.advance(3.1)
    answer = client.received()
    assert (status_of(answer), body_of(answer)) == (504, b"downstream duration timeout")
    assert proxy.log.lines() == ["GET /p 504 - max_duration_timeout"]


def test_connection_lives_no_longer_than_its_max_duration_but_its_request_may_finish() -> None:
    proxy = Proxy(
        "- {match: {prefix: /}, route: {cluster: api, timeout: 0s}}",
        common_http_protocol_options={"max_connection_duration": "10s"},
        drain_timeout="1s",
    )
    idle, busy = proxy.connect(), proxy.connect().send(request())
    proxy.server.clock.advance(10.1)
    assert (idle.is_open(), busy.is_open()) == (False, True)
    proxy.upstream.respond(200, b"")
    assert b"connection: close" in fields_of(busy.received())
    proxy.server.clock.advance(1.1)
    assert not busy.is_open()
    assert proxy.value("http.in.downstream_cx_max_duration_reached") == 2


def test_finished_connection_leaves_no_timer_behind() -> None:
    proxy = Proxy(
        request_headers_timeout="2s",
        request_timeout="3s",
        stream_idle_timeout="5s",
        common_http_protocol_options={"max_connection_duration": "10s", "max_stream_duration": "9s"},
    )
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"")
    client.leave()
    assert proxy.server.clock.deadlines() == []


def test_safe_end_of_an_old_connection_waits_for_its_next_response() -> None:
    proxy = Proxy(
        "- {match: {prefix: /}, direct_response: {status: 200}}",
        common_http_protocol_options={"max_connection_duration": "10s"},
        http1_safe_max_connection_duration=True,
    )
    client = proxy.connect().send(request())
    client.received()
    proxy.server.clock.advance(60.0)
    assert client.is_open()
    assert proxy.value("http.in.downstream_cx_http1_soft_drain") == 1
    answer = client.send(request()).received()
    assert b"connection: close" in fields_of(answer)
    assert not client.is_open()
    client.leave()
    assert proxy.value("http.in.downstream_cx_http1_soft_drain") == 0
