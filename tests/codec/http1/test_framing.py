import pytest

from portico.codec.http1.framing import CHUNKED, NO_LENGTH, FramingError, body_length, without_length

CL, TE = b"content-length", b"transfer-encoding"


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ([], NO_LENGTH),
        ([(b"x", b"1")], NO_LENGTH),
        ([(CL, b"0")], 0),
        ([(CL, b"12")], 12),
        ([(CL, b"0012")], 12),
        ([(CL, b"12"), (CL, b"12")], FramingError.CONTENT_LENGTH),
        ([(CL, b"12,12")], FramingError.CONTENT_LENGTH),
        ([(CL, b"1" * 20)], FramingError.CONTENT_LENGTH),
        ([(TE, b"chunked")], CHUNKED),
        ([(TE, b"CHUNKED")], CHUNKED),
        ([(TE, b"chunked"), (TE, b"chunked")], FramingError.TRANSFER_ENCODING),
        ([(TE, b"gzip, chunked")], FramingError.TRANSFER_ENCODING),
        ([(TE, b"chunked"), (CL, b"1")], FramingError.LENGTH_AND_CHUNKED),
        ([(TE, b"gzip"), (CL, b"1")], FramingError.TRANSFER_ENCODING),
    ],
)
def test_length_follows_from_the_fields(fields: list[tuple[bytes, bytes]], expected: int | FramingError) -> None:
    assert body_length(fields, dict(fields[::-1]), False) == expected


def test_chunked_beats_a_length_where_both_are_allowed() -> None:
    fields = [(CL, b"9"), (b"x", b"1"), (TE, b"chunked"), (CL, b"8")]
    assert body_length(fields, dict(fields), True) == CHUNKED
    assert without_length(fields) == [(b"x", b"1"), (TE, b"chunked")]
