"""Requests that parsers read differently: which are refused, with what status and details.

The shapes are those that Envoy, nginx and HAProxy were measured with; where those three differ, portico takes the
strictest view, as docs/differences.md says. What is refused is refused in one piece, byte by byte, and behind a good
request, and never yields more than the requests before it.
"""

import pytest

from portico.api.codec import Headers
from portico.api.headers import RequestHeaders
from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS, Http1Settings
from tests.codec.http1.conversation import asked, count_requests, refusal

ERROR = "http1.codec_error"
CHARACTERS = "http1.invalid_characters"
NOMINATED = "http1.connection_header_rejected"
AUTHORITY = "http.invalid_authority"
BOTH = "http1.content_length_and_chunked_not_allowed"
ENCODING = "http1.invalid_transfer_encoding"


def with_fields(*lines: bytes, body: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nHost: h\r\n" + b"".join(line + b"\r\n" for line in lines) + b"\r\n" + body


def chunked(body: bytes) -> bytes:
    return with_fields(b"Transfer-Encoding: chunked", body=body)


def line(start: bytes) -> bytes:
    return start + b"\r\nHost: h\r\n\r\n"


REFUSED: dict[str, tuple[bytes, int, str]] = {
    # --- two lengths
    "te and cl": (with_fields(b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n"), 400, BOTH),
    "cl and te": (with_fields(b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n"), 400, BOTH),
    "two cl that differ": (with_fields(b"Content-Length: 1", b"Content-Length: 2", body=b"ab"), 400, ERROR),
    "two cl that agree": (with_fields(b"Content-Length: 2", b"Content-Length: 2", body=b"ab"), 400, ERROR),
    "cl list": (with_fields(b"Content-Length: 2, 2", body=b"ab"), 400, ERROR),
    "cl plus": (with_fields(b"Content-Length: +2", body=b"ab"), 400, ERROR),
    "cl hexadecimal": (with_fields(b"Content-Length: 0x2", body=b"ab"), 400, ERROR),
    "cl negative": (with_fields(b"Content-Length: -1"), 400, ERROR),
    "cl empty": (with_fields(b"Content-Length:"), 400, ERROR),
    "cl with a space inside": (with_fields(b"Content-Length: 1 1"), 400, ERROR),
    "cl in other digits": (with_fields(b"Content-Length: \xef\xbc\x92"), 400, ERROR),
    "cl beyond 64 bits": (with_fields(b"Content-Length: 18446744073709551618", body=b"ab"), 400, ERROR),
    # --- transfer codings
    "te xchunked": (with_fields(b"Transfer-Encoding: xchunked"), 501, ENCODING),
    "te identity": (with_fields(b"Transfer-Encoding: identity"), 501, ENCODING),
    "te twice chunked": (with_fields(b"Transfer-Encoding: chunked, chunked"), 501, ENCODING),
    "te gzip, chunked": (with_fields(b"Transfer-Encoding: gzip, chunked"), 501, ENCODING),
    "te in two fields": (with_fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity"), 501, ENCODING),
    "te in two equal fields": (
        with_fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: chunked"),
        501,
        ENCODING,
    ),
    "te empty": (with_fields(b"Transfer-Encoding:"), 501, ENCODING),
    "te with a vertical tab": (with_fields(b"Transfer-Encoding: \x0bchunked"), 400, CHARACTERS),
    "te quoted": (with_fields(b'Transfer-Encoding: "chunked"'), 501, ENCODING),
    # --- chunks
    "chunk size with a trailing space": (chunked(b"2 \r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk size with a leading space": (chunked(b" 2\r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk extension then bare LF": (chunked(b"2;\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk extension with CR inside": (chunked(b"2;\rx\r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunks with LF only": (chunked(b"2\nab\n0\n\n"), 400, ERROR),
    "junk after chunk data": (chunked(b"2\r\nabXX\r\n0\r\n\r\n"), 400, ERROR),
    "chunk size overflow": (chunked(b"10000000000000002\r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk size negative": (chunked(b"-2\r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk size 0x": (chunked(b"0x2\r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk size empty": (chunked(b"\r\nab\r\n0\r\n\r\n"), 400, ERROR),
    "chunk size with underscore": (chunked(b"1_0\r\n0123456789abcdef\r\n0\r\n\r\n"), 400, ERROR),
    "last chunk then bare LF": (chunked(b"0\r\n\n"), 400, ERROR),
    "trailer without a colon": (chunked(b"0\r\nT\r\n\r\n"), 400, ERROR),
    "trailer with a space before the colon": (chunked(b"0\r\nT : 1\r\n\r\n"), 400, ERROR),
    # --- fields
    "bare CR in a value": (with_fields(b"X: b\rC: d"), 400, ERROR),
    "NUL in a value": (with_fields(b"X: a\0b"), 400, CHARACTERS),
    "control in a value": (with_fields(b"X: a\x01b"), 400, CHARACTERS),
    "DEL in a value": (with_fields(b"X: a\x7fb"), 400, CHARACTERS),
    "space before the colon": (with_fields(b"Transfer-Encoding : chunked"), 400, ERROR),
    "tab before the colon": (with_fields(b"Transfer-Encoding\t: chunked"), 400, ERROR),
    "space in a name": (with_fields(b"X Y: 1"), 400, ERROR),
    "empty name": (with_fields(b": 1"), 400, ERROR),
    "NUL in a name": (with_fields(b"X\0: 1"), 400, CHARACTERS),
    "obs-text in a name": (with_fields(b"X\xe9: 1"), 400, ERROR),
    "line without a colon": (with_fields(b"X"), 400, ERROR),
    "obs-fold": (with_fields(b"X: 1", b" 2"), 400, ERROR),
    "obs-fold of the first line": (b"GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, ERROR),
    "bare LF between fields": (b"GET / HTTP/1.1\r\nHost: h\nX: 1\r\n\r\n", 400, ERROR),
    "bare LF after the start line": (b"GET / HTTP/1.1\nHost: h\r\n\r\n", 400, ERROR),
    "two Hosts": (b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", 400, ERROR),
    "Host with a path": (b"GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400, AUTHORITY),
    "Host with userinfo": (b"GET / HTTP/1.1\r\nHost: a@b\r\n\r\n", 400, AUTHORITY),
    "Host with a space": (b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n", 400, AUTHORITY),
    "Host with a comma list of ports": (b"GET / HTTP/1.1\r\nHost: a:80:81\r\n\r\n", 400, AUTHORITY),
    "nominated x-forwarded-for": (with_fields(b"Connection: X-Forwarded-For"), 400, NOMINATED),
    "nominated pseudo-header": (with_fields(b"Connection: :path"), 400, NOMINATED),
    "ten nominated": (with_fields(b"Connection: a,b,c,d,e,f,g,h,i,j"), 400, NOMINATED),
    "nominated te of great length": (with_fields(b"Connection: te", b"TE: " + b"x" * 256), 400, NOMINATED),
    # --- start lines
    "lower-case version": (line(b"GET / http/1.1"), 400, ERROR),
    "space after the version": (line(b"GET / HTTP/1.1 "), 400, ERROR),
    "tab separators": (line(b"GET\t/\tHTTP/1.1"), 400, ERROR),
    "leading space": (line(b" GET / HTTP/1.1"), 400, ERROR),
    "unknown method": (line(b"FOO / HTTP/1.1"), 400, ERROR),
    "lower-case method": (line(b"get / HTTP/1.1"), 400, ERROR),
    "raw UTF-8 in the path": (line("GET /é HTTP/1.1".encode()), 400, ERROR),
    "space in the path": (line(b"GET /a b HTTP/1.1"), 400, ERROR),
    "relative path": (line(b"GET a HTTP/1.1"), 400, ERROR),
    "another scheme": (line(b"GET ftp://h/ HTTP/1.1"), 400, "http1.invalid_scheme"),
    "absolute form without a host": (line(b"GET http:///a HTTP/1.1"), 400, "http1.invalid_url"),
    "absolute form with userinfo": (line(b"GET http://a@b/ HTTP/1.1"), 400, "http1.invalid_url"),
    "asterisk without OPTIONS": (line(b"GET * HTTP/1.1"), 400, "http1.invalid_url"),
    "CONNECT with a path": (line(b"CONNECT /a HTTP/1.1"), 400, "http1.invalid_url"),
    "CONNECT without a port": (line(b"CONNECT h HTTP/1.1"), 400, "http1.invalid_url"),
    "HTTP/1.0": (line(b"GET / HTTP/1.0"), 426, "low_version"),
    "HTTP/1.2": (line(b"GET / HTTP/1.2"), 426, "low_version"),
    "HTTP/2.0": (line(b"GET / HTTP/2.0"), 426, "low_version"),
    "HTTP/0.9": (b"GET /\r\n\r\n", 426, "low_version"),
    "HTTP/11": (line(b"GET / HTTP/11"), 400, ERROR),
    "HTTP/2 preface": (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 400, ERROR),
    "TLS": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400, ERROR),
}

TAKEN: dict[str, bytes] = {
    "two spaces": line(b"GET  / HTTP/1.1"),
    "two spaces before the version": line(b"GET /  HTTP/1.1"),
    "fragment": line(b"GET /a#f HTTP/1.1"),
    "empty host": line(b"GET / HTTP/1.1").replace(b"Host: h", b"Host:"),
    "chunk extension": chunked(b"2;a=b\r\nab\r\n0\r\n\r\n"),
    "trailers": chunked(b"2\r\nab\r\n0\r\nT: 1\r\n\r\n"),
    "obs-text in a value": with_fields(b"X: \x80\xff"),
    "absolute form": line(b"GET http://h/a HTTP/1.1"),
    "percent-encoded NUL in the path": line(b"GET /%00 HTTP/1.1"),
    "dots, slashes and backslashes in the path": line(b"GET /up/../x//%2e%2e/%2F\\ HTTP/1.1"),
    "no Host": b"GET / HTTP/1.1\r\n\r\n",
    "unknown upgrade": with_fields(b"Connection: upgrade", b"Upgrade: x"),
    "unknown expectation": with_fields(b"Expect: foo"),
    "IPv6 host": b"GET / HTTP/1.1\r\nHost: [::1]:80\r\n\r\n",
    "underscore in a name": with_fields(b"a_b: 1"),
    "nominated te": with_fields(b"Connection: te", b"TE: trailers"),
    "connection that nominates": with_fields(b"Connection: close, X-Secret", b"X-Secret: 1"),
}

GOOD = b"GET /good HTTP/1.1\r\nHost: h\r\n\r\n"


@pytest.mark.parametrize("name", REFUSED)
def test_refuses(name: str) -> None:
    data, status, details = REFUSED[name]
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        heard = asked(pieces)
        assert refusal(heard) == (status, details)
        assert count_requests(heard) <= 1


@pytest.mark.parametrize("name", REFUSED)
def test_refuses_behind_a_good_request(name: str) -> None:
    data, status, details = REFUSED[name]
    heard = asked([GOOD + data + GOOD])
    assert refusal(heard) == (status, details)
    assert count_requests(heard) <= 2
    assert all("/good" not in repr(event) for event in heard[1:])


@pytest.mark.parametrize("name", TAKEN)
def test_takes(name: str) -> None:
    assert refusal(asked([TAKEN[name]])) is None
    assert count_requests(asked([TAKEN[name]])) == 1


# What an attacker puts where two parsers may disagree about the end of a request, and the request he hides in it.
HIDDEN = b"GET /hidden HTTP/1.1\r\nHost: h\r\n\r\n"
SMUGGLING: dict[str, bytes] = {
    "cl.te": with_fields(b"Content-Length: 40", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
    "te.cl": with_fields(
        b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"20\r\n" + HIDDEN + b"\r\n0\r\n\r\n"
    ),
    "te obfuscated by a space": with_fields(b"Transfer-Encoding : chunked", body=b"0\r\n\r\n" + HIDDEN),
    "te obfuscated by a tab": with_fields(b"Transfer-Encoding:\tchunked\x0b", body=b"0\r\n\r\n" + HIDDEN),
    "te obfuscated by a fold": with_fields(b"Transfer-Encoding:", b" chunked", body=b"0\r\n\r\n" + HIDDEN),
    "te hidden behind a CR": with_fields(b"X: x\rTransfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
    "te hidden behind a LF": with_fields(b"X: x\nTransfer-Encoding: chunked", body=b"0\r\n\r\n" + HIDDEN),
    "te.te": with_fields(b"Transfer-Encoding: chunked", b"Transfer-Encoding: cow", body=b"0\r\n\r\n" + HIDDEN),
    "two lengths": with_fields(b"Content-Length: 0", b"Content-Length: 35", body=HIDDEN),
    "length with a leading plus": with_fields(b"Content-Length: +0", body=HIDDEN),
    "chunk terminated by LF in an extension": chunked(b"2;\nxx\r\n0\r\n\r\n" + HIDDEN),
    "chunk size wrapped round": chunked(b"FFFFFFFFFFFFFFFFF0\r\n" + HIDDEN),
    "chunk data longer than said": chunked(b"2\r\nabcd\r\n0\r\n\r\n" + HIDDEN),
    "chunk terminator CR only": chunked(b"2\r\nab\r0\r\n\r\n" + HIDDEN),
}


@pytest.mark.parametrize("name", SMUGGLING)
def test_nothing_is_smuggled(name: str) -> None:
    data = SMUGGLING[name]
    for pieces in ([data], [data[at : at + 1] for at in range(len(data))]):
        heard = asked(pieces)
        assert refusal(heard) is not None
        assert "/hidden" not in repr([event for event in heard if count_requests([event])])


def test_http_10_with_chunked_is_refused_where_http_10_is_taken() -> None:
    data = b"POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
    heard = asked([data], Http1Settings(accept_http_10=True))
    assert refusal(heard) == (400, "http1.transfer_encoding_not_allowed")


def test_control_in_the_path_is_named_where_the_whole_head_was_seen() -> None:
    data = line(b"GET /a\0b HTTP/1.1")
    assert refusal(asked([data])) == (400, CHARACTERS)
    assert refusal(asked([data[at : at + 1] for at in range(len(data))])) == (400, ERROR)  # measured on Envoy 1.40


@pytest.mark.parametrize("start", [b"\x16", b"\r\n\x16", b"get", b"Z", b"\0"])
def test_what_no_method_begins_with_is_refused_at_its_first_byte(start: bytes) -> None:
    assert refusal(ServerCodec(DEFAULT_SETTINGS).receive(start)) == (400, ERROR)


def test_any_token_may_begin_a_custom_method() -> None:
    assert refusal(ServerCodec(Http1Settings(allow_custom_methods=True)).receive(b"z")) is None


def test_absolute_target_is_a_path_where_absolute_urls_are_not_allowed() -> None:
    heard = asked([line(b"GET http://h/a HTTP/1.1")], Http1Settings(allow_absolute_url=False))
    assert heard == [Headers(1, RequestHeaders(b"GET", b"http://h/a", b"h"), True)]


def test_fields_with_underscores_are_refused_on_request() -> None:
    data = with_fields(b"a_b: 1")
    assert refusal(asked([data], Http1Settings(rejects_underscores=True))) == (400, "http1.unexpected_underscore")


def test_an_empty_host_is_a_host_and_none_is_none() -> None:
    for hosts, expected in ((b"Host:\r\n", True), (b"", False)):
        data = b"GET / HTTP/1.1\r\n" + hosts + b"\r\n"
        heard = asked([data, data])  # the second one is known by its bytes
        assert [event.headers.has(b":authority") for event in heard if isinstance(event, Headers)] == [expected] * 2


def test_nominated_fields_end_here() -> None:
    data = with_fields(b"Connection: close, X-Secret, TE, Host", b"X-Secret: 1", b"TE: gzip, Trailers", b"X: 1")
    (heard,) = asked([data])
    assert isinstance(heard, Headers)
    fields = [(b"connection", b"close, X-Secret, TE, Host"), (b"te", b"trailers"), (b"x", b"1")]
    assert heard.headers == RequestHeaders(b"POST", b"/", b"", fields)


@pytest.mark.parametrize("start", [b"FOO / HTTP/1.1\r\n", b"GET / HTTP/9.9\r\n", b"GET /\xff HTTP/1.1\r\n"])
def test_wrong_start_line_is_refused_before_the_fields_arrive(start: bytes) -> None:
    assert refusal(ServerCodec(DEFAULT_SETTINGS).receive(start)) is not None


def test_bare_lf_is_refused_before_the_head_is_complete() -> None:
    assert refusal(ServerCodec(DEFAULT_SETTINGS).receive(b"GET / HTTP/1.1\r\nX: 1\nY")) == (400, ERROR)
