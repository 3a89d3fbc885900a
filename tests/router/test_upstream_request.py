"""One try: what waits until there is a stream, what the stream gets, and what is let go in the end."""

from typing import Any

from portico.api.upstream import PoolFailure
from tests.http.proxy import Proxy, request, status_of

POST = b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


def holding(**fields: Any) -> Proxy:
    proxy = Proxy(**fields)
    proxy.pool_of().holds = True
    return proxy


def test_body_waits_for_the_stream_and_leaves_in_one_piece() -> None:
    proxy = holding()
    client = proxy.connect().send(POST + b"1\r\na\r\n")
    client.send(b"1\r\nb\r\n")
    stream = proxy.pool_of().connect()
    assert stream.got.steps == ["headers", "data 2"]
    assert stream.flushes == 1
    client.send(b"1\r\nc\r\n0\r\n\r\n")
    assert stream.got.body == b"abc"
    assert stream.got.is_complete


def test_head_that_waited_for_the_stream_does_not_wait_for_its_body() -> None:
    """A client that sent ``expect`` sends no body before it has heard from the upstream."""
    proxy = holding()
    proxy.connect().send(POST)
    stream = proxy.pool_of().connect()
    assert (stream.got.steps, stream.flushes) == (["headers"], 1)


def test_complete_request_that_waited_ends_with_its_body() -> None:
    proxy = holding()
    proxy.connect().send(POST + b"1\r\na\r\n0\r\n\r\n")
    assert proxy.pool_of().connect().got.steps == ["headers", "data 1", "end"]


def test_trailers_wait_behind_the_body() -> None:
    proxy = holding(http_protocol_options={"enable_trailers": True})
    proxy.connect().send(POST + b"1\r\na\r\n0\r\nT: 1\r\n\r\n")
    assert proxy.pool_of().connect().got.steps == ["headers", "data 1", "trailers", "end"]


def test_request_without_a_body_ends_with_its_headers() -> None:
    proxy = holding()
    proxy.connect().send(request())
    assert proxy.pool_of().connect().got.steps == ["headers", "end"]


def test_response_that_was_paused_before_the_end_leaves_the_stream_unpaused() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    proxy.upstream.respond(200)
    client.connection.fill()
    client.connection.fill()
    assert proxy.upstream.read_pauses == 2
    proxy.upstream.respond_data(b"x", end_stream=True)
    assert proxy.upstream.read_pauses == 0


def test_early_response_wins_over_the_rest_of_the_request() -> None:
    proxy = Proxy()
    client = proxy.connect().send(POST + b"1\r\na\r\n")
    proxy.upstream.respond(413, b"")
    client.send(b"1\r\nb\r\n")
    assert proxy.upstream.got.body == b"a"
    assert status_of(client.received()) == 413


def test_what_the_upstream_says_after_the_end_is_nobodys() -> None:
    proxy = Proxy()
    client = proxy.connect().send(request())
    stream = proxy.upstream
    stream.respond(200, b"ok", content_length="2")
    client.received()
    stream.callbacks.on_response_data(b"late", True)
    stream.callbacks.on_response_batch_end()
    stream.callbacks.on_write_buffer_watermark(True)
    assert client.received() == b""
    assert client.connection.read_pauses == 0


def test_cancelled_try_hears_nothing_more() -> None:
    proxy = Proxy("- {match: {prefix: /}, route: {cluster: api, timeout: 1s}}")
    client = proxy.connect().send(request())
    proxy.server.clock.advance(1.1)
    assert status_of(client.received()) == 504
    proxy.upstream.callbacks.on_pool_failure(PoolFailure.TIMEOUT, "", None)
    proxy.upstream.respond(200, b"late")
    assert client.received() == b""
    assert proxy.log.lines() == ["GET / 504 UT response_timeout"]


def test_stream_info_tells_where_the_request_went_and_when() -> None:
    proxy = Proxy()
    proxy.server.clock.advance(1.0)
    proxy.connect().send(request())
    proxy.server.clock.advance(0.5)
    proxy.upstream.respond(200)
    proxy.server.clock.advance(0.25)
    proxy.upstream.respond_data(b"x", end_stream=True)
    info = proxy.log.entries[0].info
    assert info.upstream_host is proxy.pool_of().host
    assert info.upstream_cluster == "api"
    assert info.first_upstream_tx == info.last_upstream_tx == info.start
    assert info.first_upstream_rx - info.start == 0.5
    assert info.last_upstream_rx - info.start == 0.75


def test_client_that_is_slow_already_slows_the_stream_from_its_first_byte() -> None:
    proxy = holding()
    client = proxy.connect().send(request())
    client.connection.fill()
    stream = proxy.pool_of().connect()
    assert stream.read_pauses == 1
    client.connection.empty()
    assert stream.read_pauses == 0
    stream.respond(200, b"")
    assert status_of(client.received()) == 200
