import fcntl
import os
import resource
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from portico.net.log_file import MAX_PENDING_BYTES, PIPE_CHUNK_BYTES, FlushResult, LogTotals, QueuedLogFile
from portico.stats.store import StatsStore


class Opened:
    """A file, its stats and its wake-up call."""

    def __init__(self, path: Path | str, wake_bytes: int = 64 * 1024) -> None:
        self.store = StatsStore()
        self.wake = threading.Event()
        self.file = QueuedLogFile(str(path), wake_bytes, LogTotals(self.store), self.wake)

    def stat(self, name: str) -> int:
        found = self.store.counters.get(name) or self.store.gauges[name]
        return found.value

    def stats(self) -> dict[str, int]:
        names = ("write_buffered", "write_completed", "write_failed", "write_total_buffered")
        return {name: self.stat(f"filesystem.{name}") for name in names}


def test_lines_wait_until_they_are_flushed_together(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "log")
    opened.file.write(b"one\n")
    opened.file.write(b"two\n")
    assert (tmp_path / "log").read_bytes() == b""
    assert opened.stats() == {
        "write_buffered": 2,
        "write_completed": 0,
        "write_failed": 0,
        "write_total_buffered": 8,
    }
    assert opened.file.flush() is FlushResult.DONE
    assert (tmp_path / "log").read_bytes() == b"one\ntwo\n"
    assert opened.stats() == {
        "write_buffered": 2,
        "write_completed": 1,
        "write_failed": 0,
        "write_total_buffered": 0,
    }


def test_appends_to_what_others_wrote(tmp_path: Path) -> None:
    first, second = Opened(tmp_path / "log"), Opened(tmp_path / "log")
    for opened, line in ((first, b"1\n"), (second, b"2\n"), (first, b"3\n")):
        opened.file.write(line)
        opened.file.flush()
    assert (tmp_path / "log").read_bytes() == b"1\n2\n3\n"


def test_asks_for_its_flusher_at_the_first_line_and_when_much_is_queued(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "log", wake_bytes=10)
    opened.file.write(b"1234\n")
    assert opened.wake.is_set()
    opened.wake.clear()
    opened.file.write(b"123\n")
    assert not opened.wake.is_set()
    opened.file.write(b"1\n")
    assert opened.wake.is_set()
    opened.wake.clear()
    opened.file.write(b"more\n")
    assert not opened.wake.is_set()


def test_a_full_disk_drops_lines_and_counts_them() -> None:
    opened = Opened("/dev/full")
    for _ in range(3):
        opened.file.write(b"line\n")
    assert opened.file.flush() is FlushResult.FAILED
    assert opened.file.last_error == "No space left on device"
    assert opened.stat("portico.access_log_dropped") == 3
    assert opened.stats()["write_failed"] == 1
    assert opened.stats()["write_total_buffered"] == 0


def test_the_queue_is_bounded_and_what_does_not_fit_is_counted(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "log")
    line = b"x" * 1023 + b"\n"
    for _ in range(MAX_PENDING_BYTES // 1024 + 5):
        opened.file.write(line)
    assert opened.file.pending_bytes() == MAX_PENDING_BYTES
    assert opened.stat("portico.access_log_dropped") == 5
    opened.file.flush()
    opened.file.write(b"again\n")
    opened.file.flush()
    assert (tmp_path / "log").stat().st_size == MAX_PENDING_BYTES + 6


@contextmanager
def disk_of(size: int) -> Iterator[None]:
    """No file may grow beyond ``size``: a write is cut there, and the next one fails."""
    before = signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        signal.signal(signal.SIGXFSZ, before)


def test_a_line_torn_by_a_full_disk_does_not_run_into_the_next(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "log")
    for line in (b"whole\n", b"half of a line\n", b"lost\n"):
        opened.file.write(line)
    with disk_of(13):
        assert opened.file.flush() is FlushResult.FAILED
    opened.file.write(b"next\n")
    assert opened.file.flush() is FlushResult.DONE
    assert (tmp_path / "log").read_bytes() == b"whole\nhalf of\nnext\n"
    assert opened.stat("portico.access_log_dropped") == 2
    assert opened.stats()["write_total_buffered"] == 0


def test_a_fifo_nobody_reads_keeps_its_lines_until_somebody_does(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    opened = Opened(path)
    opened.file.write(b"waiting\n")
    assert opened.file.flush() is FlushResult.WOULD_BLOCK
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    assert opened.file.flush() is FlushResult.DONE
    assert os.read(reader, 100) == b"waiting\n"
    os.close(reader)


def test_a_full_pipe_keeps_the_rest_in_order_and_never_waits(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    opened = Opened(path)
    capacity = fcntl.fcntl(reader, fcntl.F_SETPIPE_SZ, PIPE_CHUNK_BYTES)
    lines = [b"%06d %s\n" % (number, b"x" * 600) for number in range(3 * capacity // 600)]
    for line in lines:
        opened.file.write(line)
    assert opened.file.flush() is FlushResult.WOULD_BLOCK
    received = b""
    for _ in range(100):
        received += os.read(reader, 65536)
        if opened.file.flush() is FlushResult.DONE and not opened.file.pending_bytes():
            break
    received += os.read(reader, 65536)
    assert received == b"".join(lines)
    assert opened.stat("portico.access_log_dropped") == 0
    os.close(reader)


def test_a_pipe_whose_reader_left_drops_lines(tmp_path: Path) -> None:
    path = tmp_path / "fifo"
    os.mkfifo(path)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    opened = Opened(path)
    os.close(reader)
    opened.file.write(b"lost\n")
    assert opened.file.flush() is FlushResult.FAILED
    assert opened.file.last_error == "Broken pipe"


def test_reopening_follows_the_path_after_rotation(tmp_path: Path) -> None:
    opened = Opened(tmp_path / "log")
    opened.file.write(b"before\n")
    opened.file.flush()
    (tmp_path / "log").rename(tmp_path / "log.1")
    opened.file.write(b"between\n")
    opened.file.reopen()
    opened.file.flush()
    assert (tmp_path / "log.1").read_bytes() == b"before\n"
    assert (tmp_path / "log").read_bytes() == b"between\n"


def test_a_path_that_cannot_be_opened_again_leaves_the_old_file_in_use(tmp_path: Path) -> None:
    directory = tmp_path / "logs"
    directory.mkdir()
    opened = Opened(directory / "log")
    directory.rename(tmp_path / "moved")
    with pytest.raises(FileNotFoundError):
        opened.file.reopen()
    opened.file.write(b"kept\n")
    opened.file.flush()
    assert (tmp_path / "moved" / "log").read_bytes() == b"kept\n"


@pytest.mark.parametrize("path", ["/nonexistent/log", "/tmp"])
def test_refuses_what_cannot_be_a_log(path: str) -> None:
    with pytest.raises(OSError, match="directory"):
        Opened(path)


def test_a_closed_file_lets_go_of_its_descriptor(tmp_path: Path) -> None:
    before = len(os.listdir("/proc/self/fd"))
    opened = Opened(tmp_path / "log")
    opened.file.close()
    opened.file.close()
    assert len(os.listdir("/proc/self/fd")) == before
