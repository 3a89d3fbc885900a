"""The head of a response, parsed and judged once."""

from __future__ import annotations

from typing import Final

from portico.api.headers import HeaderBlock, ResponseHeaders, first_values
from portico.api.inline_headers import RESPONSE
from portico.codec.http1.fields import FieldLineError, join_repeated, parse_fields
from portico.codec.http1.framing import CHUNKED, FramingError, body_length, without_length
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.codec.http1.start_line import StartLineError, parse_status_line
from portico.codec.http1.writer import original_names

_CONTENT_LENGTH: Final = frozenset([b"content-length"])
# RFC 9110 §7.6.1: said to us, not to the client.
HOP_BY_HOP: Final = frozenset([b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"upgrade"])
_NONE: Final[frozenset[bytes]] = frozenset()


class ResponseHead:
    """Everything that follows from the head alone, so that equal bytes need no second look."""

    def __init__(self, raw: bytes, status: int, block: HeaderBlock, length: int, keep_alive: bool) -> None:
        self.raw = raw
        self.ending = raw + b"\r\n\r\n"  # the head as it came
        self.status = status
        self.block = block
        self.length = length  # bytes of body, or framing.CHUNKED or framing.NO_LENGTH
        self.keep_alive = keep_alive
        # Each line is name, value and three bytes to Envoy: a colon and a line end; those are there without a line too.
        first_end = raw.find(b"\r\n")
        self.header_bytes = len(raw) - first_end - raw.count(b"\r\n") if first_end >= 0 else 3
        self.original_names: dict[bytes, bytes] | None = None
        self.reason = b""  # only where it is forwarded

    def keep_spelling(self, headers: ResponseHeaders) -> None:
        """Where case is preserved: what ``headers`` shall be written with again."""
        headers.original_names = self.original_names
        headers.reason = self.reason


def parse_response_head(head: bytes, settings: Http1Settings) -> ResponseHead | str:
    """The head, or the response code details of what is wrong with it."""
    lines = head.split(b"\r\n")
    line = lines[0]
    del lines[0]
    if len(lines) > settings.max_headers_count:
        return "http1.too_many_headers"
    try:
        status, reason, is_http_10 = parse_status_line(line)
        fields = parse_fields(lines)
    except StartLineError as error:
        return error.details
    except FieldLineError:
        return "http1.codec_error"
    first = first_values(fields)
    if len(first) != len(fields):
        fields = join_repeated(fields, RESPONSE)
        first = first_values(fields)
    length = body_length(fields, first, settings.allow_chunked_length)
    if isinstance(length, FramingError):
        return length.value
    if length == CHUNKED and b"content-length" in first:
        fields = without_length(fields)
    keep_alive = keeps_alive(first, is_http_10)
    dropped = _NONE if status == 101 else HOP_BY_HOP
    if status < 200 or status == 204:
        forbidden = forbidden_body(length)
        if forbidden:
            return forbidden
        dropped = dropped | _CONTENT_LENGTH
    if not dropped.isdisjoint(first):
        fields = [field for field in fields if field[0] not in dropped]
    block = HeaderBlock(fields)
    parsed = ResponseHead(head, status, block, length, keep_alive)
    if settings.header_casing is HeaderCasing.PRESERVE:
        parsed.original_names = original_names(lines)
        if settings.forward_reason_phrase:
            parsed.reason = reason
    return parsed


def forbidden_body(length: int) -> str:
    """Why a 1xx or a 204 may not announce ``length`` (RFC 9112 §6.1, RFC 9110 §8.6); "" = it may: a 0 is let pass."""
    if length == CHUNKED:
        return "http1.transfer_encoding_not_allowed"
    return "http1.content_length_not_allowed" if length > 0 else ""


def keeps_alive(first: dict[bytes, bytes], is_http_10: bool) -> bool:
    """Whether another response may follow (RFC 9112 §9.3)."""
    connection = first.get(b"connection")
    if connection is None:
        return not is_http_10 and first.get(b"proxy-connection") != b"close"
    tokens = [token.strip() for token in connection.lower().split(b",")]
    return b"close" not in tokens and (not is_http_10 or b"keep-alive" in tokens)
