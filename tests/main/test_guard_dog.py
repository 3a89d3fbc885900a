"""Who is named as stuck, and who is killed."""

import asyncio
import socket
from collections.abc import Iterator

import pytest

from portico.api.log import COMPONENTS, LogLevel, LogSink
from portico.ipc.shared_table import create_table
from portico.main.guard_dog import STUCK_MS, GuardDog
from portico.main.worker_handle import WorkerHandle
from tests.main.recording import RecordingSupervisor


class Worker(WorkerHandle):
    """One that notes its death."""

    def __init__(self) -> None:
        ours, theirs = socket.socketpair()
        super().__init__(0, asyncio.get_running_loop(), ours, lambda _, message: None, lambda _: None)
        self.channel.close()
        theirs.close()
        self.is_killed = False

    def kill(self) -> None:
        self.is_killed = True


class Lines(LogSink):
    def __init__(self) -> None:
        self.texts: list[str] = []

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        self.texts.append(text)


@pytest.fixture
def lines() -> Iterator[Lines]:
    before = COMPONENTS.sink
    COMPONENTS.sink = made = Lines()
    yield made
    COMPONENTS.sink = before


def killed(kill_ms: int, *silences_ms: int) -> bool:
    async def body() -> bool:
        worker = Worker()
        dog = GuardDog(asyncio.get_running_loop(), create_table(1), RecordingSupervisor(), kill_ms)
        for silent_ms in silences_ms:
            dog.check(worker, silent_ms)
        return worker.is_killed

    return asyncio.run(body())


def test_a_worker_that_turns_is_left_alone(lines: Lines) -> None:
    assert not killed(1000, 100, 900)
    assert lines.texts == []


def test_a_stuck_one_is_named_once_until_it_turns_again(lines: Lines) -> None:
    assert not killed(0, STUCK_MS, STUCK_MS + 1, 100, STUCK_MS)
    assert len(lines.texts) == 2
    assert lines.texts[0] == f"worker 0 (pid 0) has been stuck for {STUCK_MS} ms"


def test_it_is_killed_when_its_time_is_up(lines: Lines) -> None:
    assert killed(1000, 1000)
    assert lines.texts == ["worker 0 (pid 0) has been stuck for 1000 ms; killing it"]
