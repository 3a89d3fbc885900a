"""The logger most extensions are: a format, and a file its lines are queued for."""

from __future__ import annotations

from portico.api.access_log import AccessLog, LogEntry
from portico.api.errors import ConfigError
from portico.api.log_file import LogFile, LogFiles
from portico.formatter.formatter import Formatter


class FormattedLog(AccessLog):
    """One line an entry."""

    def __init__(self, formatter: Formatter, file: LogFile) -> None:
        self._formatter = formatter
        self._file = file

    def log(self, entry: LogEntry) -> None:
        self._file.write(self._formatter.format(entry))


class SilentFile(LogFile):
    """Takes the place of a file while a configuration is only tried out."""

    def write(self, line: bytes) -> None:
        pass


def open_log_file(files: LogFiles | None, path: str) -> LogFile:
    """The process's file of that path. Raises ConfigError with Envoy's words when it cannot be opened."""
    if files is None:
        return SilentFile()
    try:
        return files.open(path)
    except OSError as error:
        raise ConfigError("", "path", f"unable to open file '{path}': {error.strerror}") from None
