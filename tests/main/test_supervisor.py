"""Workers that are places in a table: a fake starter gives each a channel instead of a process.

Real processes, and how soon a killed one is replaced: tests/integration/test_processes.py.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable

import pytest

from portico.ipc.channel import Channel
from portico.ipc.frames import close_all
from portico.ipc.messages import (
    ClusterUpdate,
    ConfigurationEnd,
    LogLevels,
    Message,
    Ready,
    StatsReport,
    StatsRequest,
    Welcome,
)
from portico.ipc.shared_table import HEARTBEAT, ColumnNames, SharedTable, create_table
from portico.main.starter import Starter, StarterProcess
from portico.main.supervisor import Supervisor, WorkerSettings, WorkerStartError, restart_delay_s
from portico.main.worker_handle import WorkerHandle

DEADLINE_S = 10.0


class FakeWorker:
    """The other end of a channel: writes down what it hears, says Ready when it knows all, answers what it is asked."""

    def __init__(self, starter: FakeStarter, end: socket.socket) -> None:
        self.heard: list[Message] = []
        self.starter = starter
        self.channel = Channel(end, asyncio.get_running_loop(), self.receive, lambda: None)

    def receive(self, message: Message, descriptors: list[int]) -> None:
        close_all(descriptors)
        self.heard.append(message)
        if isinstance(message, ConfigurationEnd):
            if self.starter.is_broken:
                self.channel.close()
            else:
                self.channel.send(Ready())
        elif isinstance(message, StatsRequest) and self not in self.starter.silent:
            self.channel.send(StatsReport(message.ticket, "counts"))


class FakeStarter(Starter):
    def __init__(self) -> None:
        self.spawned: list[FakeWorker] = []
        self.silent: list[FakeWorker] = []
        self.is_broken = False
        ours, self.unused = socket.socketpair()
        super().__init__(asyncio.get_running_loop(), StarterProcess(0, ours), [])

    async def spawn(self, name: str, end: socket.socket) -> int:
        self.spawned.append(FakeWorker(self, end.dup()))
        return 0


class Surroundings:
    def __init__(self, concurrency: int) -> None:
        self.starter = FakeStarter()
        self.table: SharedTable = create_table(concurrency)
        loop = asyncio.get_running_loop()
        settings = WorkerSettings(concurrency, log=("%v", True, "a.log"))
        self.supervisor = Supervisor(loop, self.starter, self.table, ColumnNames(), settings)
        self.gone: list[WorkerHandle] = []
        self.supervisor.events.on_gone = self.gone.append

    async def close(self) -> None:
        await self.supervisor.stop()
        for worker in self.starter.spawned:
            worker.channel.close()
        self.starter.unused.close()
        self.table.cells.release()
        os.close(self.table.descriptor)


def with_workers(concurrency: int, body: Callable[[Surroundings], Awaitable[None]]) -> None:
    async def run() -> None:
        around = Surroundings(concurrency)
        try:
            await asyncio.wait_for(body(around), DEADLINE_S)
        finally:
            await around.close()

    asyncio.run(run())


async def until(condition: Callable[[], bool]) -> None:
    while not condition():
        await asyncio.sleep(0)


def test_starting_ends_when_every_worker_is_ready() -> None:
    async def body(around: Surroundings) -> None:
        await around.supervisor.start()
        welcomes = [worker.heard[0] for worker in around.starter.spawned]
        told = [(each.index, each.concurrency, each.log) for each in welcomes if isinstance(each, Welcome)]
        assert told == [(0, 2, ("%v", True, "a.log")), (1, 2, ("%v", True, "a.log"))]
        assert [repr(each) for each in around.supervisor.workers] == [
            "WorkerHandle(0, pid 0, READY)",
            "WorkerHandle(1, pid 0, READY)",
        ]

    with_workers(2, body)


def test_a_worker_that_dies_before_it_is_ready_fails_the_start() -> None:
    async def body(around: Surroundings) -> None:
        around.starter.is_broken = True
        with pytest.raises(WorkerStartError, match=r"worker 0 \(pid 0\) never started before it accepted connections"):
            await around.supervisor.start()

    with_workers(1, body)


def test_a_successor_hears_what_its_predecessor_heard() -> None:
    async def body(around: Surroundings) -> None:
        supervisor, starter = around.supervisor, around.starter
        await supervisor.start()
        changes: list[Message] = [LogLevels({"main": 1}), ClusterUpdate(1, "a", b"1"), ClusterUpdate(2, "a", b"2")]
        for change in changes:
            supervisor.tell(change)
        first = starter.spawned[0]
        await until(lambda: first.heard[-1] == changes[-1])
        assert first.heard[1:] == [ConfigurationEnd(), *changes]
        around.table.row(0)[HEARTBEAT] = 5

        first.channel.close()
        await until(lambda: len(starter.spawned) == 2)
        successor = starter.spawned[1]
        await until(lambda: ConfigurationEnd() in successor.heard)
        assert successor.heard[1:] == [LogLevels({"main": 1}), ClusterUpdate(2, "a", b"2"), ConfigurationEnd()]
        assert [each.index for each in around.gone] == [0]
        assert supervisor.restarts == 1
        assert around.table.row(0)[HEARTBEAT] == 0

    with_workers(1, body)


def test_a_worker_that_is_busy_is_left_out_of_an_answer() -> None:
    async def body(around: Surroundings) -> None:
        await around.supervisor.start()
        assert len(await around.supervisor.ask(StatsRequest)) == 2
        around.starter.silent.append(around.starter.spawned[0])
        answers = await around.supervisor.ask(StatsRequest, timeout_s=0.05)
        assert answers == [StatsReport(2, "counts")]

    with_workers(2, body)


def test_a_worker_that_dies_over_a_question_is_not_waited_for() -> None:
    async def body(around: Surroundings) -> None:
        await around.supervisor.start()
        around.starter.silent += around.starter.spawned
        asking = asyncio.create_task(around.supervisor.ask(StatsRequest, timeout_s=DEADLINE_S))
        await asyncio.sleep(0)
        for worker in list(around.starter.spawned):
            worker.channel.close()
        assert await asking == []

    with_workers(2, body)


def test_who_is_stopped_gets_no_successor() -> None:
    async def body(around: Surroundings) -> None:
        await around.supervisor.start()
        await around.supervisor.stop()
        await asyncio.sleep(0)
        assert (around.supervisor.workers, len(around.starter.spawned)) == ([], 2)

    with_workers(2, body)


@pytest.mark.parametrize(
    ("early_deaths", "delay_s"), [(0, 0.0), (1, 0.0), (2, 0.25), (3, 0.5), (4, 1.0), (7, 8.0), (8, 10.0), (100, 10.0)]
)
def test_a_crash_loop_slows_down(early_deaths: int, delay_s: float) -> None:
    assert restart_delay_s(early_deaths) == delay_s
