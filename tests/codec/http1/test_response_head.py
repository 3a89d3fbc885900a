import pytest

from portico.codec.http1.framing import CHUNKED, NO_LENGTH
from portico.codec.http1.response_head import ResponseHead, keeps_alive, parse_response_head
from portico.codec.http1.settings import DEFAULT_SETTINGS, HeaderCasing, Http1Settings


@pytest.mark.parametrize(
    ("raw", "status", "length"),
    [
        (b"HTTP/1.1 200 OK", 200, NO_LENGTH),
        (b"HTTP/1.1 404 Not Found\r\nContent-Length: 7", 404, 7),
        (b"HTTP/1.0 599 \r\nTransfer-Encoding: chunked", 599, CHUNKED),
    ],
)
def test_head_tells_status_and_length(raw: bytes, status: int, length: int) -> None:
    head = parse_response_head(raw, DEFAULT_SETTINGS)
    assert isinstance(head, ResponseHead)
    assert (head.status, head.length, head.raw) == (status, length, raw)


@pytest.mark.parametrize(
    ("raw", "details"),
    [
        (b"nonsense", "http1.codec_error"),
        (b"HTTP/1.1 200 OK\r\nbad", "http1.codec_error"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip", "http1.invalid_transfer_encoding"),
        (b"HTTP/1.1 200 OK\r\nA: 1\r\nB: 2", "http1.too_many_headers"),
    ],
)
def test_refusals_are_details(raw: bytes, details: str) -> None:
    assert parse_response_head(raw, Http1Settings(max_headers_count=1)) == details


def test_repeated_fields_stay_apart_but_those_of_which_there_is_one() -> None:
    head = parse_response_head(
        b"HTTP/1.1 200 OK\r\nVia: a\r\nSet-Cookie: a\r\nVia: b\r\nSet-Cookie: b", DEFAULT_SETTINGS
    )
    assert isinstance(head, ResponseHead)
    assert head.block.fields == [(b"via", b"a,b"), (b"set-cookie", b"a"), (b"set-cookie", b"b")]


@pytest.mark.parametrize("line", [b"HTTP/1.1 204 No Content", b"HTTP/1.1 103 Early Hints"])
def test_a_status_without_a_body_announces_none(line: bytes) -> None:
    """RFC 9112 section 6.1, RFC 9110 section 8.6; measured on Envoy 1.40."""
    chunked = parse_response_head(line + b"\r\nTransfer-Encoding: chunked", DEFAULT_SETTINGS)
    assert chunked == "http1.transfer_encoding_not_allowed"
    assert parse_response_head(line + b"\r\nContent-Length: 2", DEFAULT_SETTINGS) == "http1.content_length_not_allowed"
    zero = parse_response_head(line + b"\r\nContent-Length: 0\r\nX: 1", DEFAULT_SETTINGS)
    assert isinstance(zero, ResponseHead)
    assert zero.block.fields == [(b"x", b"1")]


def test_original_names_are_kept_on_demand() -> None:
    head = parse_response_head(b"HTTP/1.1 200 OK\r\nX-OdD: 1", Http1Settings(header_casing=HeaderCasing.PRESERVE))
    assert isinstance(head, ResponseHead)
    assert head.original_names == {b"x-odd": b"X-OdD"}


def test_http_11_stays_open_and_http_10_closes_unless_they_say_otherwise() -> None:
    assert keeps_alive({}, False)
    assert not keeps_alive({}, True)
    assert not keeps_alive({b"connection": b"x, Close"}, False)
    assert keeps_alive({b"connection": b"Keep-Alive"}, True)
