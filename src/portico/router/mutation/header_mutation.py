"""``headers_to_add`` and ``headers_to_remove`` of one configuration level."""

from __future__ import annotations

from enum import Enum

from portico.api.access_log import LogEntry
from portico.api.headers import HeaderMap
from portico.formatter.formatter import Formatter, LiteralFormatter


class AppendAction(Enum):
    """``HeaderValueOption.HeaderAppendAction``, by number."""

    APPEND_IF_EXISTS_OR_ADD = 0
    ADD_IF_ABSENT = 1
    OVERWRITE_IF_EXISTS_OR_ADD = 2
    OVERWRITE_IF_EXISTS = 3


class HeaderAddition:
    """One header to add. An empty value adds nothing unless ``keep_empty``."""

    def __init__(self, name: bytes, value: Formatter, action: AppendAction, keep_empty: bool) -> None:
        self.name = name
        self.action = action
        self.keep_empty = keep_empty
        self.constant: bytes | None = value.value if isinstance(value, LiteralFormatter) else None
        self._formatter = value

    def value(self, entry: LogEntry) -> bytes:
        if self.constant is not None:
            return self.constant
        # Values come from peers and filters: none may end its field line (CVE-2023-27493).
        return self._formatter.format(entry).translate(None, b"\r\n\0")


class HeaderMutations:
    """Removals, then additions whose values are all computed before the first one is written.

    Overwriting moves a header to the end of the block, and all overwriting comes before all appending, whatever
    their order in the configuration (measured on Envoy 1.40).
    """

    def __init__(self, additions: list[HeaderAddition], removals: list[bytes], inline: frozenset[bytes]) -> None:
        """``inline``: the names, out of inline_headers, of which the block to change keeps one field."""
        self.additions = additions
        self.removals = removals
        self.inline = inline

    def is_empty(self) -> bool:
        return not self.additions and not self.removals

    def apply(self, headers: HeaderMap, entry: LogEntry) -> None:
        for name in self.removals:
            headers.remove(name)
        if not self.additions:
            return
        overwritten: list[tuple[bytes, bytes]] = []
        appended: list[tuple[bytes, bytes]] = []
        for addition in self.additions:
            value = addition.constant
            if value is None:
                value = addition.value(entry)
            if not value and not addition.keep_empty:
                continue
            name = addition.name
            action = addition.action
            if action is AppendAction.APPEND_IF_EXISTS_OR_ADD:
                appended.append((name, value))
            elif action is AppendAction.ADD_IF_ABSENT:
                if not headers.has(name):
                    appended.append((name, value))
            elif action is AppendAction.OVERWRITE_IF_EXISTS_OR_ADD or headers.has(name):
                overwritten.append((name, value))
        self._write(headers, overwritten, appended)

    def _write(
        self, headers: HeaderMap, overwritten: list[tuple[bytes, bytes]], appended: list[tuple[bytes, bytes]]
    ) -> None:
        for name, value in overwritten:
            headers.remove(name)
            headers.add(name, value)
        for name, value in appended:
            if name in self.inline:
                headers.append(name, value)
            else:
                headers.add(name, value)
