"""A log line at most once a second: for what a stranger, or a broken filter, can cause with every request."""

from __future__ import annotations

from typing import Final

from portico.api.clock import Clock
from portico.api.log import Logger, LogLevel

_INTERVAL_S: Final = 1.0


class SparseLog:
    """One place that may repeat itself. The line after a silence says how many were swallowed."""

    def __init__(self, log: Logger, clock: Clock) -> None:
        self._log = log
        self._clock = clock
        self._silent_until = 0.0
        self._swallowed = 0

    def error(self, text: str) -> None:
        now = self._clock.now()
        if now < self._silent_until:
            self._swallowed += 1
            return
        self._silent_until = now + _INTERVAL_S
        if self._swallowed:
            text = f"{text} (and {self._swallowed} more in the meantime)"
            self._swallowed = 0
        self._log.write(LogLevel.ERROR, text)


def describe(error: Exception) -> str:
    """``ValueError('x') at portico/extensions/filters/http/lua.py:42``: what was raised, and the innermost place."""
    trace = error.__traceback__
    if trace is None:
        return repr(error)
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{error!r} at {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}"
