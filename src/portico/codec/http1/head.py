"""Collecting one message head: everything up to the empty line, whatever pieces it comes in."""

from __future__ import annotations

import re
from typing import Final

# A LF without CR before it: RFC 9112 §2.2 allows taking it, which parsers do differently; refused.
_BARE_LF: Final = re.compile(rb"(?<!\r)\n")
END_OF_HEAD: Final = b"\r\n\r\n"


class HeadReader:
    """Bytes of an unfinished head. ``feed`` gives the head once it is all there."""

    def __init__(self, max_bytes: int) -> None:
        self._max_bytes = max_bytes
        self._pending = b""
        self.rest = b""  # what followed the head
        self.is_too_large = False
        self.is_malformed = False

    def feed(self, data: bytes) -> bytes | None:
        """Start line and field lines, without the empty line; None = more is needed, or one of the flags is set."""
        if self._pending:
            data = self._pending + data
            self._pending = b""
        # RFC 9112 §2.2: an empty line before the start line is ignored.
        while data[:2] == b"\r\n":
            data = data[2:]
        end = data.find(END_OF_HEAD)
        if end < 0:
            self._keep(data)
            return None
        if end > self._max_bytes:
            self._pending = data
            self.is_too_large = True
            return None
        self.rest = data[end + 4 :]
        return data[:end]

    def is_empty(self) -> bool:
        """Whether no byte of a head has come."""
        return not self._pending

    def begins(self) -> bytes:
        """The first bytes of a start line, however few; b"" while only an empty line has come."""
        return b"" if self._pending[:1] == b"\r" else self._pending

    def first_line(self) -> bytes:
        """The start line if it is all there, else b"". Whatever pieces a head comes in, it is judged by this first."""
        end = self._pending.find(b"\r\n", 0, self._max_bytes + 2)
        return self._pending[:end] if end > 0 else b""

    def _keep(self, data: bytes) -> None:
        self._pending = data
        if len(data) > self._max_bytes + 4:
            self.is_too_large = True
        elif data.find(b"\n") >= 0 and _BARE_LF.search(data) is not None:
            self.is_malformed = True
