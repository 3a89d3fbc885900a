"""One log file: lines queued by the worker, written by the flusher thread, a batch of whole lines a write(2).

No lock on the request path: each number below has one writer. The deque is what the two threads share.
"""

from __future__ import annotations

import errno
import os
import select
import stat
import threading
from collections import deque
from enum import Enum
from typing import Final

from portico.api.log_file import LogFile
from portico.api.stats import StatsScope

# A write of this size to a pipe that poll() calls writable neither blocks nor mixes with another writer's (pipe(7)).
PIPE_CHUNK_BYTES: Final = select.PIPE_BUF
FILE_CHUNK_BYTES: Final = 256 * 1024
# Lines that wait for a slow disk or a stopped reader: some 5,000 of the default format.
MAX_PENDING_BYTES: Final = 1024 * 1024

_STANDARD_STREAMS: Final = {"/dev/stdout": 1, "/dev/stderr": 2}


class FlushResult(Enum):
    """What became of the queued lines."""

    DONE = 1
    WOULD_BLOCK = 2  # a pipe is full, or has no reader yet; the lines wait
    FAILED = 3  # the disk is full or gone; the lines are dropped, ``last_error`` says why


class LogTotals:
    """What all files of the process have counted, and the stats that show it: Envoy's ``filesystem.*``.

    Each number has one writer; a stat of several numbers is computed anew by whoever changed one of them.
    """

    def __init__(self, scope: StatsScope) -> None:
        filesystem = scope.scope("filesystem")
        self.write_buffered = filesystem.counter("write_buffered")
        self.write_completed = filesystem.counter("write_completed")
        self.write_failed = filesystem.counter("write_failed")
        self.flushed_by_timer = filesystem.counter("flushed_by_timer")
        self.reopen_failed = filesystem.counter("reopen_failed")
        self._write_total_buffered = filesystem.gauge("write_total_buffered")
        self._dropped = scope.scope("portico").counter("access_log_dropped")
        self.queued_bytes = 0  # the worker's
        self.refused_lines = 0
        self.taken_bytes = 0  # the flusher's
        self.failed_lines = 0

    def show_buffered(self) -> None:
        self._write_total_buffered.set(self.queued_bytes - self.taken_bytes)

    def show_dropped(self) -> None:
        self._dropped.value = self.refused_lines + self.failed_lines


