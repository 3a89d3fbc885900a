"""HTTP/1 as a client speaks it, rule by rule (RFC 9112)."""

import pytest

from portico.api.codec import Data, Headers, LocalProtocolError, ProtocolError, Trailers
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.codec.http1.client import ClientCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS, HeaderCasing, Http1Settings
from tests.codec.http1.conversation import TRAILERS, answered, get, refusal, response

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


def codec_after(
    headers: RequestHeaders | None = None, settings: Http1Settings = DEFAULT_SETTINGS, end_stream: bool = True
) -> ClientCodec:
    codec = ClientCodec(settings)
    codec.encode_headers(get() if headers is None else headers, end_stream)
    return codec


# --- out --------------------------------------------------------------------------------------------------------------


def test_writes_host_first_and_the_rest_in_order() -> None:
    headers = get(b"/p?q", b"GET", (b"b", b"1"), (b"a", b"2"))
    assert ClientCodec(DEFAULT_SETTINGS).encode_headers(headers, True) == (
        b"GET /p?q HTTP/1.1\r\nhost: h.test\r\nb: 1\r\na: 2\r\n\r\n"
    )


def test_target_is_absolute_on_request_but_never_that_of_connect() -> None:
    settings = Http1Settings(sends_absolute_targets=True)
    written = ClientCodec(settings).encode_headers(get(b"/p?q"), True)
    assert written == b"GET http://h.test/p?q HTTP/1.1\r\nhost: h.test\r\n\r\n"
    connect = RequestHeaders(b"CONNECT", b"", b"h.test:443")
    assert ClientCodec(settings).encode_headers(connect, False).startswith(b"CONNECT h.test:443 HTTP/1.1\r\n")


@pytest.mark.parametrize("method", [b"POST", b"PUT", b"OPTIONS", b"PATCH"])
def test_request_that_might_have_a_body_says_that_it_has_none(method: bytes) -> None:
    written = ClientCodec(DEFAULT_SETTINGS).encode_headers(get(b"/", method), True)
    assert written.endswith(b"host: h.test\r\ncontent-length: 0\r\n\r\n")


@pytest.mark.parametrize("method", [b"GET", b"HEAD", b"DELETE", b"TRACE"])
def test_request_that_has_none_by_nature_says_nothing(method: bytes) -> None:
    assert ClientCodec(DEFAULT_SETTINGS).encode_headers(get(b"/", method), True).endswith(b"host: h.test\r\n\r\n")


def test_body_of_unknown_length_is_chunked() -> None:
    codec = ClientCodec(DEFAULT_SETTINGS)
    assert codec.encode_headers(get(b"/", b"POST"), False).endswith(b"transfer-encoding: chunked\r\n\r\n")
    assert codec.encode_data(b"abc", False) == b"3\r\nabc\r\n"
    assert codec.encode_data(b"", True) == b"0\r\n\r\n"
    assert codec.is_request_complete()


def test_announced_length_is_kept() -> None:
    codec = ClientCodec(DEFAULT_SETTINGS)
    head = codec.encode_headers(get(b"/", b"POST", (b"content-length", b"3")), False)
    assert head.endswith(b"content-length: 3\r\n\r\n")
    assert codec.encode_data(b"abc", True) == b"abc"


def test_trailers_travel_when_they_are_enabled() -> None:
    for settings, wanted in ((DEFAULT_SETTINGS, b"0\r\n\r\n"), (TRAILERS, b"0\r\nt: 1\r\n\r\n")):
        codec = codec_after(get(b"/", b"POST"), settings, end_stream=False)
        assert codec.encode_trailers(HeaderMap([(b"t", b"1")])) == wanted
        assert codec.is_request_complete()


def test_connect_names_its_authority_and_has_no_framing() -> None:
    headers = RequestHeaders(b"CONNECT", b"", b"h:443", [])
    assert (
        ClientCodec(DEFAULT_SETTINGS).encode_headers(headers, False) == b"CONNECT h:443 HTTP/1.1\r\nhost: h:443\r\n\r\n"
    )


def test_names_are_written_as_configured() -> None:
    headers = get(b"/", b"POST", (b"x-thing", b"1"))
    proper = ClientCodec(Http1Settings(header_casing=HeaderCasing.PROPER_CASE_WORDS))
    fields = b"Host: h.test\r\nX-Thing: 1\r\nContent-Length: 0\r\n\r\n"
    assert proper.encode_headers(headers, True) == b"POST / HTTP/1.1\r\n" + fields


@pytest.mark.parametrize("casing", HeaderCasing)
def test_names_are_written_as_they_were_read_where_that_is_kept(casing: HeaderCasing) -> None:
    headers = get(b"/", b"GET", (b"x-thing", b"1"))
    headers.original_names = {b"host": b"HOST", b"x-thing": b"x-THING"}
    kept = ClientCodec(Http1Settings(header_casing=casing))
    assert kept.encode_headers(headers, True) == b"GET / HTTP/1.1\r\nHOST: h.test\r\nx-THING: 1\r\n\r\n"


