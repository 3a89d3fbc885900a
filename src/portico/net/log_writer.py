"""The log files of one process and the thread that writes them, so that no request ever waits for a disk."""

from __future__ import annotations

import threading
from typing import Final

from portico.api.clock import Clock
from portico.api.log import logger
from portico.api.log_file import LogFile, LogFiles
from portico.api.stats import StatsScope
from portico.net.log_file import MAX_PENDING_BYTES, FlushResult, LogTotals, QueuedLogFile

LOG: Final = logger("file", __name__)

# Source: envoy --file-flush-interval-msec and --file-flush-min-size-kb, their defaults.
FLUSH_INTERVAL_S: Final = 10.0
FLUSH_MIN_BYTES: Final = 64 * 1024

_RETRY_S: Final = 0.1  # how often a full pipe is tried again
_WARNING_INTERVAL_S: Final = 1.0
_JOIN_TIMEOUT_S: Final = 2.0  # the end of the process waits this long for a disk that does not answer


class LogWriter(LogFiles):
    """Opens files, and flushes them from one thread that starts with the first of them."""

    def __init__(
        self,
        scope: StatsScope,
        clock: Clock,
        flush_interval_s: float = FLUSH_INTERVAL_S,
        flush_min_bytes: int = FLUSH_MIN_BYTES,
    ) -> None:
        self._totals = LogTotals(scope)
        self._clock = clock
        self._flush_interval_s = flush_interval_s
        self._flush_min_bytes = flush_min_bytes
        self._files: dict[str, QueuedLogFile] = {}
        self._wake = threading.Event()
        self._flusher: threading.Thread | None = None
        self._is_closing = False
        self._must_reopen = False
        # The thread's own.
        self._next_tick = 0.0
        self._next_warning: dict[str, float] = {}  # by path

    def open(self, path: str) -> LogFile:
        found = self._files.get(path)
        if found is None:
            found = QueuedLogFile(path, self._flush_min_bytes, self._totals, self._wake)
            # The thread may be walking the old one.
            self._files = {**self._files, path: found}
            self._start()
        return found

    def reopen(self) -> None:
        self._must_reopen = True
        self._wake.set()

    def close(self) -> None:
        """Returns when everything is written, or after two seconds."""
        self._is_closing = True
        self._wake.set()
        if self._flusher is not None:
            self._flusher.join(_JOIN_TIMEOUT_S)
            self._flusher = None

    def _start(self) -> None:
        if self._flusher is None:
            self._next_tick = self._clock.now() + self._flush_interval_s
            # daemon: a disk that hangs must not keep a process alive that was told to end.
            self._flusher = threading.Thread(target=self._run, name="log flusher", daemon=True)
            self._flusher.start()

    def _run(self) -> None:
        is_blocked = False
        while not self._is_closing:
            is_blocked = self._turn(is_blocked)
        self._flush_all()
        for file in self._files.values():
            file.close()

    def _turn(self, is_blocked: bool) -> bool:
        """Wait for the time, a full queue or a command, and do what it asks. True: a pipe does not take its lines."""
        until_tick = max(self._next_tick - self._clock.now(), 0.0)
        is_asked = self._wake.wait(min(until_tick, _RETRY_S) if is_blocked else until_tick)
        self._wake.clear()
        if self._must_reopen:
            self._must_reopen = False
            self._reopen_all()
        is_time = self._clock.now() >= self._next_tick
        if is_time:
            self._next_tick = self._clock.now() + self._flush_interval_s
            self._totals.flushed_by_timer.value += len(self._files)
        return self._flush_all() if is_time or is_asked or is_blocked else False

    def _flush_all(self) -> bool:
        is_blocked = False
        for file in self._files.values():
            result = file.flush()
            if result is FlushResult.FAILED:
                self._warn(file.path, f"cannot write to {file.path!r}: {file.last_error}; lines are dropped")
            elif result is FlushResult.WOULD_BLOCK and file.pending_bytes():
                is_blocked = True
                if file.pending_bytes() > MAX_PENDING_BYTES // 2:
                    self._warn(file.path, f"{file.path!r} is not read fast enough; lines will be dropped")
        return is_blocked

    def _reopen_all(self) -> None:
        for file in self._files.values():
            try:
                file.reopen()
            except OSError as error:
                self._totals.reopen_failed.value += 1
                self._warn(file.path, f"cannot reopen {file.path!r}: {error.strerror}; the old file stays in use")

    def _warn(self, path: str, text: str) -> None:
        now = self._clock.now()
        if now < self._next_warning.get(path, now):
            return
        self._next_warning[path] = now + _WARNING_INTERVAL_S
        LOG.warning(text)
