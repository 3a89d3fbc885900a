"""YAML text to located values, with the scalar rules of Envoy's yaml-cpp rather than PyYAML's.

Built from parser events, not from PyYAML's node tree, which takes a hundred times the memory of the text.
What a plain scalar means was measured on Envoy 1.40: 010 is 8, 0x10 is 16, yes is true, while 1e3, 1.5, 1:30 and
2020-01-01 stay strings. A merge key is an ordinary key, the last of two equal keys counts, and only the first document
of a text is read.
"""

from __future__ import annotations

import re
from typing import Any

import yaml

from portico.config.located import MAX_DEPTH, Document, LocatedList, LocatedMap, Value, mark
from portico.config.sources import MAX_VALUES, TextError, check_size

NULLS = frozenset(("", "~", "null", "Null", "NULL"))
# yaml-cpp's convert<bool>: each word in lower case, in upper case, or capitalized.
BOOLS = {
    spelling: truth
    for truth, words in ((True, ("y", "yes", "true", "on")), (False, ("n", "no", "false", "off")))
    for word in words
    for spelling in (word, word.upper(), word.capitalize())
}
# C++ stream extraction with automatic base: a leading 0 is octal, so 08 is no number.
# 64 digits hold any number of 64 bits, and Python refuses to convert thousands.
INTEGER = re.compile(r"[+-]?(?:0[xX][0-9a-fA-F]{1,64}|0[0-7]{0,64}|[1-9][0-9]{0,64})\Z")
INT32 = range(-(2**31), 2**31)
INT64 = range(-(2**63), 2**63)


def read_yaml(text: str | bytes, name: str) -> Document:
    """Raises TextError at the first place where the text is no YAML, or is more than portico reads."""
    check_size(name, len(text))
    return _Reader(text, name).document()


def plain_scalar(text: str) -> Value:
    """The value of an unquoted scalar."""
    if text in NULLS:
        return None
    if text in BOOLS:
        return BOOLS[text]
    if INTEGER.match(text) is None:
        return text
    digits = text.lstrip("+-")
    octal = digits.startswith("0") and len(digits) > 1 and digits[1] not in "xX"
    number = int(digits, 8 if octal else 0)
    if text[0] == "-":
        number = -number
    if number in INT32:
        return number
    # Envoy's Struct holds doubles, so larger integers travel as strings, which every 64-bit field takes.
    return str(number) if number in INT64 else text


class _Reader:
    def __init__(self, text: str | bytes, name: str) -> None:
        self._name = name
        self._anchors: dict[str, tuple[Value, int]] = {}  # value, and how many values it holds
        self._count = 0
        self._oddities: list[tuple[int, str]] = []
        try:
            self._parser = yaml.CSafeLoader(text)
        except yaml.YAMLError as error:  # undecodable bytes
            raise self._syntax_error(error) from None

    def document(self) -> Document:
        try:
            self._parser.get_event()  # stream start
            if not isinstance(self._parser.get_event(), yaml.DocumentStartEvent):
                return Document(self._name, None)
            root = self._value(self._parser.get_event(), 0)
            self._parser.get_event()  # document end
        except (yaml.YAMLError, UnicodeError) as error:
            raise self._syntax_error(error) from None
        self._note_second_document()
        return Document(self._name, root, self._oddities)

    def _note_second_document(self) -> None:
        try:
            event = self._parser.get_event()
        except (yaml.YAMLError, UnicodeError) as error:
            problem = self._syntax_error(error)
            self._oddities.append((mark(problem.line, problem.column), f"ignored after the first document: {problem}"))
            return
        if isinstance(event, yaml.DocumentStartEvent):
            self._oddities.append((_mark(event), "only the first YAML document of a file is used"))

    def _value(self, event: Any, depth: int) -> Value:
        self._count += 1
        if self._count > MAX_VALUES:
            raise self._error(event, f"holds more than {MAX_VALUES} values, aliases expanded")
        if isinstance(event, yaml.ScalarEvent):
            value = self._scalar(event)
            if event.anchor is not None:
                self._anchors[event.anchor] = (value, 1)
            return value
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, depth)
        if depth == MAX_DEPTH:
            raise self._error(event, f"is nested deeper than {MAX_DEPTH} levels")
        before = self._count
        container: LocatedMap | LocatedList
        if isinstance(event, yaml.MappingStartEvent):
            container = self._map(event, depth + 1)
        else:
            container = self._list(event, depth + 1)
        if event.anchor is not None:
            self._anchors[event.anchor] = (container, self._count - before + 1)
        return container

    def _scalar(self, event: Any) -> Value:
        text: str = event.value
        # "!" and quotes make a string; any other tag is ignored, also on quoted text (Envoy 1.40: !!int "12" is 12).
        if event.tag == "!" or (event.tag is None and event.style is not None and event.style not in ("", " ")):
            return text
        return plain_scalar(text)

    def _alias(self, event: Any, depth: int) -> Value:
        if event.anchor not in self._anchors:
            raise self._error(event, f"alias '*{event.anchor}' has no anchor before it")
        value, count = self._anchors[event.anchor]
        self._count += count - 1
        if self._count > MAX_VALUES:
            raise self._error(event, f"alias '*{event.anchor}' makes more than {MAX_VALUES} values")
        if depth + _depth(value) > MAX_DEPTH:
            raise self._error(event, f"alias '*{event.anchor}' nests deeper than {MAX_DEPTH} levels")
        return value

    def _map(self, start: Any, depth: int) -> LocatedMap:
        result = LocatedMap(_mark(start))
        get_event = self._parser.get_event
        while True:
            event = get_event()
            if isinstance(event, yaml.MappingEndEvent):
                return result
            key = self._key(event)
            position = _mark(event)
            if key in result:
                self._oddities.append((position, f"duplicate key {key!r}: the last one counts"))
            result[key] = self._value(get_event(), depth)
            result.marks[key] = position

    def _key(self, event: Any) -> str:
        if isinstance(event, yaml.AliasEvent):
            value, _ = self._anchors.get(event.anchor or "", (None, 0))
            if isinstance(value, str):
                return value
        if not isinstance(event, yaml.ScalarEvent):
            raise self._error(event, "a key must be a scalar")
        key: str = event.value
        if event.anchor is not None:
            self._anchors[event.anchor] = (key, 1)
        return key

    def _list(self, start: Any, depth: int) -> LocatedList:
        result = LocatedList(_mark(start))
        while True:
            event = self._parser.get_event()
            if isinstance(event, yaml.SequenceEndEvent):
                return result
            result.marks.append(_mark(event))
            result.append(self._value(event, depth))

    def _error(self, event: Any, message: str) -> TextError:
        return TextError(self._name, event.start_mark.line + 1, event.start_mark.column + 1, message)

    def _syntax_error(self, error: Exception) -> TextError:
        place = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
        line, column = (place.line + 1, place.column + 1) if place is not None else (1, 1)
        parts = [getattr(error, "context", None), getattr(error, "problem", None)]
        text = ", ".join(part for part in parts if part) or " ".join(str(error).split())
        return TextError(self._name, line, column, f"invalid YAML: {text}")


def _mark(event: Any) -> int:
    place = event.start_mark
    return mark(place.line + 1, place.column + 1)


def _depth(value: Value) -> int:
    """Levels of containers; bounded, since anchors were read under the depth limit."""
    if isinstance(value, LocatedMap):
        return 1 + max(map(_depth, value.values()), default=0)
    if isinstance(value, LocatedList):
        return 1 + max(map(_depth, value), default=0)
    return 0