def test_spelling_and_reason_of_responses_are_kept_on_demand() -> None:
    settings = Http1Settings(header_casing=HeaderCasing.PRESERVE, forward_reason_phrase=True)
    codec = codec_after(settings=settings)
    head = b"HTTP/1.1 200 Fine\r\nX-uP: 1\r\nContent-Length: 0\r\n\r\n"
    for _ in range(2):  # the second head is known by its bytes
        (heard,) = codec.receive(head)
        assert isinstance(heard, Headers)
        assert isinstance(heard.headers, ResponseHeaders)
        assert heard.headers.reason == b"Fine"
        assert heard.headers.original_names == {b"x-up": b"X-uP", b"content-length": b"Content-Length"}
        codec.encode_headers(get(), True)


# --- in ---------------------------------------------------------------------------------------------------------------


def test_response_with_its_body() -> None:
    assert answered([OK]) == [
        Headers(1, response(200, (b"content-length", b"2")), end_stream=False),
        Data(1, b"ok", end_stream=True),
    ]


def test_another_request_may_follow() -> None:
    codec = codec_after()
    codec.receive(OK)
    assert (codec.keep_alive, codec.is_idle()) == (True, True)
    codec.encode_headers(get(), True)
    assert len(codec.receive(OK)) == 2


@pytest.mark.parametrize(
    ("head", "keeps"),
    [
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\n", False),
        (b"HTTP/1.1 200 OK\r\nConnection: Foo, CLOSE\r\n", False),
        (b"HTTP/1.1 200 OK\r\nProxy-Connection: close\r\n", False),
        (b"HTTP/1.0 200 OK\r\n", False),
        (b"HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n", True),
    ],
)
def test_connection_is_kept_as_the_response_says(head: bytes, keeps: bool) -> None:
    codec = codec_after()
    codec.receive(head + b"Content-Length: 0\r\n\r\n")
    assert codec.keep_alive is keeps


def test_body_without_a_length_lasts_until_the_server_closes() -> None:
    codec = codec_after()
    assert len(codec.receive(b"HTTP/1.1 200 OK\r\n\r\nabc")) == 2
    assert codec.receive(b"def") == [Data(1, b"def", end_stream=False)]
    assert codec.receive(b"") == [Data(1, b"", end_stream=True)]
    assert not codec.keep_alive


@pytest.mark.parametrize(
    "sent", [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc", CHUNKED + b"1\r\n"]
)
def test_fin_before_the_end_says_nothing_and_leaves_the_message_incomplete(sent: bytes) -> None:
    codec = codec_after()
    if sent:
        codec.receive(sent)
    assert codec.receive(b"") == []
    assert codec.is_message_incomplete() is bool(sent)


def test_statuses_without_a_body_end_with_their_headers() -> None:
    codec = codec_after()
    events = codec.receive(b"HTTP/1.1 304 X\r\nContent-Length: 10\r\n\r\n")
    assert events == [Headers(1, response(304, (b"content-length", b"10")), end_stream=True)]
    assert codec.is_idle()
    codec = codec_after()
    assert codec.receive(b"HTTP/1.1 204 X\r\n\r\n") == [Headers(1, response(204), end_stream=True)]
    assert codec.is_idle()


@pytest.mark.parametrize("framing", [b"Content-Length: 10\r\n", b"Transfer-Encoding: chunked\r\n", b""])
def test_response_to_head_ends_with_its_headers(framing: bytes) -> None:
    codec = codec_after(get(b"/", b"HEAD"))
    events = codec.receive(b"HTTP/1.1 200 OK\r\n" + framing + b"\r\n")
    assert isinstance(events[0], Headers)
    assert events[0].end_stream
    assert codec.is_idle()


def test_interim_responses_come_before_the_final_one() -> None:
    interim = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\n"
    assert answered([interim + OK]) == [
        Headers(1, response(100), end_stream=False),
        Headers(1, response(103, (b"link", b"l")), end_stream=False),
        Headers(1, response(200, (b"content-length", b"2")), end_stream=False),
        Data(1, b"ok", end_stream=True),
    ]


def test_flood_of_interim_responses_is_survived() -> None:
    heard = codec_after().receive(b"HTTP/1.1 100 Continue\r\n\r\n" * 20_000 + OK)
    assert len(heard) == 20_002


def test_trailers_are_told_when_they_are_enabled() -> None:
    data = CHUNKED + b"1\r\nx\r\n0\r\nT: 1\r\n\r\n"
    assert answered([data])[1:] == [Data(1, b"x", end_stream=True)]
    assert answered([data], settings=TRAILERS)[1:] == [
        Data(1, b"x", end_stream=False),
        Trailers(1, HeaderMap([(b"t", b"1")])),
    ]


def test_connect_becomes_a_tunnel_at_2xx_only() -> None:
    connect = RequestHeaders(b"CONNECT", b"", b"h:443", [])
    open_codec = codec_after(connect, end_stream=False)
    assert open_codec.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nraw")[1:] == [
        Data(1, b"raw", end_stream=False)
    ]
    assert not open_codec.keep_alive
    assert open_codec.encode_data(b"raw", False) == b"raw"


