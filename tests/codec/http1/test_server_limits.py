"""Where each limit lies, to the byte, and that no order of arrival moves it."""

import pytest

from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS, Http1Settings
from tests.codec.http1.conversation import TRAILERS, asked, count_requests, refusal

KIB_60 = 60 * 1024
TOO_LARGE = (431, "http1.headers_too_large")
CHUNKED = b"POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"


def head_of(size: int) -> bytes:
    """A head of ``size`` bytes up to its empty line."""
    start = b"GET / HTTP/1.1\r\nHost: h\r\nX: "
    return start + b"x" * (size - len(start)) + b"\r\n\r\n"


def in_pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.mark.parametrize("piece", [1 << 20, 16 * 1024, 1000])
def test_60_kib_of_headers_pass_and_one_byte_more_does_not(piece: int) -> None:
    assert count_requests(asked(in_pieces(head_of(KIB_60), piece))) == 1
    assert refusal(asked(in_pieces(head_of(KIB_60 + 1), piece))) == TOO_LARGE


def test_head_that_never_ends_is_refused_at_the_limit() -> None:
    codec = ServerCodec(Http1Settings(max_headers_bytes=1000))
    assert codec.receive(b"GET / HTTP/1.1\r\nX: " + b"x" * 900) == []
    assert refusal(codec.receive(b"x" * 200)) == TOO_LARGE


def test_start_line_that_never_ends_is_refused_at_the_limit() -> None:
    settings = Http1Settings(max_headers_bytes=1000)
    data = b"GET /" + b"x" * 2000 + b" HTTP/1.1\r\nHost: h\r\n\r\n"
    for size in (1, 7, 100, 5000):
        assert refusal(asked(in_pieces(data, size), settings)) == TOO_LARGE


@pytest.mark.parametrize("count", [99, 100, 101])
def test_100_headers_pass_and_101_do_not(count: int) -> None:
    fields = b"".join(b"X-%d: 1\r\n" % number for number in range(count - 1))
    heard = asked([b"GET / HTTP/1.1\r\nHost: h\r\n" + fields + b"\r\n"])
    assert refusal(heard) == ((431, "http1.too_many_headers") if count > 100 else None)


def test_configured_limits_hold() -> None:
    settings = Http1Settings(max_headers_bytes=100, max_headers_count=2)
    two = b"GET / HTTP/1.1\r\nHost: h\r\nA: 1\r\n"
    assert refusal(asked([two + b"\r\n"], settings)) is None
    assert refusal(asked([two + b"B: 1\r\n\r\n"], settings)) == (431, "http1.too_many_headers")
    assert refusal(asked([head_of(101)], settings)) == TOO_LARGE


@pytest.mark.parametrize(("length", "passes"), [(4093, True), (4094, True), (4095, False), (9000, False)])
@pytest.mark.parametrize("piece", [1 << 20, 100])
def test_chunk_line_is_bounded(length: int, passes: bool, piece: int) -> None:
    line = b"1;" + b"e" * (length - 2)
    heard = asked(in_pieces(CHUNKED + line + b"\r\nx\r\n0\r\n\r\n", piece))
    assert refusal(heard) == (None if passes else (400, "http1.codec_error"))


def test_chunk_line_that_never_ends_is_refused() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    codec.receive(CHUNKED)
    assert refusal(codec.receive(b"1;" + b"e" * 5000)) == (400, "http1.codec_error")


@pytest.mark.parametrize("piece", [1 << 20, 100])
@pytest.mark.parametrize("settings", [DEFAULT_SETTINGS, TRAILERS])
def test_trailers_are_bounded_even_where_they_are_dropped(piece: int, settings: Http1Settings) -> None:
    many = b"".join(b"T-%d: 1\r\n" % number for number in range(101))
    heard = asked(in_pieces(CHUNKED + b"0\r\n" + many + b"\r\n", piece), settings)
    assert refusal(heard) == (400, "http1.too_many_trailers")
    large = b"T: " + b"t" * KIB_60 + b"\r\n"
    heard = asked(in_pieces(CHUNKED + b"0\r\n" + large + b"\r\n", piece), settings)
    assert refusal(heard) == (400, "http1.trailers_too_large")


def test_trailer_line_that_never_ends_is_refused() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    codec.receive(CHUNKED + b"0\r\nT: ")
    assert refusal(codec.receive(b"t" * (KIB_60 + 1))) == (400, "http1.trailers_too_large")


@pytest.mark.parametrize(
    ("length", "passes"),
    [(b"0", True), (b"9223372036854775807", True), (b"9223372036854775808", False), (b"18446744073709551618", False)],
)
def test_content_length_is_a_63_bit_number(length: bytes, passes: bool) -> None:
    heard = asked([b"POST / HTTP/1.1\r\nHost: h\r\nContent-Length: " + length + b"\r\n\r\n"])
    assert refusal(heard) == (None if passes else (400, "http1.codec_error"))


@pytest.mark.parametrize(("size", "passes"), [(b"f" * 15, True), (b"0" * 14 + b"1", True), (b"0" * 16, False)])
def test_chunk_size_has_at_most_15_digits(size: bytes, passes: bool) -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    codec.receive(CHUNKED)
    assert (refusal(codec.receive(size + b"\r\n")) is None) is passes


def test_one_byte_chunks_cost_no_more_than_their_bytes() -> None:
    body = b"1\r\nx\r\n" * 50_000
    heard = asked([CHUNKED + body + b"0\r\n\r\n"])
    assert len(heard) == 2