class QueuedLogFile(LogFile):
    """Lines in order. ``write`` is the worker's; every other method the flusher thread's."""

    def __init__(self, path: str, wake_bytes: int, totals: LogTotals, wake: threading.Event) -> None:
        """Opens the file. Raises OSError."""
        self.path = path
        self._wake_bytes = wake_bytes
        self._totals = totals
        self._wake = wake
        self._lines: deque[bytes] = deque()
        self._queued_bytes = 0  # the worker's
        self._has_lines = False
        self._taken_bytes = 0  # the flusher's
        self.last_error = ""
        self._fd = -1
        self._is_pipe = False
        self._is_shared = False  # the descriptor is a duplicate: its flags are not ours to change
        self._rest: list[bytes] = []  # taken, and not written because the pipe was full
        self._is_torn = False  # the last write ended inside a line
        self.reopen()

    def write(self, line: bytes) -> None:
        totals = self._totals
        before = self._queued_bytes - self._taken_bytes
        pending = before + len(line)
        if pending > MAX_PENDING_BYTES:
            totals.refused_lines += 1
            totals.show_dropped()
            return
        self._lines.append(line)
        self._queued_bytes += len(line)
        totals.queued_bytes += len(line)
        totals.write_buffered.value += 1
        totals.show_buffered()
        # Source: measured, Envoy 1.40 writes the first line of a file at once.
        if before < self._wake_bytes <= pending or not self._has_lines:
            self._has_lines = True
            self._wake.set()

    def pending_bytes(self) -> int:
        return self._queued_bytes - self._taken_bytes

    def reopen(self) -> None:
        """Open the path anew and let go of the old file. Raises OSError; the old file stays in use then."""
        fd, self._is_shared = _open(self.path)
        if self._fd >= 0:
            os.close(self._fd)
        self._fd = fd
        self._is_torn = False
        self._is_pipe = fd < 0 or not stat.S_ISREG(os.fstat(fd).st_mode)

    def flush(self) -> FlushResult:
        """Write what is queued, as far as that is possible without waiting for a reader."""
        if self._fd < 0 and not self._connect():
            return FlushResult.WOULD_BLOCK
        outcome = FlushResult.DONE
        while self._rest or self._lines:
            batch = self._rest or self._take(PIPE_CHUNK_BYTES if self._is_pipe else FILE_CHUNK_BYTES)
            self._rest = []
            result = self._write_batch(batch)
            if result is FlushResult.WOULD_BLOCK:
                return result
            if result is FlushResult.FAILED:
                outcome = result
        return outcome

    def close(self) -> None:
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def _connect(self) -> bool:
        """A FIFO can be opened only while somebody reads it."""
        try:
            self.reopen()
        except OSError:
            return False
        return self._fd >= 0

    def _take(self, limit_bytes: int) -> list[bytes]:
        lines = self._lines
        batch = [lines.popleft()]
        size = len(batch[0])
        while lines and size + len(lines[0]) <= limit_bytes:
            size += len(lines[0])
            batch.append(lines.popleft())
        return batch

    def _write_batch(self, batch: list[bytes]) -> FlushResult:
        data = b"".join(batch)
        # What a full disk cut off ends here; the next line starts on its own.
        lead = b"\n" if self._is_torn and not self._is_pipe else b""
        if self._is_shared and not _is_writable(self._fd):
            self._rest = batch
            return FlushResult.WOULD_BLOCK
        try:
            written = os.write(self._fd, lead + data)
        except BlockingIOError:
            self._rest = batch
            return FlushResult.WOULD_BLOCK
        except OSError as error:
            return self._fail(batch, error.strerror or str(error))
        if written < len(lead) + len(data):
            return self._short(data, written - len(lead))
        self._is_torn = False
        self._totals.write_completed.value += 1
        self._release(len(data))
        return FlushResult.DONE

    def _short(self, data: bytes, written: int) -> FlushResult:
        """The kernel took less than all: a pipe will take the rest, a disk is full."""
        written = max(written, 0)
        self._release(written)
        if self._is_pipe:
            self._rest = [data[written:]]
            return FlushResult.DONE
        self._is_torn = written > 0 and not data[:written].endswith(b"\n")
        return self._fail([data[written:]], os.strerror(errno.ENOSPC))

    def _fail(self, batch: list[bytes], why: str) -> FlushResult:
        lost = b"".join(batch)
        self._totals.write_failed.value += 1
        self._totals.failed_lines += lost.count(b"\n")
        self._totals.show_dropped()
        self._release(len(lost))
        self.last_error = why
        return FlushResult.FAILED

    def _release(self, size: int) -> None:
        self._taken_bytes += size
        self._totals.taken_bytes += size
        self._totals.show_buffered()


def _open(path: str) -> tuple[int, bool]:
    """(descriptor, whether it is a duplicate of a standard stream); -1 for a FIFO nobody reads yet."""
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK
    try:
        return os.open(path, flags, 0o644), False
    except OSError as error:
        if path in _STANDARD_STREAMS:
            # A socket (journald), or a terminal of another user: it cannot be opened by name.
            return os.dup(_STANDARD_STREAMS[path]), True
        if error.errno == errno.ENXIO and stat.S_ISFIFO(os.stat(path).st_mode):
            return -1, False
        raise


def _is_writable(fd: int) -> bool:
    poll = select.poll()
    poll.register(fd, select.POLLOUT)
    return bool(poll.poll(0))
