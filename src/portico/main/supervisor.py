"""Keeps --concurrency workers running: starts them, tells them what changes, replaces those that die."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Final

from portico.api.log import logger
from portico.ipc.messages import ConfigurationEnd, Failed, Message, Ready, Welcome
from portico.ipc.shared_table import ColumnNames, SharedTable
from portico.main.current_state import CurrentState, SocketRows
from portico.main.starter import Starter
from portico.main.worker_handle import WorkerHandle, WorkerState

LOG: Final = logger("main", __name__)

# A worker that lived this long died of something else than its start.
STABLE_S: Final = 10.0
# The first successor comes at once: a replacement within a second is promised.
FIRST_DELAY_S: Final = 0.25
MAX_DELAY_S: Final = 10.0
# A worker that is busy for longer is left out of an answer rather than waited for.
ANSWER_TIMEOUT_S: Final = 1.0


@dataclass
class WorkerSettings:
    """What Welcome tells each worker besides its place."""

    concurrency: int
    node: tuple[str, str, str, str] = ("", "", "", "")
    log: tuple[str, bool, str] = ("%v", False, "")
    flush: tuple[int, int] = (10000, 64)
    watchdog: tuple[int, int] = (200, 1000)
    drain: tuple[int, bool] = (600, True)
    stats_config: bytes = b""


@dataclass
class SupervisorEvents:
    """What others want to hear of workers."""

    on_message: Callable[[WorkerHandle, Message], None] = lambda worker, message: None
    on_gone: Callable[[WorkerHandle], None] = lambda worker: None


class WorkerStartError(Exception):
    """A worker of the first generation did not live to accept connections."""


@dataclass
class Place:
    """One row of the table: the worker that has it, and how its predecessors fared."""

    index: int
    worker: WorkerHandle | None = None
    early_deaths: int = 0
    ready: asyncio.Event = field(default_factory=asyncio.Event)


class Supervisor:
    """Workers by place. All changes go through ``tell``, so that a successor hears what its predecessor heard."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        starter: Starter,
        table: SharedTable,
        columns: ColumnNames,
        settings: WorkerSettings,
    ) -> None:
        self._loop = loop
        self._starter = starter
        self._table = table
        self._columns = columns
        self._settings = settings
        self._state = CurrentState()
        self._places = [Place(index) for index in range(settings.concurrency)]
        self._tasks: set[asyncio.Task[None]] = set()
        self._tickets = 0
        self._is_stopping = False
        self._start_failure: asyncio.Future[None] = loop.create_future()
        self.events = SupervisorEvents()
        self.restarts = 0

    @property
    def workers(self) -> list[WorkerHandle]:
        """Those that live, by place."""
        places = self._places
        return [each.worker for each in places if each.worker and each.worker.state is not WorkerState.GONE]

    def ticket(self) -> int:
        self._tickets += 1
        return self._tickets

    def tell(self, message: Message, sockets: SocketRows = ()) -> None:
        """Make a change known to all workers, present and future. ``sockets``: a listener's, a row for each worker."""
        self._state.record(message, sockets)
        for worker in self._listening():
            row = sockets[worker.index] if sockets else ()
            worker.channel.send(message, [each.fileno() for each in row])

    async def ask(self, question: Callable[[int], Message], timeout_s: float = ANSWER_TIMEOUT_S) -> list[Message]:
        """The answers of the workers that gave one in time."""
        ticket = self.ticket()
        workers = self._listening()
        answers = [worker.answer(ticket) for worker in workers]
        message = question(ticket)
        for worker in workers:
            worker.channel.send(message)
        if not answers:
            return []
        done, _ = await asyncio.wait(answers, timeout=timeout_s)
        return [answer for future in answers if future in done and (answer := future.result()) is not None]

    async def start(self) -> None:
        """Returns when every worker accepts connections. Raises WorkerStartError if one dies before that."""
        for place in self._places:
            self._run(self._start_worker(place))
        everyone = self._loop.create_task(self._all_ready())
        await asyncio.wait([everyone, self._start_failure], return_when=asyncio.FIRST_COMPLETED)
        everyone.cancel()
        if self._start_failure.done():
            self._start_failure.result()

    async def stop(self) -> None:
        """End all workers at once. Their connections are closed, their logs written out."""
        self._is_stopping = True
        self._starter.stop()
        workers = self.workers
        for worker in workers:
            worker.channel.close()
        await asyncio.gather(*[worker.reap() for worker in workers])
        for task in self._tasks:
            task.cancel()

    def _listening(self) -> list[WorkerHandle]:
        """Those that were told the current state; the others will be."""
        return [worker for worker in self.workers if worker.state is not WorkerState.SPAWNING]

    async def _all_ready(self) -> None:
        for place in self._places:
            await place.ready.wait()

    async def _start_worker(self, place: Place) -> None:
        ours, theirs = socket.socketpair()
        worker = place.worker = WorkerHandle(place.index, self._loop, ours, self._on_message, self._on_gone)
        with theirs:
            try:
                worker.pid = await self._starter.spawn(f"worker {place.index}", theirs)
            except ConnectionError:
                worker.channel.close()  # as if it had died: its place is filled again
                return
        settings = self._settings
        welcome = Welcome(
            index=place.index,
            concurrency=settings.concurrency,
            main_pid=os.getpid(),
            node=settings.node,
            log=settings.log,
            flush=settings.flush,
            watchdog=settings.watchdog,
            drain=settings.drain,
            stats_config=settings.stats_config,
        )
        worker.channel.send(welcome, [self._table.descriptor])
        for message, descriptors in self._state.replay(place.index):
            worker.channel.send(message, descriptors)
        worker.channel.send(ConfigurationEnd())
        worker.state = WorkerState.STARTING

    def _on_message(self, worker: WorkerHandle, message: Message) -> None:
        if isinstance(message, Ready):
            self._places[worker.index].ready.set()
        elif isinstance(message, Failed):
            LOG.error(f"worker {worker.index}: {message.reason}")
        self.events.on_message(worker, message)

    def _on_gone(self, worker: WorkerHandle) -> None:
        self.events.on_gone(worker)
        if not self._is_stopping:
            self._run(self._replace(worker))

    async def _replace(self, worker: WorkerHandle) -> None:
        reason = await worker.reap()
        place = self._places[worker.index]
        if not place.ready.is_set():
            if not self._start_failure.done():
                message = f"worker {worker.index} (pid {worker.pid}) {reason} before it accepted connections"
                self._start_failure.set_exception(WorkerStartError(message))
            return
        self.restarts += 1
        self._table.zero_row(worker.index, self._columns.used)
        lived_s = self._loop.time() - worker.started_at
        place.early_deaths = 0 if lived_s >= STABLE_S else place.early_deaths + 1
        delay_s = restart_delay_s(place.early_deaths)
        LOG.error(
            f"worker {worker.index} (pid {worker.pid}) {reason} after {lived_s:.1f} s; restarting it in {delay_s:g} s"
        )
        await asyncio.sleep(delay_s)
        await self._start_worker(place)

    def _run(self, work: Coroutine[None, None, None]) -> None:
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def restart_delay_s(early_deaths: int) -> float:
    """0 for the first death soon after a start, then doubling: a crash loop must not eat the machine."""
    if early_deaths <= 1:
        return 0.0
    return min(FIRST_DELAY_S * 2.0 ** (early_deaths - 2), MAX_DELAY_S)
