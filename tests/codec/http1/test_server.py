"""HTTP/1 as a server speaks it, rule by rule (RFC 9112)."""

import pytest

from portico.api.codec import Data, Headers, LocalProtocolError, ProtocolError, Trailers
from portico.api.headers import HeaderMap, RequestHeaders
from portico.api.stream_info import Protocol
from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS, HeaderCasing, Http1Settings
from tests.codec.http1.conversation import (
    TRAILERS,
    asked,
    get,
    refusal,
    request,
    response,
)


def codec_after(data: bytes, settings: Http1Settings = DEFAULT_SETTINGS) -> ServerCodec:
    codec = ServerCodec(settings)
    events = codec.receive(data)
    assert refusal(events) is None, events
    return codec


GET = b"GET / HTTP/1.1\r\nHost: h\r\n\r\n"
HEAD = b"HEAD / HTTP/1.1\r\nHost: h\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


# --- in ---------------------------------------------------------------------------------------------------------------


def test_request_without_a_body_ends_with_its_headers() -> None:
    assert asked([GET]) == [Headers(1, request(), end_stream=True)]


def test_names_are_lowered_and_order_and_repetition_stay() -> None:
    data = b"GET / HTTP/1.1\r\nB: 1\r\nHost: h\r\nSet-Thing: x\r\na: 2\r\nset-thing: y\r\n\r\n"
    fields = ((b"b", b"1"), (b"set-thing", b"x"), (b"a", b"2"), (b"set-thing", b"y"))
    assert asked([data]) == [Headers(1, request(b"/", b"GET", *fields), end_stream=True)]


def test_host_becomes_the_authority() -> None:
    heard = asked([GET])[0]
    assert isinstance(heard, Headers)
    assert heard.headers.get(b":authority") == b"h"
    assert not heard.headers.has(b"host")


def test_authority_of_the_target_beats_host() -> None:
    """RFC 9112 §3.2.2: Host is ignored for a target in absolute-form."""
    heard = asked([b"GET http://other:81?q HTTP/1.1\r\nHost: h\r\n\r\n"])[0]
    assert isinstance(heard, Headers)
    assert heard.headers == RequestHeaders(b"GET", b"/?q", b"other:81", [])


def test_body_comes_after_the_headers() -> None:
    data = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello"
    headers = request(b"/", b"POST", (b"content-length", b"5"))
    assert asked([data]) == [Headers(1, headers, end_stream=False), Data(1, b"hello", end_stream=True)]


def test_chunks_are_unwrapped_and_their_extensions_dropped() -> None:
    heard = asked([CHUNKED + b"5;a=b\r\nhello\r\n00A\r\n0123456789\r\n0\r\n\r\n"])
    assert heard[1:] == [Data(1, b"hello0123456789", end_stream=True)]


def test_trailers_are_dropped_unless_they_are_enabled() -> None:
    data = CHUNKED + b"1\r\nx\r\n0\r\nT: 1\r\n\r\n"
    assert asked([data])[1:] == [Data(1, b"x", end_stream=True)]
    trailers = Trailers(1, HeaderMap([(b"t", b"1")]))
    assert asked([data], TRAILERS)[1:] == [Data(1, b"x", end_stream=False), trailers]


def test_pipelined_request_waits_unparsed_until_resume() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    assert len(codec.receive(GET + b"nonsense\r\n\r\n")) == 1
    assert codec.has_more()
    assert codec.receive(b"more") == []
    assert refusal(codec.resume()) == (400, "http1.codec_error")


