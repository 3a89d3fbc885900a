"""JSON templates: a tree whose strings are formats, compiled into text with operators between it."""

from __future__ import annotations

from typing import Any

from mypy_extensions import mypyc_attr

from portico.api.access_log import LogEntry
from portico.formatter.commands import Commands
from portico.formatter.formatter import Formatter, TextFormatter
from portico.formatter.json_text import dump, quote
from portico.formatter.operator import Operator
from portico.formatter.parser import parse


class JsonValue(Operator):
    """A template string that is one command: the value keeps its type."""

    def __init__(self, inner: Operator) -> None:
        self.inner = inner

    def text(self, entry: LogEntry) -> bytes | None:
        return self.inner.json(entry)


class JsonString(Operator):
    """A template string with more than one piece: always a string."""

    def __init__(self, inner: TextFormatter) -> None:
        self.inner = inner

    def text(self, entry: LogEntry) -> bytes | None:
        return quote(self.inner.format(entry))


def compile_template(template: dict[str, Any], commands: Commands) -> Formatter:
    """One line an entry, a missing value is ``null``. Keys come out sorted, whatever their order was."""
    pieces: list[bytes | Operator] = []
    _flatten(template, commands, pieces)
    pieces.append(b"\n")
    return TextFormatter(_joined(pieces), b"null")


def _flatten(node: Any, commands: Commands, pieces: list[bytes | Operator]) -> None:
    if isinstance(node, dict):
        before = b"{"
        for key in sorted(node, key=str.encode):
            pieces.append(before + quote(key.encode()) + b":")
            _flatten(node[key], commands, pieces)
            before = b","
        pieces.append(b"}" if node else b"{}")
    elif isinstance(node, list):
        pieces.append(b"[")
        for index, item in enumerate(node):
            if index:
                pieces.append(b",")
            _flatten(item, commands, pieces)
        pieces.append(b"]")
    else:
        pieces.append(leaf(node, commands, b"-"))


def leaf(node: Any, commands: Commands, missing: bytes) -> bytes | Operator:
    """A template's string, number, boolean or null: finished JSON, or what makes it."""
    if not isinstance(node, str):
        return dump(node)
    parts = parse(node)
    if not parts:
        return b'""'
    if len(parts) == 1:
        only = parts[0]
        return quote(only.encode()) if isinstance(only, str) else JsonValue(commands.compile(only))
    pieces: list[bytes | Operator] = []
    for part in parts:
        pieces.append(part.encode() if isinstance(part, str) else commands.compile(part))
    return JsonString(TextFormatter(pieces, missing))


def _joined(pieces: list[bytes | Operator]) -> list[bytes | Operator]:
    joined: list[bytes | Operator] = []
    for piece in pieces:
        last = joined[-1] if joined else None
        if isinstance(piece, bytes) and isinstance(last, bytes):
            joined[-1] = last + piece
        else:
            joined.append(piece)
    return joined


@mypyc_attr(allow_interpreted_subclasses=True)
class SparseNode:
    """A part of a template under omit_empty_values: it may come to nothing."""

    def render(self, entry: LogEntry) -> bytes | None:
        """JSON, or None: leave out this member or item."""
        raise NotImplementedError


class SparseLeaf(SparseNode):
    def __init__(self, value: bytes | Operator) -> None:
        self._constant = value if isinstance(value, bytes) and value != b"null" else None
        self._operator = value if isinstance(value, Operator) else None

    def render(self, entry: LogEntry) -> bytes | None:
        return self._constant if self._operator is None else self._operator.text(entry)


class SparseObject(SparseNode):
    """Left out when none of its members came to anything."""

    def __init__(self, keys: list[bytes], members: list[SparseNode]) -> None:
        self.keys = keys  # quoted, with their colon
        self.members = members

    def render(self, entry: LogEntry) -> bytes | None:
        parts: list[bytes] = []
        for index, member in enumerate(self.members):
            value = member.render(entry)
            if value is not None:
                parts.append(self.keys[index] + value)
        return b"{" + b",".join(parts) + b"}" if parts else None


class SparseList(SparseNode):
    """Stays, even when nothing is left in it."""

    def __init__(self, items: list[SparseNode]) -> None:
        self.items = items

    def render(self, entry: LogEntry) -> bytes | None:
        values = [item.render(entry) for item in self.items]
        return b"[" + b",".join([value for value in values if value is not None]) + b"]"


class SparseJsonFormatter(Formatter):
    def __init__(self, root: SparseNode) -> None:
        self._root = root

    def format(self, entry: LogEntry) -> bytes:
        return (self._root.render(entry) or b"{}") + b"\n"


def compile_sparse_template(template: dict[str, Any], commands: Commands) -> Formatter:
    """As compile_template, with what is missing left out."""
    return SparseJsonFormatter(_sparse(template, commands))


def _sparse(node: Any, commands: Commands) -> SparseNode:
    if isinstance(node, dict):
        keys = sorted(node, key=str.encode)
        members = [_sparse(node[key], commands) for key in keys]
        return SparseObject([quote(key.encode()) + b":" for key in keys], members)
    if isinstance(node, list):
        return SparseList([_sparse(item, commands) for item in node])
    return SparseLeaf(leaf(node, commands, b""))
