import pytest

from portico.api.headers import HeaderMap
from portico.codec.http1.body import ChunkedBody, LengthBody, UntilCloseBody


def test_length_counts_down_and_leaves_the_rest() -> None:
    body = LengthBody(5)
    assert (body.decode(b"abc"), body.is_complete) == (b"abc", False)
    assert (body.decode(b"defg"), body.is_complete, body.rest) == (b"de", True, b"fg")


def test_length_that_ends_with_the_read_leaves_nothing() -> None:
    body = LengthBody(3)
    assert (body.decode(b"abc"), body.is_complete, body.rest) == (b"abc", True, b"")


def test_until_close_never_completes_by_itself() -> None:
    body = UntilCloseBody()
    assert (body.decode(b"abc"), body.is_complete) == (b"abc", False)


def test_chunks_are_joined_and_what_follows_them_is_left() -> None:
    body = ChunkedBody(1000, 10)
    assert body.decode(b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nNEXT") == b"abcde"
    assert (body.is_complete, body.rest, body.trailers) == (True, b"NEXT", None)


@pytest.mark.parametrize(
    ("data", "payload", "error"),
    [
        (b"1\r\na\r\n2;x=y\r\nbc\r\n1\r\nd\r\n0\r\n\r\n", b"abcd", ""),
        (b"1\r\na\r\n00002\r\nbc\r\n000\r\n\r\n", b"abc", ""),
        (b"1\r\na\r\n2\r\nbc\r", b"abc", ""),
        (b"1\r\na\r\n2\r\nbcd\r\n", b"abc", "http1.codec_error"),
        (b"1\r\na\r\n2\nbc\r\n", b"a", "http1.codec_error"),
        (b"1\r\na\r\n-1\r\nbc\r\n", b"a", "http1.codec_error"),
        (b"1\r\na\r\n" + b"f" * 16 + b"\r\n", b"a", "http1.codec_error"),
    ],
)
def test_chunks_read_the_same_whole_and_byte_by_byte(data: bytes, payload: bytes, error: str) -> None:
    whole = ChunkedBody(1000, 10)
    assert (whole.decode(data), whole.error) == (payload, error)
    pieces = ChunkedBody(1000, 10)
    taken = b""
    for at in range(len(data)):
        if not pieces.error:
            taken += pieces.decode(data[at : at + 1])
    assert (taken, pieces.error) == (payload, error)


def test_trailers_are_parsed() -> None:
    body = ChunkedBody(1000, 10)
    body.decode(b"0\r\nT: 1\r\nU:2\r\n\r\n")
    assert body.trailers == HeaderMap([(b"t", b"1"), (b"u", b"2")])


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b"x\r\n", "http1.codec_error"),
        (b"1\nx", "http1.codec_error"),
        (b"1\r\nxy", "http1.codec_error"),
        (b"0\r\nbad\r\n\r\n", "http1.codec_error"),
        (b"0\r\n" + b"T: 1\r\n" * 3, "http1.too_many_trailers"),
        (b"0\r\nT: " + b"t" * 100 + b"\r\n", "http1.trailers_too_large"),
        (b"0\r\nT: " + b"t" * 100, "http1.trailers_too_large"),
    ],
)
def test_error_is_kept_for_the_codec(data: bytes, error: str) -> None:
    body = ChunkedBody(50, 2)
    body.decode(data)
    assert body.error == error
