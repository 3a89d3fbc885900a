"""Slow peers slow each other and fill no memory; and mistakes of ours that end one response only."""

from portico.api.http_filter import HttpFilter
from tests.http.proxy import Proxy, request, status_of


def test_client_that_reads_slowly_slows_the_upstream() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    proxy.upstream.respond_data(b"x" * 100)
    client.connection.fill()
    assert proxy.upstream.read_pauses == 1
    client.connection.empty()
    assert proxy.upstream.read_pauses == 0
    assert proxy.value("cluster.api.upstream_flow_control_paused_reading_total") == 1
    assert proxy.value("cluster.api.upstream_flow_control_resumed_reading_total") == 1


def test_slow_client_that_leaves_lets_the_upstream_go() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    client.connection.fill()
    client.leave()
    assert (proxy.upstream.read_pauses, proxy.upstream.was_reset) == (0, True)


def test_client_that_was_slow_at_the_end_of_one_response_may_ask_again() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    client.connection.fill()
    proxy.upstream.respond_data(b"x", end_stream=True)
    assert proxy.upstream.read_pauses == 0
    client.connection.empty()
    client.send(request())
    proxy.upstream.respond(200, b"")
    assert len(proxy.log.entries) == 2


def test_client_that_reads_no_responses_gets_no_more_of_them() -> None:
    """CVE-2020-8661."""
    proxy = Proxy("- {match: {prefix: /}, direct_response: {status: 200}}")
    client = proxy.connect()
    client.connection.fill()
    client.send(request() * 3)
    assert len(proxy.log.entries) == 1
    client.connection.empty()
    assert len(proxy.log.entries) == 3


def test_client_that_read_no_response_of_an_upstream_gets_the_next_one_later() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request() * 2)
    client.connection.fill()
    proxy.upstream.respond(200, b"first")
    assert len(proxy.pool_of().streams) == 1
    client.connection.empty()
    proxy.upstream.respond(200, b"second")
    assert len(proxy.log.entries) == 2


def test_upstream_that_takes_bytes_slowly_slows_the_client() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
    proxy.upstream.callbacks.on_write_buffer_watermark(True)
    client.send(b"x" * 1000)
    assert client.connection.unread_bytes() == 1000
    proxy.upstream.callbacks.on_write_buffer_watermark(False)
    assert client.connection.unread_bytes() == 0
    assert proxy.value("http.in.downstream_flow_control_paused_reading_total") == 1
    assert proxy.value("http.in.downstream_flow_control_resumed_reading_total") == 1


def test_body_that_waits_for_a_connection_is_bounded() -> None:
    proxy = Proxy()
    proxy.add_cluster("api", 8080, per_connection_buffer_limit_bytes=1000)
    proxy.pool_of().holds = True
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100000\r\n\r\n")
    for _ in range(10):
        client.send(b"x" * 600)
    assert client.connection.unread_bytes() == 8 * 600
    stream = proxy.pool_of().connect()
    assert len(stream.got.body) == 6000
    assert client.connection.unread_bytes() == 0


def test_pause_of_a_request_ends_with_it() -> None:
    proxy = Proxy()
    client = proxy.connect().send(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nabc")
    proxy.upstream.callbacks.on_write_buffer_watermark(True)
    assert client.connection.read_pauses == 1
    proxy.upstream.respond(200, b"")
    assert client.connection.read_pauses == 0


# --- mistakes ---------------------------------------------------------------------------------------------------------


class BreaksItsOwnRecord(HttpFilter):
    """Raises where no chain stands around it."""

    def on_destroy(self) -> None:
        raise RuntimeError("in on_destroy")


def test_exception_at_the_end_of_a_stream_costs_neither_the_answer_nor_the_connection() -> None:
    proxy = Proxy()
    proxy.insert_filter("broken", BreaksItsOwnRecord())
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, b"ok", content_length="2")
    assert status_of(client.received()) == 200
    assert client.is_open()
    assert proxy.value("http.in.filter_exception") == 1


def test_filter_that_grows_the_body_past_its_length_cuts_the_response_off() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200, content_length="3")
    proxy.upstream.respond_data(b"12345", end_stream=True)
    assert not client.is_open()
    assert proxy.log.lines() == ["GET / 200 - filter_exception"]


def test_filter_that_shrinks_the_body_below_its_length_cuts_the_response_off() -> None:
    """Kept alive, the client would read the next response as the rest of this one."""
    proxy = Proxy()
    client = proxy.connect().send(request() + request("/2"))
    proxy.upstream.respond(200, content_length="3")
    proxy.upstream.respond_data(b"1", end_stream=True)
    assert not client.is_open()
    assert len(proxy.pool_of().streams) == 1
