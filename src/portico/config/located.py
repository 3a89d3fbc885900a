"""Values read from a text, each of which remembers where it stood.

A mark is one integer, `line << 32 | column`, both counted from 1: a large file has a million of them.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias, Union

Value: TypeAlias = Union[bool, int, float, str, "LocatedMap", "LocatedList", None]

# Levels of maps and lists inside each other. Envoy 1.40 takes 100 (its JSON parser's limit) and refuses 101.
MAX_DEPTH = 100


class LocatedMap(dict[str, Value]):
    """A map and the mark of each key.

    `repeated` are the keys given twice where the text's format forbids it in a protobuf map: JSON does, YAML does not.
    """

    __slots__ = ("marks", "repeated", "start")

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start
        self.marks: dict[str, int] = {}
        self.repeated: tuple[str, ...] = ()


class LocatedList(list[Value]):
    """A list and the mark of each item."""

    __slots__ = ("marks", "start")

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start
        self.marks: list[int] = []


@dataclass
class Document:
    """One text as it was read."""

    name: str  # of the file, or of the flag the text came with
    root: Value
    # Mark and text of what is legal but probably not meant.
    oddities: list[tuple[int, str]] = field(default_factory=list)


def mark(line: int, column: int) -> int:
    return line << 32 | column


def unmark(position: int) -> tuple[int, int]:
    """Line and column, from 1."""
    return position >> 32, position & 0xFFFFFFFF


def describe(value: Value) -> str:
    """What was found, as error messages name it."""
    if value is None:
        return "null"
    if isinstance(value, LocatedMap):
        return "an object"
    if isinstance(value, LocatedList):
        return "a list"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return repr(value if len(value) <= 80 else value[:77] + "...")
    return str(value)