def test_what_arrives_after_the_end_of_a_body_is_the_next_request() -> None:
    codec = codec_after(b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nokGET /n HTTP/1.1\r\nHost: h\r\n\r\n")
    assert codec.resume() == [Headers(1, request(b"/n"), end_stream=True)]


def test_nothing_is_heard_after_a_protocol_error() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    assert refusal(codec.receive(b"BAD\r\n\r\n")) is not None
    assert codec.receive(GET) == []


def test_is_idle_between_requests_only() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    assert codec.is_idle()
    codec.receive(b"\r\n")
    assert codec.is_idle()
    codec.receive(b"GET")
    assert not codec.is_idle()


def test_repeated_single_fields_are_joined_where_the_first_stands() -> None:
    data = (
        b"GET / HTTP/1.1\r\nHost: h\r\nX-Forwarded-For: a\r\nX: 1\r\nX-Forwarded-For: b\r\n"
        b"Cookie: c=1\r\nX: 2\r\nCookie: d=2\r\n\r\n"
    )
    fields = [(b"x-forwarded-for", b"a,b"), (b"x", b"1"), (b"cookie", b"c=1"), (b"x", b"2"), (b"cookie", b"d=2")]
    assert asked([data]) == [Headers(1, RequestHeaders(b"GET", b"/", b"h", fields), end_stream=True)]


def test_connect_is_a_tunnel_of_bytes() -> None:
    heard = asked([b"CONNECT h:443 HTTP/1.1\r\nHost: x\r\n\r\nGET / HTTP/1.1\r\n\r\n"])
    assert heard == [
        Headers(1, RequestHeaders(b"CONNECT", b"", b"h:443", []), end_stream=False),
        Data(1, b"GET / HTTP/1.1\r\n\r\n", end_stream=False),
    ]


# --- HTTP/1.0 ---------------------------------------------------------------------------------------------------------


HTTP_10 = Http1Settings(accept_http_10=True, default_host_for_http_10=b"fallback")


def test_http_10_is_taken_when_configured_with_a_default_host() -> None:
    codec = codec_after(b"GET / HTTP/1.0\r\n\r\n", HTTP_10)
    assert codec.protocol is Protocol.HTTP10
    assert asked([b"GET / HTTP/1.0\r\n\r\n"], HTTP_10) == [
        Headers(1, RequestHeaders(b"GET", b"/", b"fallback", []), end_stream=True)
    ]


def test_http_10_host_counts_where_there_is_one() -> None:
    heard = asked([b"GET / HTTP/1.0\r\nHost: own\r\n\r\n"], HTTP_10)
    assert heard == [Headers(1, RequestHeaders(b"GET", b"/", b"own", []), end_stream=True)]


def test_transfer_encoding_in_http_10_is_refused() -> None:
    data = b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    assert refusal(asked([data], HTTP_10)) == (400, "http1.transfer_encoding_not_allowed")


def test_version_is_each_requests_own() -> None:
    codec = codec_after(b"GET / HTTP/1.0\r\nHost: h\r\n\r\n" + GET, HTTP_10)
    codec.encode_headers(response(), True)
    codec.resume()
    assert codec.protocol is Protocol.HTTP11


# --- options ----------------------------------------------------------------------------------------------------------


def test_custom_methods_are_taken_when_allowed() -> None:
    data = b"BREW /pot HTTP/1.1\r\nHost: h\r\n\r\n"
    assert refusal(asked([data])) == (400, "http1.codec_error")
    assert asked([data], Http1Settings(allow_custom_methods=True)) == [
        Headers(1, request(b"/pot", b"BREW"), end_stream=True)
    ]


@pytest.mark.parametrize("method", [b"B REW", b"br(ew", b"", b"BREW\x00", b"BR\xe9W"])
def test_custom_methods_are_still_tokens(method: bytes) -> None:
    data = method + b" /pot HTTP/1.1\r\nHost: h\r\n\r\n"
    details = "http1.invalid_characters" if b"\x00" in method else "http1.codec_error"
    assert refusal(asked([data], Http1Settings(allow_custom_methods=True))) == (400, details)


def test_where_length_beside_chunked_is_allowed_chunked_decides_and_the_length_is_gone() -> None:
    """RFC 9112 §6.3 item 3: a proxy that takes both must not pass the length on."""
    data = b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n"
    assert refusal(asked([data])) == (400, "http1.content_length_and_chunked_not_allowed")
    assert asked([data], Http1Settings(allow_chunked_length=True)) == [
        Headers(1, request(b"/", b"POST", (b"transfer-encoding", b"chunked")), end_stream=False),
        Data(1, b"ok", end_stream=True),
    ]


def test_original_names_are_kept_where_casing_is_preserved() -> None:
    settings = Http1Settings(header_casing=HeaderCasing.PRESERVE)
    codec = ServerCodec(settings)
    event = codec.receive(b"GET / HTTP/1.1\r\nHOST: h\r\nX-Odd-cAsE: 1\r\n\r\n")[0]
    assert isinstance(event, Headers)
    assert event.headers.original_names == {b"host": b"HOST", b"x-odd-case": b"X-Odd-cAsE"}


# --- out --------------------------------------------------------------------------------------------------------------


def test_response_without_a_body_says_so() -> None:
    assert codec_after(GET).encode_headers(response(), True) == b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


def test_announced_length_is_kept() -> None:
    codec = codec_after(GET)
    head = codec.encode_headers(response(200, (b"content-length", b"2"), (b"x", b"1")), False)
    assert head == b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nx: 1\r\n\r\n"
    assert codec.encode_data(b"ok", True) == b"ok"


def test_unknown_length_is_chunked_and_said_last() -> None:
    codec = codec_after(GET)
    assert codec.encode_headers(response(200, (b"x", b"1")), False) == (
        b"HTTP/1.1 200 OK\r\nx: 1\r\ntransfer-encoding: chunked\r\n\r\n"
    )
    assert codec.encode_data(b"0123456789abcdef", False) == b"10\r\n0123456789abcdef\r\n"
    assert codec.encode_data(b"", False) == b""
    assert codec.encode_data(b"x", True) == b"1\r\nx\r\n0\r\n\r\n"


def test_trailers_are_written_when_they_are_enabled() -> None:
    trailers = HeaderMap([(b"t", b"1")])
    for settings, wanted in ((DEFAULT_SETTINGS, b"0\r\n\r\n"), (TRAILERS, b"0\r\nt: 1\r\n\r\n")):
        codec = codec_after(GET, settings)
        codec.encode_headers(response(), False)
        assert codec.encode_trailers(trailers) == wanted


def test_trailers_behind_an_announced_length_are_dropped() -> None:
    codec = codec_after(GET, TRAILERS)
    codec.encode_headers(response(200, (b"content-length", b"1")), False)
    codec.encode_data(b"x", False)
    assert codec.encode_trailers(HeaderMap([(b"t", b"1")])) == b""


def test_response_is_written_with_the_spelling_and_the_reason_it_came_with() -> None:
    headers = response(200, (b"x-up", b"1"))
    headers.original_names = {b"x-up": b"X-uP"}
    headers.reason = b"Fine"
    written = codec_after(GET).encode_headers(headers, True)
    assert written == b"HTTP/1.1 200 Fine\r\nX-uP: 1\r\ncontent-length: 0\r\n\r\n"


def test_http_10_body_without_a_length_ends_by_closing() -> None:
    codec = codec_after(b"GET / HTTP/1.0\r\n\r\n", HTTP_10)
    assert codec.encode_headers(response(), False) == b"HTTP/1.0 200 OK\r\n\r\n"
    assert codec.must_close
    assert codec.encode_data(b"raw", True) == b"raw"


def test_head_gets_the_length_and_no_body() -> None:
    codec = codec_after(HEAD)
    assert codec.encode_headers(response(200, (b"content-length", b"10")), False).endswith(
        b"content-length: 10\r\n\r\n"
    )
    assert codec.encode_data(b"0123456789", True) == b""


def test_head_without_a_length_says_how_the_get_would_be_framed() -> None:
    codec = codec_after(HEAD)
    assert codec.encode_headers(response(), True) == b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n"
    assert codec.encode_data(b"", True) == b""


@pytest.mark.parametrize("status", [204, 304])
def test_statuses_without_a_body(status: int) -> None:
    codec = codec_after(GET)
    written = codec.encode_headers(response(status), False)
    assert b"transfer-encoding" not in written
    assert b"content-length" not in written
    assert codec.encode_data(b"taken for the next response", True) == b""


def test_304_may_tell_the_length_of_what_it_is_not_sending() -> None:
    written = codec_after(GET).encode_headers(response(304, (b"content-length", b"10")), True)
    assert written.endswith(b"content-length: 10\r\n\r\n")


def test_interim_responses_have_no_framing_and_do_not_count_as_the_response() -> None:
    codec = codec_after(GET)
    assert codec.encode_headers(response(100), False) == b"HTTP/1.1 100 Continue\r\n\r\n"
    assert codec.encode_headers(response(103, (b"link", b"l")), False) == b"HTTP/1.1 103 Early Hints\r\nlink: l\r\n\r\n"
    assert codec.encode_headers(response(), True).startswith(b"HTTP/1.1 200 OK\r\n")


def test_names_are_written_as_configured() -> None:
    proper = codec_after(GET, Http1Settings(header_casing=HeaderCasing.PROPER_CASE_WORDS))
    assert b"X-Thing: 1\r\n" in proper.encode_headers(response(200, (b"x-thing", b"1")), True)
    kept = codec_after(GET, Http1Settings(header_casing=HeaderCasing.PRESERVE))
    headers = response(200, (b"x-thing", b"1"), (b"new", b"2"))
    headers.original_names = {b"x-thing": b"x-THING"}
    assert b"x-THING: 1\r\nnew: 2\r\n" in kept.encode_headers(headers, True)


def test_states_start_over_with_each_request() -> None:
    codec = codec_after(GET + GET)
    codec.encode_headers(response(), False)
    codec.encode_data(b"x", True)
    codec.resume()
    assert codec.encode_headers(response(), True) == b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n"


# --- our own mistakes -------------------------------------------------------------------------------------------------


def test_second_response_is_our_mistake() -> None:
    codec = codec_after(GET)
    codec.encode_headers(response(), True)
    with pytest.raises(LocalProtocolError, match="two responses"):
        codec.encode_headers(response(), True)


def test_body_before_headers_is_our_mistake() -> None:
    with pytest.raises(LocalProtocolError, match="body before headers"):
        codec_after(GET).encode_data(b"x", True)
    with pytest.raises(LocalProtocolError, match="trailers before headers"):
        codec_after(GET).encode_trailers(HeaderMap())


def test_more_body_than_announced_is_our_mistake() -> None:
    codec = codec_after(GET)
    codec.encode_headers(response(200, (b"content-length", b"2")), False)
    with pytest.raises(LocalProtocolError, match="more body"):
        codec.encode_data(b"123", True)


def test_less_body_than_announced_is_our_mistake_before_the_next_response_takes_its_place() -> None:
    for step in ("headers", "data", "trailers"):
        with pytest.raises(LocalProtocolError, match="less body"):
            send_too_little(codec_after(GET), step)


def send_too_little(codec: ServerCodec, last: str) -> None:
    length = response(200, (b"content-length", b"2"))
    codec.encode_headers(length, last == "headers")
    if last == "data":
        codec.encode_data(b"1", True)
    codec.encode_trailers(HeaderMap())


def test_head_request_may_be_answered_as_a_get_would_be() -> None:
    codec = codec_after(HEAD)
    codec.encode_headers(response(200, (b"content-length", b"2")), True)


def test_protocol_error_prints_its_hint() -> None:
    heard = asked([b"BAD\r\n\r\n"])
    assert heard == [ProtocolError(1, 400, "http1.codec_error")]
    assert get() != heard[0]
