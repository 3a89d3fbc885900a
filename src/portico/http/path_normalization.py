"""Paths as routes, filters and upstreams are to see them: three rewrites, each of a path without its query.

Results equal Envoy 1.40's byte for byte; tests/http/path_encodings.tsv is a recording of it.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

_SLASH: Final = 47
_BACKSLASH: Final = 92
_DOT: Final = 46
_PERCENT: Final = 37
_NO_PERCENT: Final = -10
_HEX: Final = b"0123456789ABCDEF"

_HEX_DIGITS: Final = frozenset(b"0123456789abcdefABCDEF")
# RFC 3986 §2.3: unreserved characters mean the same escaped and not.
_UNRESERVED: Final = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
# https://url.spec.whatwg.org/#path-percent-encode-set, and `^` and `|`, which googleurl adds.
_ESCAPED: Final = frozenset(b'"<>^`{|}\x7f') | frozenset(range(0x21))
# A path of these only cannot change, unless it has a segment that starts with a dot.
_UNTOUCHED: Final = bytes(_UNRESERVED - frozenset(b".")) + b"/!$&'()*+,;=:@[]"


class EscapedSlashes(Enum):
    """``path_with_escaped_slashes_action``."""

    KEEP_UNCHANGED = 1
    REJECT_REQUEST = 2
    UNESCAPE_AND_REDIRECT = 3
    UNESCAPE_AND_FORWARD = 4


def escaped_slashes(path: bytes) -> bytes:
    """``%2F`` and ``%5C`` of either case as what they stand for."""
    if b"%" not in path:
        return path
    path = path.replace(b"%2F", b"/").replace(b"%2f", b"/")
    return path.replace(b"%5C", b"\\").replace(b"%5c", b"\\")


def merge_slashes(path: bytes) -> bytes:
    """Runs of slashes as one. ``//`` at both ends of nothing stays two, as in Envoy."""
    if b"//" not in path:
        return path
    inner = b"/".join([segment for segment in path.split(b"/") if segment])
    before = b"/" if path.startswith(b"/") else b""
    after = b"/" if path.endswith(b"/") else b""
    return before + inner + after


def normalize(path: bytes) -> bytes | None:
    """RFC 3986 §6.2.2: dot segments out, unreserved characters unescaped, others escaped; ``\\`` becomes ``/``.

    None: the path holds NUL, escaped or not, or bytes that are not UTF-8; it is to be refused.
    """
    if b"/." not in path and not path.translate(None, _UNTOUCHED) and path.startswith(b"/"):
        return path
    return _Canonical(_without_dot_parameters(path)).run()


def _without_dot_parameters(path: bytes) -> bytes:
    """``/..;x/`` as ``/../``: some upstreams drop path parameters before they look at dot segments.

    Only dots that are not escaped, and parameters up to the next slash that is not.
    """
    if b".;" not in path:
        return path
    segments = path.split(b"/")
    for index, segment in enumerate(segments):
        if segment.startswith((b".;", b"..;")):
            segments[index] = segment[: segment.find(b";")]
    return b"/".join(segments)


class _Canonical:
    """One pass over a path, from input to output. Source: googleurl url_canon_path.cc, DoPartialPathInternal."""

    def __init__(self, path: bytes) -> None:
        self.path = path
        self.out = bytearray()
        # Where the output has a `%` that starts no escape; the characters after it may be unescaped into one.
        self.loose_percent = _NO_PERCENT

    def run(self) -> bytes | None:
        path, out = self.path, self.out
        if path[:1] not in (b"/", b"\\"):
            out.append(_SLASH)
        index = 0
        while index < len(path):
            byte = path[index]
            dot = self._dot_width(index)
            if dot:
                index = self._dot(index + dot)
            elif byte == _BACKSLASH:
                out.append(_SLASH)
                index += 1
            elif byte == _PERCENT:
                index = self._percent(index)
            elif byte >= 0x80:
                index = self._utf8(index)
            else:
                index = self._ascii(index)
            if index < 0:
                return None
        return bytes(out)

    def _ascii(self, index: int) -> int:
        """-1: NUL."""
        byte = self.path[index]
        if byte == 0:
            return -1
        if byte in _ESCAPED:
            self._escape(byte)
        else:
            self.out.append(byte)
        return index + 1

    def _dot_width(self, index: int) -> int:
        """1 for ``.``, 3 for ``%2e`` of either case, else 0."""
        if self.path[index : index + 1] == b".":
            return 1
        return 3 if self.path[index : index + 3].lower() == b"%2e" else 0

    def _ends_segment(self, index: int) -> bool:
        return index >= len(self.path) or self.path[index] in (_SLASH, _BACKSLASH)

    def _dot(self, after: int) -> int:
        """What a dot does, with the input's index after it; returns where to go on."""
        out = self.out
        if out[-1] != _SLASH:
            out.append(_DOT)
            return after
        if self._ends_segment(after):
            return after + 1
        second = self._dot_width(after)
        if not second or not self._ends_segment(after + second):
            out.append(_DOT)
            return after
        parent = out.rfind(b"/", 0, len(out) - 1)
        if parent >= 0:
            del out[parent + 1 :]
        if self.loose_percent >= len(out):
            self.loose_percent = _NO_PERCENT
        return after + second + 1

    def _percent(self, index: int) -> int:
        """-1: the escape stands for NUL."""
        out = self.out
        digits = self.path[index + 1 : index + 3]
        if len(digits) < 2 or digits[0] not in _HEX_DIGITS or digits[1] not in _HEX_DIGITS:
            self.loose_percent = len(out)
            out.append(_PERCENT)
            return index + 1
        value = int(digits, 16)
        if value == 0:
            return -1
        if value not in _UNRESERVED:
            # Not unescaped, and its hex digits keep their case.
            out += self.path[index : index + 3]
            return index + 3
        out.append(value)
        self._forbid_new_escape(index + 3)
        return index + 3

    def _forbid_new_escape(self, following: int) -> None:
        """``%2%65`` must not become ``%2e``: its first ``%`` is escaped, so that the path decodes to what it did."""
        out = self.out
        after_percent = len(out) - 1 - self.loose_percent
        if after_percent == 1:
            digits = out[-1:] + self.path[following : following + 1]
        elif after_percent == 2:
            digits = out[-2:]
        else:
            return
        if len(digits) == 2 and digits[0] in _HEX_DIGITS and digits[1] in _HEX_DIGITS:
            out[self.loose_percent + 1 : self.loose_percent + 1] = b"25"
            self.loose_percent = _NO_PERCENT

    def _utf8(self, index: int) -> int:
        """A character beyond ASCII, escaped; -1: it is not UTF-8."""
        for width in (2, 3, 4):
            character = self.path[index : index + width]
            if _is_utf8(character):
                for byte in character:
                    self._escape(byte)
                return index + width
        return -1

    def _escape(self, byte: int) -> None:
        self.out += bytes((_PERCENT, _HEX[byte >> 4], _HEX[byte & 15]))


def _is_utf8(character: bytes) -> bool:
    try:
        return len(character.decode()) == 1
    except UnicodeDecodeError:
        return False
