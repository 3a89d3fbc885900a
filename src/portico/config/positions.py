"""From a field path to the place in a file."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from portico.api.errors import ConfigError
from portico.config.field_path import MapKey, Step, steps
from portico.config.located import Document, LocatedList, LocatedMap, Value, unmark
from portico.config.sources import TextError


@dataclass(frozen=True, order=True)
class Place:
    """Line and column count from 1; 0 = not known (a binary file has neither)."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}" if self.line else self.file


class Positions:
    """The texts a message was read from: one document, or a file and the --config-yaml merged over it.

    Lists were appended and maps merged, as protobuf's MergeFrom does, so the items of the second document continue
    the numbers of the first.
    """

    def __init__(self, documents: list[Document]) -> None:
        self._documents = documents

    def find(self, field_path: str) -> Place | None:
        """Where the field stands, or else the innermost of its parents that the text has; None without any text."""
        if not self._documents:
            return None
        path = steps(field_path)
        best = (-1, Place(self._documents[0].name))
        # The last document overrides, so it wins a tie; and an index that is beyond the first list is in the second.
        shift: dict[int, int] = {}
        for document in self._documents:
            found = _walk(document, path, shift)
            if found[0] >= best[0]:
                best = found
        return best[1]


def _walk(document: Document, path: list[Step], shift: dict[int, int]) -> tuple[int, Place]:
    """How many steps could be taken, and the place reached.

    `shift` (number of steps -> items in earlier documents at that list) is read and brought up to date.
    """
    value: Value = document.root
    reached = value.start if isinstance(value, LocatedMap | LocatedList) else 0
    taken = 0
    for number, step in enumerate(path):
        value, position, items = _enter(value, step, shift.get(number, 0))
        if items:
            shift[number] = shift.get(number, 0) + items
        if position == 0:
            break
        reached = position
        taken = number + 1
    return taken, Place(document.name, *unmark(reached))


def _enter(value: Value, step: Step, skipped: int) -> tuple[Value, int, int]:
    """The value one step inside, its mark (0 = there is none), and the length of the list that was entered."""
    if isinstance(step, int):
        if not isinstance(value, LocatedList):
            # An object where a list is expected is a list of one.
            return (value, value.start, 1) if isinstance(value, LocatedMap) and step == skipped else (None, 0, 0)
        if 0 <= step - skipped < len(value):
            return value[step - skipped], value.marks[step - skipped], len(value)
        return None, 0, len(value)
    if not isinstance(value, LocatedMap):
        return None, 0, 0
    for name in (step,) if isinstance(step, MapKey) else (step, _camel_case(step)):
        if name in value:
            return value[name], value.marks[name], 0
    return None, 0, 0


@lru_cache(maxsize=4096)
def _camel_case(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


def locate(error: ConfigError, positions: Positions) -> Place | None:
    """Where the complaint belongs; None when it is about no text (a resource from a server)."""
    if isinstance(error, TextError):
        return Place(error.file, error.line, error.column)
    return positions.find(error.field_path)
