"""How long a message body is: the rules of RFC 9112 §6.3, with everything doubtful refused."""

from __future__ import annotations

from enum import Enum
from typing import Final

MAX_CONTENT_LENGTH: Final = (1 << 63) - 1


class FramingError(Enum):
    """The value is Envoy's response code details."""

    LENGTH_AND_CHUNKED = "http1.content_length_and_chunked_not_allowed"
    TRANSFER_ENCODING = "http1.invalid_transfer_encoding"
    CONTENT_LENGTH = "http1.codec_error"


CHUNKED: Final = -1
NO_LENGTH: Final = -2


def body_length(
    fields: list[tuple[bytes, bytes]], first: dict[bytes, bytes], allow_chunked_length: bool
) -> int | FramingError:
    """Bytes of body, CHUNKED, or NO_LENGTH when neither field is there."""
    encoding = first.get(b"transfer-encoding")
    length = first.get(b"content-length")
    if encoding is None and length is None:
        return NO_LENGTH
    if encoding is not None:
        # Two fields are two chances for two parsers to disagree.
        if encoding.lower() != b"chunked" or _count(fields, b"transfer-encoding") > 1:
            return FramingError.TRANSFER_ENCODING
        if length is not None and not allow_chunked_length:
            return FramingError.LENGTH_AND_CHUNKED
        return CHUNKED
    assert length is not None
    if not length.isdigit() or len(length) > 19 or _count(fields, b"content-length") > 1:
        return FramingError.CONTENT_LENGTH
    value = int(length)
    return value if value <= MAX_CONTENT_LENGTH else FramingError.CONTENT_LENGTH


def without_length(fields: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """RFC 9112 §6.3 item 3: where chunked decides, content-length must not travel on."""
    return [field for field in fields if field[0] != b"content-length"]


def _count(fields: list[tuple[bytes, bytes]], name: bytes) -> int:
    return len([1 for field in fields if field[0] == name])
