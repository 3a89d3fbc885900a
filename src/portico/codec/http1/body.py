"""Message bodies: where one ends, and nothing about what it holds (RFC 9112 §6 and §7)."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.headers import HeaderMap
from portico.codec.http1.fields import FieldLineError, error_details, parse_fields

# RFC 9112 §7.1: 1*HEXDIG [chunk-ext]. 15 digits hold 2**60: more is an attack, and overflows others.
_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})(?:;[\t\x20-\x7e\x80-\xff]*)?")
_PLAIN_CHUNK_LINE: Final = re.compile(rb"([0-9A-Fa-f]{1,15})\r\n")
MAX_CHUNK_LINE_BYTES: Final = 4096


@mypyc_attr(allow_interpreted_subclasses=True)
class BodyDecoder:
    """Fed with what follows a head; gives body bytes back."""

    is_complete: bool = False
    rest: bytes = b""  # what came after the end; the next message
    error: str = ""  # response code details; nothing more is to be fed
    trailers: HeaderMap | None = None

    def decode(self, data: bytes) -> bytes:
        raise NotImplementedError


class LengthBody(BodyDecoder):
    """Content-Length bytes."""

    def __init__(self, remaining: int) -> None:
        self.remaining = remaining

    def decode(self, data: bytes) -> bytes:
        size = len(data)
        if size < self.remaining:
            self.remaining -= size
            return data
        self.is_complete = True
        if size > self.remaining:
            self.rest = data[self.remaining :]
            data = data[: self.remaining]
        self.remaining = 0
        return data


class UntilCloseBody(BodyDecoder):
    """Everything until the peer closes: responses without a length (RFC 9112 §6.3 item 8)."""

    def decode(self, data: bytes) -> bytes:
        return data


class _Chunk(Enum):
    SIZE = 1
    DATA = 2
    DATA_END = 3
    TRAILERS = 4


class ChunkedBody(BodyDecoder):
    """Chunked transfer coding. Extensions are dropped (RFC 9112 §7.1.1 lets a recipient ignore them)."""

    def __init__(self, max_trailers_bytes: int, max_trailers_count: int) -> None:
        self._state = _Chunk.SIZE
        self._pending = b""  # an unfinished line
        self._remaining = 0
        self._max_trailers_bytes = max_trailers_bytes
        self._max_trailers_count = max_trailers_count
        self._trailer_lines: list[bytes] = []
        self._trailer_bytes = 0

    def decode(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        if self._pending:
            data = self._pending + data
            self._pending = b""
        at = 0
        size = len(data)
        while at < size and not self.is_complete and not self.error:
            if self._state is _Chunk.DATA:
                piece = data[at : at + self._remaining]
                pieces.append(piece)
                at += len(piece)
                self._remaining -= len(piece)
                if self._remaining == 0:
                    self._state = _Chunk.DATA_END
                continue
            if self._state is _Chunk.SIZE:
                at = self._take_whole(data, at, pieces)
            end = data.find(b"\n", at)
            if end < 0:
                self._keep(data[at:])
                break
            self._line(data[at : end + 1])
            at = end + 1
        if self.is_complete:
            self.rest = data[at:]
        return pieces[0] if len(pieces) == 1 else b"".join(pieces)

    def _take_whole(self, data: bytes, at: int, pieces: list[bytes]) -> int:
        """Chunks that are there from size to line end cost no states. Returns where the first other one begins.

        bench/micro/chunked_body: 3x or more on chunks of one byte, which only serve to keep us busy.
        """
        while True:
            line = _PLAIN_CHUNK_LINE.match(data, at)
            if line is None:
                return at
            begin = line.end()
            end = begin + int(line[1], 16)
            if end == begin or not data.startswith(b"\r\n", end):
                return at
            pieces.append(data[begin:end])
            at = end + 2

    def _keep(self, part: bytes) -> None:
        """Hold an unfinished line, unless it can only become a wrong one."""
        limit = self._max_trailers_bytes if self._state is _Chunk.TRAILERS else MAX_CHUNK_LINE_BYTES
        if len(part) > limit:
            self.error = "http1.trailers_too_large" if self._state is _Chunk.TRAILERS else "http1.codec_error"
        elif self._state is _Chunk.DATA_END and part != b"\r":
            self.error = "http1.codec_error"
        else:
            self._pending = part

    def _line(self, line: bytes) -> None:
        # RFC 9112 §2.2 lets a recipient take a bare LF; in chunk framing that is how requests are smuggled.
        if line[-2:] != b"\r\n" or (self._state is _Chunk.SIZE and len(line) > MAX_CHUNK_LINE_BYTES):
            self.error = "http1.codec_error"
        elif self._state is _Chunk.SIZE:
            self._size_line(line[:-2])
        elif self._state is _Chunk.DATA_END:
            if line != b"\r\n":
                self.error = "http1.codec_error"
            self._state = _Chunk.SIZE
        elif line == b"\r\n":
            self._end()
        else:
            self._trailer_line(line)

    def _size_line(self, line: bytes) -> None:
        match = _CHUNK_LINE.fullmatch(line)
        if match is None:
            self.error = "http1.codec_error"
            return
        self._remaining = int(match[1], 16)
        self._state = _Chunk.DATA if self._remaining else _Chunk.TRAILERS

    def _trailer_line(self, line: bytes) -> None:
        self._trailer_bytes += len(line)
        self._trailer_lines.append(line[:-2])
        if self._trailer_bytes > self._max_trailers_bytes:
            self.error = "http1.trailers_too_large"
        elif len(self._trailer_lines) > self._max_trailers_count:
            self.error = "http1.too_many_trailers"

    def _end(self) -> None:
        self.is_complete = True
        if not self._trailer_lines:
            return
        try:
            self.trailers = HeaderMap(parse_fields(self._trailer_lines))
        except FieldLineError:
            self.error = error_details(b"".join(self._trailer_lines))
