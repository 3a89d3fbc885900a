"""A compiled format: hand it a log entry, get the bytes."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.access_log import LogEntry
from portico.formatter.operator import Operator


@mypyc_attr(allow_interpreted_subclasses=True)
class Formatter:
    """Text, JSON or plain words, from one log entry. Never raises on what a peer sent."""

    def format(self, entry: LogEntry) -> bytes:
        raise NotImplementedError


class LiteralFormatter(Formatter):
    """A format without commands."""

    def __init__(self, value: bytes) -> None:
        self.value = value

    def format(self, entry: LogEntry) -> bytes:
        return self.value


class TextFormatter(Formatter):
    """Literals with operators between them.

    ``missing`` is what a value that is not there prints: ``-``, or nothing under omit_empty_values.
    """

    def __init__(self, pieces: list[bytes | Operator], missing: bytes) -> None:
        self._template: list[bytes] = []
        self._operators: list[Operator] = []
        self._places: list[int] = []
        for piece in pieces:
            if isinstance(piece, Operator):
                self._places.append(len(self._template))
                self._operators.append(piece)
                self._template.append(missing)
            else:
                self._template.append(piece)

    def format(self, entry: LogEntry) -> bytes:
        parts = self._template[:]
        places = self._places
        for index, operator in enumerate(self._operators):
            text = operator.text(entry)
            if text is not None:
                parts[places[index]] = text
        return b"".join(parts)
