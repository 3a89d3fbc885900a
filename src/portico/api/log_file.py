"""Files that lines are appended to off the request path: access logs, event logs."""

from __future__ import annotations

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class LogFile:
    """One open path of this process. Everyone who opens the path shares it."""

    def write(self, line: bytes) -> None:
        """Queue a line, its line break included. Never blocks, never raises; a full queue drops it and counts."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class LogFiles:
    """This process's log files by path."""

    def open(self, path: str) -> LogFile:
        """The file of ``path``, created when absent. Raises OSError when it cannot be opened."""
        raise NotImplementedError

    def reopen(self) -> None:
        """Open every path again soon: SIGUSR1, POST /reopen_logs, after log rotation moved the files."""
        raise NotImplementedError

    def close(self) -> None:
        """Write what is queued and stop; for the end of the process."""
        raise NotImplementedError
