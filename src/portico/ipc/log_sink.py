"""Where a process's application log goes: standard error, or the file of --log-path."""

from __future__ import annotations

import os
from typing import Final

from portico.api.log import COMPONENTS, LogLevel, LogSink
from portico.ipc.log_format import LogLine, LogPattern, escape

STDERR: Final = 2


class DescriptorSink(LogSink):
    """One write a line, so that lines of several processes never mix. What cannot be written is lost."""

    def __init__(self, pattern: str, is_escaped: bool = False, path: str = "") -> None:
        """OSError if ``path`` cannot be opened."""
        self._pattern = LogPattern(pattern)
        self._is_escaped = is_escaped
        self._path = path
        self._descriptor = open_log(path) if path else STDERR

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        if self._is_escaped:
            text = escape(text)
        formatted = self._pattern.format(LogLine(level, component, source, line, text))
        try:
            os.write(self._descriptor, formatted.encode("utf-8", "backslashreplace") + b"\n")
        except OSError:
            # Full disk, closed terminal, full pipe that does not block: a proxy goes on without its log.
            return

    def reopen(self) -> None:
        """The file may have been moved aside. Keeps the old one if the path cannot be opened any more."""
        if not self._path:
            return
        try:
            descriptor = open_log(self._path)
        except OSError:
            return
        os.close(self._descriptor)
        self._descriptor = descriptor


def open_log(path: str) -> int:
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)


def install_sink(sink: DescriptorSink, levels: dict[str, int]) -> None:
    COMPONENTS.sink = sink
    apply_levels(levels)


def apply_levels(levels: dict[str, int]) -> None:
    for name, level in levels.items():
        COMPONENTS.by_name[name].level = LogLevel(level)
