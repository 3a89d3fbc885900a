"""JSON text to located values, as leniently as Envoy reads it.

Envoy 1.40 uses protobuf's "legacy" JSON mode. It takes trailing commas, single quotes, bare words as keys and control
characters in strings, and refuses comments, a byte order mark, leading zeros and lone surrogates (all measured).
"""

from __future__ import annotations

import math
import re
from bisect import bisect_right

from portico.config.located import MAX_DEPTH, Document, LocatedList, LocatedMap, Value, mark
from portico.config.sources import MAX_VALUES, TextError, check_size

SPACE = re.compile(r"[ \t\r\n]*")
NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?")
BARE_KEY = re.compile(r"[A-Za-z_$][A-Za-z0-9_$]*")
STRING_PART = {'"': re.compile(r'[^"\\]*'), "'": re.compile(r"[^'\\]*")}
ESCAPES = {'"': '"', "'": "'", "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"}
LITERALS: dict[str, tuple[str, Value]] = {"t": ("true", True), "f": ("false", False), "n": ("null", None)}
# Longer ones are read as doubles: Python refuses to convert thousands of digits, and no field holds them.
LONGEST_INTEGER = 64
HEX4 = re.compile(r"[0-9a-fA-F]{4}")


def read_json(text: str, name: str) -> Document:
    """Raises TextError at the first place where the text is no JSON, or is more than portico reads."""
    check_size(name, len(text))
    return _Reader(text, name).document()


class _Reader:
    def __init__(self, text: str, name: str) -> None:
        self._text = text
        self._name = name
        self._line_starts = [0] + [match.end() for match in re.finditer("\n", text)]
        self._position = 0
        self._count = 0
        self._oddities: list[tuple[int, str]] = []

    def document(self) -> Document:
        self._skip_space()
        if self._position == len(self._text):
            raise self._error("is empty")
        root = self._value(0)
        self._skip_space()
        if self._position < len(self._text):
            raise self._error("extraneous characters after the end of the JSON value")
        return Document(self._name, root, self._oddities)

    def _skip_space(self) -> str:
        match = SPACE.match(self._text, self._position)
        assert match is not None
        self._position = match.end()
        return self._text[self._position : self._position + 1]

    def _value(self, depth: int) -> Value:
        self._count += 1
        if self._count > MAX_VALUES:
            raise self._error(f"holds more than {MAX_VALUES} values")
        start = self._text[self._position : self._position + 1]
        if start and start in "{[" and depth == MAX_DEPTH:
            raise self._error(f"is nested deeper than {MAX_DEPTH} levels")
        if start == "{":
            return self._map(depth + 1)
        if start == "[":
            return self._list(depth + 1)
        if start in STRING_PART:
            return self._string()
        if start in LITERALS:
            word, value = LITERALS[start]
            if self._text.startswith(word, self._position):
                self._position += len(word)
                return value
        return self._number()

    def _number(self) -> int | float:
        match = NUMBER.match(self._text, self._position)
        if match is None:
            raise self._error(f"expected a value, found {self._found()}")
        end = match.end()
        if self._text[end : end + 1].isalnum() or self._text[end : end + 1] == ".":
            raise self._error("malformed number")
        self._position = end
        if match.lastindex is None and end - match.start() < LONGEST_INTEGER:
            return int(match.group())
        number = float(match.group())
        if math.isinf(number):
            raise self._error("number out of range")
        return number

    def _map(self, depth: int) -> LocatedMap:
        result = LocatedMap(self._mark())
        self._position += 1
        while self._skip_space() != "}":
            position = self._mark()
            key = self._key()
            if self._skip_space() != ":":
                raise self._error(f"expected ':' after the key {key!r}, found {self._found()}")
            self._position += 1
            self._skip_space()
            if key in result:
                result.repeated += (key,)
                self._oddities.append((position, f"duplicate key {key!r}: the last one counts"))
            result[key] = self._value(depth)
            result.marks[key] = position
            self._separator("}")
        self._position += 1
        return result

    def _list(self, depth: int) -> LocatedList:
        result = LocatedList(self._mark())
        self._position += 1
        while self._skip_space() != "]":
            result.marks.append(self._mark())
            result.append(self._value(depth))
            self._separator("]")
        self._position += 1
        return result

    def _separator(self, end: str) -> None:
        found = self._skip_space()
        if found == ",":
            self._position += 1
        elif found != end:
            raise self._error(f"expected ',' or {end!r}, found {self._found()}")

    def _key(self) -> str:
        if self._text[self._position : self._position + 1] in STRING_PART:
            return self._string()
        match = BARE_KEY.match(self._text, self._position)
        if match is None:
            raise self._error(f"expected a key, found {self._found()}")
        self._position = match.end()
        return match.group()

    def _string(self) -> str:
        quote = self._text[self._position]
        self._position += 1
        parts: list[str] = []
        while True:
            match = STRING_PART[quote].match(self._text, self._position)
            assert match is not None
            parts.append(match.group())
            self._position = match.end()
            if self._position == len(self._text):
                raise self._error("the text ends inside a string")
            self._position += 1
            if self._text[self._position - 1] == quote:
                return "".join(parts)
            parts.append(self._escape())

    def _escape(self) -> str:
        letter = self._text[self._position : self._position + 1]
        self._position += 1
        if letter in ESCAPES:
            return ESCAPES[letter]
        if letter != "u":
            raise self._error(f"unknown escape '\\{letter}'")
        unit = self._hex4()
        if 0xD800 <= unit < 0xDC00 and self._text.startswith("\\u", self._position):
            self._position += 2
            low = self._hex4()
            if 0xDC00 <= low < 0xE000:
                return chr(0x10000 + ((unit - 0xD800) << 10) + (low - 0xDC00))
            raise self._error("a high surrogate must be followed by a low one")
        if 0xD800 <= unit < 0xE000:
            raise self._error("a surrogate stands alone")
        return chr(unit)

    def _hex4(self) -> int:
        match = HEX4.match(self._text, self._position)
        if match is None:
            raise self._error("expected four hexadecimal digits after '\\u'")
        self._position = match.end()
        return int(match.group(), 16)

    def _mark(self) -> int:
        line = bisect_right(self._line_starts, self._position)
        return mark(line, self._position - self._line_starts[line - 1] + 1)

    def _found(self) -> str:
        found = self._text[self._position : self._position + 1]
        return repr(found) if found else "the end of the text"

    def _error(self, message: str) -> TextError:
        line = bisect_right(self._line_starts, self._position)
        return TextError(self._name, line, self._position - self._line_starts[line - 1] + 1, f"invalid JSON: {message}")
