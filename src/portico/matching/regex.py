"""RE2: regular expressions in linear time, on bytes, with the engine, the options and the answers Envoy has."""

from __future__ import annotations

from typing import Any, Final

import re2

# The inner object: `re2`'s own Python wrapper costs five times the match (bench/micro).
_Engine: Final[Any] = re2._re2.RE2
_WHOLE: Final[Any] = re2._re2.RE2.Anchor.ANCHOR_BOTH
_ANYWHERE: Final[Any] = re2._re2.RE2.Anchor.UNANCHORED
_NO_MATCH: Final = (-1, -1)
_BACKSLASH: Final = 92


class InvalidRegexError(Exception):
    """The pattern, its substitution or its size is not acceptable; the text says why."""


def _compile(pattern: bytes, with_groups: bool) -> Any:
    options = _Engine.Options()
    options.log_errors = False
    # Without groups RE2 can stop at "it matches" and never runs its slower engines.
    options.never_capture = not with_groups
    engine = _Engine(pattern, options)
    if not engine.ok():
        raise InvalidRegexError(engine.error().decode("utf-8", "replace"))
    return engine


class Regex:
    """A compiled pattern that must match the whole value, as every `safe_regex` of the API does."""

    def __init__(self, pattern: str, max_program_size: int = 0) -> None:
        """``max_program_size``: refuse larger automata; 0 = any. Raises InvalidRegexError."""
        self.pattern = pattern
        self._engine = _compile(pattern.encode(), with_groups=False)
        size: int = self._engine.ProgramSize()
        if max_program_size and size > max_program_size:
            raise InvalidRegexError(
                f"regex '{pattern}' RE2 program size of {size} > max program size of {max_program_size}. "
                "Increase configured max program size if necessary."
            )

    def full_match(self, value: bytes) -> bool:
        spans: list[tuple[int, int]] = self._engine.Match(_WHOLE, value, 0, len(value))
        return spans[0] != _NO_MATCH


class RegexRewrite:
    r"""A pattern and what its matches become: ``\1`` … ``\9`` are groups, ``\0`` the match, ``\\`` a backslash.

    A substitution that names a group the pattern has not replaces nothing; one with a wrong escape ends before it.
    Source: re2 re2.cc, RE2::GlobalReplace and RE2::Rewrite.
    """

    def __init__(self, pattern: str, substitution: str) -> None:
        self._engine = _compile(pattern.encode(), with_groups=True)
        self._parts = parse_substitution(substitution)
        highest = max([group for _, group in self._parts], default=-1)
        self._is_usable = highest <= self._engine.NumberOfCapturingGroups()

    def replace_all(self, value: bytes) -> bytes:
        """Every match replaced, left to right; an empty match right after a match is skipped."""
        if not self._is_usable:
            return value
        out: list[bytes] = []
        position = 0
        last_end = -1
        size = len(value)
        while position <= size:
            spans: list[tuple[int, int]] = self._engine.Match(_ANYWHERE, value, position, size)
            start, end = spans[0]
            if start < 0:
                break
            out.append(value[position:start])
            if start == end == last_end:
                width = _rune_width(value, position)
                out.append(value[position : position + width])
                position += width
                continue
            self._append_substitution(out, value, spans)
            position = last_end = end
        if last_end < 0:
            return value
        out.append(value[position:])
        return b"".join(out)

    def _append_substitution(self, out: list[bytes], value: bytes, spans: list[tuple[int, int]]) -> None:
        for literal, group in self._parts:
            if group < 0:
                out.append(literal)
            else:
                start, end = spans[group]
                if start >= 0:
                    out.append(value[start:end])


def parse_substitution(substitution: str) -> list[tuple[bytes, int]]:
    """(literal, -1) and (b"", group) in order, up to the first wrong escape."""
    text = substitution.encode()
    parts: list[tuple[bytes, int]] = []
    literal = bytearray()
    index = 0
    while index < len(text):
        byte = text[index]
        index += 1
        if byte == _BACKSLASH:
            escaped = text[index] if index < len(text) else -1
            index += 1
            if 48 <= escaped <= 57:
                if literal:
                    parts.append((bytes(literal), -1))
                    literal.clear()
                parts.append((b"", escaped - 48))
                continue
            if escaped != _BACKSLASH:
                break
        literal.append(byte)
    if literal:
        parts.append((bytes(literal), -1))
    return parts


def _rune_width(value: bytes, position: int) -> int:
    """Bytes of the UTF-8 character at ``position``: an empty match never lands inside one."""
    lead = value[position] if position < len(value) else 0
    width = 1 if lead < 0xC2 else 2 if lead < 0xE0 else 3 if lead < 0xF0 else 4 if lead < 0xF5 else 1
    rest = value[position + 1 : position + width]
    return width if len(rest) == width - 1 and all(byte & 0xC0 == 0x80 for byte in rest) else 1
