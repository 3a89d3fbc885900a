import os
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from portico.api.clock import Clock
from portico.api.log import COMPONENTS, LogLevel, LogSink
from portico.net.log_writer import LogWriter
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock

PATIENCE_S = 5.0
STEP_S = 0.01


class Warnings(LogSink):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def warnings() -> Iterator[list[str]]:
    before, COMPONENTS.sink = COMPONENTS.sink, Warnings()
    yield COMPONENTS.sink.texts
    COMPONENTS.sink = before


class Writer:
    """A writer on its own clock; what it does is waited for, never slept for."""

    def __init__(self, interval_s: float = 3600.0, min_bytes: int = 64 * 1024, clock: Clock | None = None) -> None:
        self.store = StatsStore()
        self.clock = FakeClock() if clock is None else clock
        self.files = LogWriter(self.store, self.clock, interval_s, min_bytes)

    def counter(self, name: str) -> int:
        return self.store.counters[name].value

    def open(self, path: Path | str) -> Callable[[bytes], None]:
        return self.files.open(str(path)).write


@pytest.fixture
def writer() -> Iterator[Writer]:
    opened = Writer()
    yield opened
    opened.files.close()


def wait_until(is_true: Callable[[], bool]) -> None:
    moment = threading.Event()
    for _ in range(int(PATIENCE_S / STEP_S)):
        if is_true():
            return
        moment.wait(STEP_S)
    raise AssertionError("it did not happen")


def test_the_first_line_is_written_at_once_and_the_next_wait(writer: Writer, tmp_path: Path) -> None:
    log = tmp_path / "log"
    write = writer.open(log)
    write(b"first\n")
    wait_until(lambda: log.read_bytes() == b"first\n")
    write(b"second\n")
    assert log.read_bytes() == b"first\n"
    writer.files.close()
    assert log.read_bytes() == b"first\nsecond\n"


def test_much_is_written_before_its_time(tmp_path: Path) -> None:
    writer = Writer(min_bytes=100)
    write = writer.open(tmp_path / "log")
    write(b"first\n")
    wait_until(lambda: (tmp_path / "log").stat().st_size == 6)
    write(b"x" * 200 + b"\n")
    wait_until(lambda: (tmp_path / "log").stat().st_size == 207)
    assert writer.counter("filesystem.flushed_by_timer") == 0
    writer.files.close()


class RealClock(FakeClock):
    def now(self) -> float:
        return time.monotonic()


def test_what_waits_is_written_when_its_time_comes(tmp_path: Path) -> None:
    log = tmp_path / "log"
    writer = Writer(interval_s=0.03, clock=RealClock())
    write = writer.open(log)
    write(b"first\n")
    wait_until(lambda: log.read_bytes() == b"first\n")
    write(b"second\n")
    wait_until(lambda: log.read_bytes() == b"first\nsecond\n")
    assert writer.counter("filesystem.flushed_by_timer") > 0
    writer.files.close()


def test_a_path_is_opened_once(writer: Writer, tmp_path: Path) -> None:
    assert writer.files.open(str(tmp_path / "log")) is writer.files.open(str(tmp_path / "log"))
    assert writer.files.open(str(tmp_path / "other")) is not writer.files.open(str(tmp_path / "log"))


def test_reopen_follows_every_path(writer: Writer, tmp_path: Path) -> None:
    log = tmp_path / "log"
    write = writer.open(log)
    write(b"before\n")
    wait_until(lambda: log.read_bytes() == b"before\n")
    log.rename(tmp_path / "log.1")
    writer.files.reopen()
    wait_until(log.exists)
    write(b"after\n")
    writer.files.close()
    assert log.read_bytes() == b"after\n"


def test_reopen_that_fails_is_counted_and_told(writer: Writer, tmp_path: Path, warnings: list[str]) -> None:
    directory = tmp_path / "logs"
    directory.mkdir()
    writer.open(directory / "log")
    directory.rename(tmp_path / "moved")
    writer.files.reopen()
    wait_until(lambda: bool(warnings))
    assert writer.counter("filesystem.reopen_failed") == 1
    assert warnings == [f"cannot reopen '{directory}/log': No such file or directory; the old file stays in use"]


def test_a_full_disk_is_told_once_a_second(tmp_path: Path, warnings: list[str]) -> None:
    writer = Writer(min_bytes=1)
    write = writer.open("/dev/full")
    for lines in range(1, 4):
        write(b"lost\n")
        wait_until(lambda lines=lines: writer.counter("portico.access_log_dropped") == lines)  # type: ignore[misc]
    wait_until(lambda: bool(warnings))
    writer.files.close()
    assert warnings == ["cannot write to '/dev/full': No space left on device; lines are dropped"]


def test_a_pipe_nobody_reads_delays_neither_writers_nor_other_files(writer: Writer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    stuck, other = writer.open(tmp_path / "fifo"), writer.open(tmp_path / "log")
    for _ in range(2000):
        stuck(b"x" * 1023 + b"\n")
    other(b"through\n")
    wait_until(lambda: (tmp_path / "log").read_bytes() == b"through\n")
    assert writer.counter("portico.access_log_dropped") == 2000 - 1024
    writer.files.close()


def test_a_pipe_that_is_read_again_gets_what_waited(writer: Writer, tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    write = writer.open(tmp_path / "fifo")
    write(b"waited\n")
    reader = os.open(tmp_path / "fifo", os.O_RDONLY | os.O_NONBLOCK)
    received: list[bytes] = []

    def has_come() -> bool:
        try:
            received.append(os.read(reader, 100))
        except BlockingIOError:
            return False
        return b"".join(received) == b"waited\n"

    wait_until(has_come)
    os.close(reader)


def test_stats_are_there_from_the_start() -> None:
    store = Writer().store
    names = {"write_buffered", "write_completed", "write_failed", "flushed_by_timer", "reopen_failed"}
    assert {f"filesystem.{name}" for name in names} <= set(store.counters)
    assert store.gauges["filesystem.write_total_buffered"].value == 0
    assert store.counters["portico.access_log_dropped"].value == 0


def test_closing_without_a_file_is_harmless() -> None:
    Writer().files.close()