def test_101_answers_an_upgrade_and_nothing_else() -> None:
    switching = b"HTTP/1.1 101 Switching Protocols\r\n\r\nraw"
    upgrade = get(b"/", b"GET", (b"connection", b"upgrade"), (b"upgrade", b"websocket"))
    assert codec_after(upgrade, end_stream=False).receive(switching)[1:] == [Data(1, b"raw", end_stream=False)]
    assert refusal(codec_after().receive(switching)) == (502, "http1.codec_error")


# --- what no server should send ---------------------------------------------------------------------------------------


def test_bytes_nobody_asked_for_end_the_connection() -> None:
    assert refusal(ClientCodec(DEFAULT_SETTINGS).receive(b"HTTP/1.1 408 X\r\n\r\n")) == (502, "http1.codec_error")


def test_second_response_in_the_same_read_leaves_the_first_good_and_the_connection_bad() -> None:
    codec = codec_after()
    events = codec.receive(OK + OK)
    assert events[:2] == answered([OK])
    assert events[2:] == [ProtocolError(1, 502, "http1.codec_error")]
    assert not codec.keep_alive


@pytest.mark.parametrize("head", [b"HTTP/1.1 204 X\r\n\r\nbody", b"HTTP/1.1 304 X\r\nContent-Length: 4\r\n\r\nbody"])
def test_body_where_none_may_be_is_nobodys(head: bytes) -> None:
    codec = codec_after()
    headers, error = codec.receive(head)
    assert isinstance(headers, Headers)
    assert headers.end_stream
    assert error == ProtocolError(1, 502, "http1.codec_error")
    assert not codec.keep_alive


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX : 1\r\n\r\n",
        b"HTTP/1.1 200 OK\nX: 1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX: a\0b\r\n\r\n",
        b"HTTP/2 200 OK\r\n\r\n",
        b"HTTP/1.1 20 OK\r\n\r\n",
        b"HTTP/1.1 2000 OK\r\n\r\n",
        b"HTTP/1.1 099 OK\r\n\r\n",
        b"HTTP/1.1  200 OK\r\n\r\n",
        b"garbage\r\n\r\n",
        b"\x00\x00\x12\x04\x00\x00\x00\x00\x00\r\n\r\n",
    ],
)
def test_wrong_responses_are_refused(data: bytes) -> None:
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        found = refusal(answered(pieces))
        assert found is not None
        assert found[0] == 502


def test_limits_of_heads() -> None:
    settings = Http1Settings(max_headers_bytes=200, max_headers_count=3)
    start = b"HTTP/1.1 200 OK\r\n"
    fits = start + b"X: " + b"x" * (200 - len(start) - 3) + b"\r\n\r\n"
    assert refusal(answered([fits], settings=settings)) is None
    assert refusal(answered([start + b"X: " + fits], settings=settings)) == (502, "http1.headers_too_large")
    many = start + b"A: 1\r\n" * 4 + b"\r\n"
    assert refusal(answered([many], settings=settings)) == (502, "http1.too_many_headers")


def test_nothing_is_heard_after_a_protocol_error() -> None:
    codec = codec_after()
    assert codec.receive(b"garbage\r\n") == [ProtocolError(1, 502, "http1.codec_error")]
    assert codec.receive(OK) == []
    assert not codec.keep_alive


def test_where_length_beside_chunked_is_allowed_both_are_gone_with_the_hop() -> None:
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    head = answered([data], settings=Http1Settings(allow_chunked_length=True))[0]
    assert head == Headers(1, response(200), end_stream=False)


# --- our own mistakes -------------------------------------------------------------------------------------------------


def test_second_request_at_once_is_our_mistake() -> None:
    with pytest.raises(LocalProtocolError, match="under way"):
        codec_after().encode_headers(get(), True)


def test_body_after_the_end_is_our_mistake() -> None:
    with pytest.raises(LocalProtocolError, match="after the end"):
        codec_after().encode_data(b"x", True)
    with pytest.raises(LocalProtocolError, match="after the end"):
        codec_after().encode_trailers(HeaderMap())


def test_body_that_is_not_the_announced_one_is_our_mistake() -> None:
    two = get(b"/", b"POST", (b"content-length", b"2"))
    with pytest.raises(LocalProtocolError, match="more body"):
        codec_after(two, end_stream=False).encode_data(b"123", True)
    with pytest.raises(LocalProtocolError, match="less body"):
        codec_after(two, end_stream=False).encode_data(b"1", True)
    with pytest.raises(LocalProtocolError, match="less body"):
        codec_after(two, end_stream=False).encode_trailers(HeaderMap())
    with pytest.raises(LocalProtocolError, match="less body"):
        codec_after(two, end_stream=True)
