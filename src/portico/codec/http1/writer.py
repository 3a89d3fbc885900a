"""HTTP/1 messages to bytes: start line, fields, body framing."""

from __future__ import annotations

import re
from typing import Final

from portico.api.headers import HeaderMap
from portico.codec.http1.settings import HeaderCasing
from portico.codec.http1.status_text import REASONS, reason

STATUS_LINES: Final[dict[int, bytes]] = {
    status: f"HTTP/1.1 {status} {text}\r\n".encode() for status, text in REASONS.items()
}
# Source: envoy ProperCaseHeaderKeyFormatter: a letter is raised at the start and after what is no letter or digit.
_WORD_START: Final = re.compile(rb"(?<![A-Za-z0-9])[a-z]")
_LAST_CHUNK: Final = b"0\r\n\r\n"


def status_line(status: int, reason_phrase: bytes = b"") -> bytes:
    """``reason_phrase``: the upstream's, when it is to be kept."""
    if reason_phrase:
        return b"HTTP/1.1 %d %b\r\n" % (status, reason_phrase)
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d %b\r\n" % (status, reason(status).encode())


def field_lines(headers: HeaderMap, casing: HeaderCasing, original: dict[bytes, bytes] | None) -> bytes:
    """The block with names as ``cased`` wants them."""
    lines: list[bytes] = []
    for name, value in headers.items():
        lines.append(cased(name, casing, original) + b": " + value + b"\r\n")
    return b"".join(lines)


def cased_line(line: bytes, casing: HeaderCasing, original: dict[bytes, bytes] | None) -> bytes:
    """One line, or none, in lower case, with its name as ``cased`` wants it."""
    name, colon, rest = line.partition(b":")
    return cased(name, casing, original) + colon + rest


def cased(name: bytes, casing: HeaderCasing, original: dict[bytes, bytes] | None) -> bytes:
    """``original``: lower-case name -> as the peer wrote it. It counts where there is one, whatever ``casing`` says:
    preserving case is configured where a message is read."""
    if original is not None:
        return original.get(name, name)
    if casing is HeaderCasing.PROPER_CASE_WORDS:
        return _WORD_START.sub(_raised, name)
    return name


def _raised(letter: re.Match[bytes]) -> bytes:
    return letter[0].upper()


def chunk(data: bytes, end_stream: bool) -> bytes:
    """One chunk, and the last one after it when the body ends without trailers."""
    if not data:
        return _LAST_CHUNK if end_stream else b""
    framed = b"%x\r\n%b\r\n" % (len(data), data)
    return framed + _LAST_CHUNK if end_stream else framed


def last_chunk(trailers: HeaderMap | None) -> bytes:
    return _LAST_CHUNK if trailers is None else b"0\r\n" + trailers.wire() + b"\r\n"


def original_names(lines: list[bytes]) -> dict[bytes, bytes]:
    """Lower-case name -> the name as it came, for ``preserve_case``."""
    names: dict[bytes, bytes] = {}
    for line in lines:
        name = line.partition(b":")[0]
        names.setdefault(name.lower(), name)
    return names
