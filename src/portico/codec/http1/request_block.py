"""The field lines of a request, parsed and judged once."""

from __future__ import annotations

from typing import Final

from portico.api.headers import HeaderBlock, first_values
from portico.api.inline_headers import REQUEST
from portico.codec.http1.fields import FieldLineError, join_repeated, parse_fields
from portico.codec.http1.framing import CHUNKED, FramingError, body_length, without_length
from portico.codec.http1.nominated import nominated, without_nominated
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.codec.http1.start_line import is_authority
from portico.codec.http1.writer import original_names

UNEXPECTED_UNDERSCORE: Final = "http1.unexpected_underscore"


class RequestBlock:
    """Everything that follows from the field lines alone, so that equal bytes need no second look."""

    def __init__(self, raw: bytes, block: HeaderBlock, length: int) -> None:
        self.raw = raw
        self.ending = raw + b"\r\n\r\n"  # what follows the request line of a head with these field lines
        self.block = block  # without host
        self.length = length  # bytes of body, or framing.CHUNKED or framing.NO_LENGTH
        self.host = b""
        self.has_empty_host = False  # which is not the same as none
        self.is_upgrade = False
        self.original_names: dict[bytes, bytes] | None = None
        # Each line is name, value and three bytes to Envoy: a colon and a line end; those are there without a line too.
        self.header_bytes = len(raw) + 1 - raw.count(b"\r\n") if raw else 3


class BlockError:
    """Why a block was refused."""

    def __init__(self, status: int, details: str) -> None:
        self.status = status
        self.details = details


def parse_request_block(raw: bytes, settings: Http1Settings) -> RequestBlock | BlockError:
    lines = raw.split(b"\r\n") if raw else []
    if len(lines) > settings.max_headers_count:
        return BlockError(431, "http1.too_many_headers")
    try:
        fields = parse_fields(lines)
    except FieldLineError:
        return BlockError(400, "http1.codec_error")
    first = first_values(fields)
    length = body_length(fields, first, settings.allow_chunked_length)
    if isinstance(length, FramingError):
        return BlockError(501 if length is FramingError.TRANSFER_ENCODING else 400, length.value)
    if len(first) != len(fields):
        if _has_two_hosts(fields):
            return BlockError(400, "http1.codec_error")
        fields = join_repeated(fields, REQUEST)
        first = first_values(fields)
    if settings.rejects_underscores and any([b"_" in name for name in first]):
        return BlockError(400, UNEXPECTED_UNDERSCORE)
    kept = _without_hop(fields, first.get(b"connection"))
    if kept is None:
        return BlockError(400, "http1.connection_header_rejected")
    if kept is not fields:
        fields = kept
        first = first_values(fields)
    if length == CHUNKED and b"content-length" in first:
        fields = without_length(fields)
    parsed = _without_host(raw, fields, first, length)
    if isinstance(parsed, BlockError):
        return parsed
    parsed.is_upgrade = is_upgrade(first)
    if settings.header_casing is HeaderCasing.PRESERVE:
        parsed.original_names = original_names(lines)
    return parsed


def _has_two_hosts(fields: list[tuple[bytes, bytes]]) -> bool:
    """RFC 9112 §3.2: more than one Host is answered 400."""
    return len([1 for field in fields if field[0] == b"host"]) > 1


def _without_host(
    raw: bytes, fields: list[tuple[bytes, bytes]], first: dict[bytes, bytes], length: int
) -> RequestBlock | BlockError:
    """The block of ``fields``, whose host becomes the authority. Takes it out of ``fields``."""
    host = first.get(b"host")
    if host is None:
        return RequestBlock(raw, HeaderBlock(fields), length)
    if not is_authority(host):
        return BlockError(400, "http.invalid_authority")
    fields.remove((b"host", host))
    parsed = RequestBlock(raw, HeaderBlock(fields), length)
    parsed.host = host
    parsed.has_empty_host = not host
    return parsed


def _without_hop(fields: list[tuple[bytes, bytes]], connection: bytes | None) -> list[tuple[bytes, bytes]] | None:
    """``fields`` less those that ``connection`` names; None = it names what it must not."""
    if connection is None:
        return fields
    names = nominated(connection)
    if names is None:
        return None
    return without_nominated(fields, names) if names else fields


def is_upgrade(first: dict[bytes, bytes]) -> bool:
    """Whether ``connection: upgrade`` and ``upgrade`` are both there (RFC 9110 §7.8). h2c is never taken up."""
    wanted = first.get(b"upgrade")
    if wanted is None or wanted.lower() == b"h2c":
        return False
    connection = first.get(b"connection") or b""
    return b"upgrade" in [token.strip() for token in connection.lower().split(b",")]
