"""HTTP/1 messages to bytes: start line, fields, body framing."""

from __future__ import annotations

from typing import Final

from portico.api.codec import LocalProtocolError
from portico.api.headers import HeaderMap
from portico.codec.http1.settings import HeaderCasing
from portico.codec.http1.status_text import REASONS, reason

STATUS_LINES: Final[dict[int, bytes]] = {
    status: f"HTTP/1.1 {status} {text}\r\n".encode() for status, text in REASONS.items()
}
_LAST_CHUNK: Final = b"0\r\n\r\n"


def status_line(status: int, reason_phrase: bytes = b"") -> bytes:
    """``reason_phrase``: the upstream's, when it is to be kept."""
    if reason_phrase:
        return b"HTTP/1.1 %d %b\r\n" % (status, reason_phrase)
    return STATUS_LINES.get(status) or b"HTTP/1.1 %d %b\r\n" % (status, reason(status).encode())


def field_lines(headers: HeaderMap, casing: HeaderCasing, original: dict[bytes, bytes] | None) -> bytes:
    """The block with names as ``casing`` wants them. ``original``: lower-case name -> as the peer wrote it."""
    if casing is HeaderCasing.LOWER:
        return headers.wire()
    lines: list[bytes] = []
    for name, value in headers.items():
        lines.append(cased(name, casing, original) + b": " + value + b"\r\n")
    return b"".join(lines)


def cased(name: bytes, casing: HeaderCasing, original: dict[bytes, bytes] | None) -> bytes:
    if casing is HeaderCasing.PROPER_CASE_WORDS:
        # Source: envoy ProperCaseHeaderKeyFormatter: a letter is raised at the start and after a special character.
        return b"-".join([word[:1].upper() + word[1:] for word in name.split(b"-")])
    if casing is HeaderCasing.PRESERVE and original is not None:
        return original.get(name, name)
    return name


def chunk(data: bytes) -> bytes:
    return b"%x\r\n%b\r\n" % (len(data), data)


class BodyWriter:
    """Frames one body: by the length that was announced, in chunks, or by closing."""

    def __init__(self, is_chunked: bool, content_length: int) -> None:
        self.is_chunked = is_chunked
        self.remaining = content_length  # -1 = none announced

    def data(self, data: bytes, end_stream: bool) -> bytes:
        """Raises LocalProtocolError when more comes than was announced."""
        if self.is_chunked:
            framed = chunk(data) if data else b""
            return framed + _LAST_CHUNK if end_stream else framed
        if self.remaining >= 0:
            self.remaining -= len(data)
            if self.remaining < 0:
                raise LocalProtocolError("more body than content-length")
        return data

    def trailers(self, trailers: HeaderMap) -> bytes:
        """The end of a chunked body; other framings cannot carry trailers."""
        return b"0\r\n" + trailers.wire() + b"\r\n" if self.is_chunked else b""
