"""One worker as main sees it: a pid, a channel, and what it still owes an answer to."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from collections.abc import Callable
from contextlib import suppress
from enum import Enum
from typing import Final

from portico.ipc.channel import Channel
from portico.ipc.frames import close_all
from portico.ipc.messages import HostStatsReport, Message, Ready, StatsReport
from portico.ipc.process import exit_reason

REAP_INTERVAL_S: Final = 0.01
# A worker that lost its channel has this long to write out its logs.
EXIT_GRACE_S: Final = 1.0


class WorkerState(Enum):
    """SPAWNING until it was told the current state, STARTING until it accepts, GONE when its channel is closed."""

    SPAWNING = 1
    STARTING = 2
    READY = 3
    GONE = 4


class WorkerHandle:
    """Created when the process is asked for. ``on_message`` hears everything, answers included."""

    def __init__(
        self,
        index: int,
        loop: asyncio.AbstractEventLoop,
        end: socket.socket,
        on_message: Callable[[WorkerHandle, Message], None],
        on_gone: Callable[[WorkerHandle], None],
    ) -> None:
        self.index = index
        self.pid = 0
        self.was_ready = False
        self.state = WorkerState.SPAWNING
        self.started_at = loop.time()
        self._loop = loop
        self._on_message = on_message
        self._on_gone = on_gone
        self._answers: dict[int, asyncio.Future[Message | None]] = {}
        self.channel = Channel(end, loop, self._receive, self._closed)

    def answer(self, ticket: int) -> asyncio.Future[Message | None]:
        """The report of that ticket, or None if the worker dies first."""
        future: asyncio.Future[Message | None] = self._loop.create_future()
        if self.state is WorkerState.GONE:
            future.set_result(None)
        else:
            self._answers[ticket] = future
        return future

    async def reap(self) -> str:
        """How the process ended; killed if it has not within EXIT_GRACE_S."""
        deadline = self._loop.time() + EXIT_GRACE_S
        while self.pid:
            try:
                pid, status = os.waitpid(self.pid, os.WNOHANG)
            except ChildProcessError:
                return "gone"  # where orphans are not adopted, init has its status
            if pid:
                return exit_reason(status)
            if self._loop.time() > deadline:
                self.kill()
            await asyncio.sleep(REAP_INTERVAL_S)
        return "never started"

    def kill(self) -> None:
        if self.pid:
            with suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGKILL)

    def _receive(self, message: Message, descriptors: list[int]) -> None:
        close_all(descriptors)
        if isinstance(message, Ready):
            self.state = WorkerState.READY
            self.was_ready = True
        # An answer that comes too late for who asked still counts: a stats report is told once.
        self._on_message(self, message)
        if isinstance(message, StatsReport | HostStatsReport) and message.ticket in self._answers:
            future = self._answers.pop(message.ticket)
            if not future.done():
                future.set_result(message)

    def _closed(self) -> None:
        self.state = WorkerState.GONE
        answers, self._answers = self._answers, {}
        for future in answers.values():
            if not future.done():
                future.set_result(None)
        self._on_gone(self)

    def __repr__(self) -> str:
        return f"WorkerHandle({self.index}, pid {self.pid}, {self.state.name})"
