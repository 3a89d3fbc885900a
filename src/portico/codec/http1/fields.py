"""Field lines: bytes to (name, value), strictly.

Lines repeat from request to request (``accept-encoding: gzip``), so a parsed line is remembered: the second time costs
one dictionary lookup. What a stranger sends is bounded (line length, number of lines) and credentials are never kept.
"""

from __future__ import annotations

import re
from typing import Final

# RFC 9110 §5.6.2 token; §5.5: field values hold VCHAR, obs-text, SP and HTAB: no CR, LF, NUL or other control.
# RFC 9112 §5.1: no white space between the name and the colon; §5.2: a line that starts with white space (obs-fold)
# is refused.
_FIELD_LINE: Final = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([\t\x20-\x7e\x80-\xff]*)")

# What no head may hold: neither HTAB nor what ends a line.
_CONTROL: Final = re.compile(rb"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
CODEC_ERROR: Final = "http1.codec_error"
INVALID_CHARACTERS: Final = "http1.invalid_characters"

# Secrets stay in the request they came with.
_NEVER_KEPT: Final = frozenset([b"authorization", b"proxy-authorization", b"cookie", b"set-cookie", b"x-api-key"])

MAX_CACHED_LINE_BYTES: Final = 256
MAX_CACHED_LINES: Final = 4096  # about 1 MiB a process at the very most


def error_details(lines: bytes) -> str:
    """The response code details of ``lines`` that are refused."""
    return CODEC_ERROR if _CONTROL.search(lines) is None else INVALID_CHARACTERS


class FieldLineError(Exception):
    """A line that is not ``name: value``. Stays inside the codec, which makes it a ProtocolError event."""


_KNOWN: Final[dict[bytes, tuple[bytes, bytes]]] = {}


def parse_fields(lines: list[bytes]) -> list[tuple[bytes, bytes]]:
    """One (lower-case name, value) a line. Raises FieldLineError."""
    fields: list[tuple[bytes, bytes]] = []
    for line in lines:
        field = _KNOWN.get(line)
        fields.append(parse_line(line) if field is None else field)
    return fields


def parse_line(line: bytes) -> tuple[bytes, bytes]:
    """A line that was not seen before, or may not be remembered."""
    match = _FIELD_LINE.fullmatch(line)
    if match is None:
        raise FieldLineError(line[:64])
    field = (match[1].lower(), match[2].rstrip(b" \t"))
    if len(line) <= MAX_CACHED_LINE_BYTES and field[0] not in _NEVER_KEPT:
        if len(_KNOWN) >= MAX_CACHED_LINES:
            _KNOWN.clear()
        _KNOWN[line] = field
    return field


def join_repeated(fields: list[tuple[bytes, bytes]], single: frozenset[bytes]) -> list[tuple[bytes, bytes]]:
    """``fields`` with repetitions of those in ``single`` joined in place; others (set-cookie, x-...) stay apart."""
    joined: list[tuple[bytes, bytes]] = []
    place: dict[bytes, int] = {}
    for field in fields:
        name = field[0]
        if name in place and name in single:
            at = place[name]
            joined[at] = (name, joined[at][1] + b"," + field[1])  # RFC 9110 §5.3
            continue
        place.setdefault(name, len(joined))
        joined.append(field)
    return joined
