"""The starter: a process without threads or loops that has imported what a worker needs, and forks one when asked.

A worker shares the starter's memory, so it costs milliseconds and little memory (docs/decisions/worker-start.md).
It is forked twice, so that on Linux main becomes its parent: main learns how it ended, and a starter that is killed
takes no worker with it.
"""

from __future__ import annotations

import asyncio
import gc
import importlib
import os
import socket
import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple

from portico.api.log import logger
from portico.ipc.channel import READ_BYTES, Channel
from portico.ipc.frames import MAX_DESCRIPTORS, FrameReader, close_all, frame_of
from portico.ipc.messages import Message, Preload, Spawn, Spawned
from portico.ipc.parent_death import adopt_orphans
from portico.ipc.process import run_forked

LOG: Final = logger("main", __name__)

WorkerMain = Callable[[socket.socket], None]


class StarterProcess(NamedTuple):
    """A starter that runs, and main's end of its channel."""

    pid: int
    control: socket.socket


def fork_starter(worker_main: WorkerMain) -> StarterProcess:
    """Call it before the first thread: locks that other threads hold would stay locked in the fork."""
    adopt_orphans()
    ours, theirs = socket.socketpair()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid == 0:
        ours.close()
        run_forked(lambda: serve(theirs, worker_main))
    theirs.close()
    return StarterProcess(pid, ours)


def serve(control: socket.socket, worker_main: WorkerMain) -> None:
    """The starter's life: fork on request, until main is gone."""
    gc.collect()
    gc.freeze()  # workers would otherwise copy every page the collector touches
    reader = FrameReader()
    while True:
        data, descriptors, _, _ = socket.recv_fds(control, READ_BYTES, MAX_DESCRIPTORS)
        if not data:
            return
        reader.feed(data, descriptors)
        while (arrived := reader.next()) is not None:
            message, received = arrived
            if isinstance(message, Preload):
                for name in message.modules:
                    importlib.import_module(name)
                gc.freeze()
            elif isinstance(message, Spawn):
                pid = fork_worker(control, received[0], worker_main)
                control.sendall(frame_of(Spawned(message.ticket, pid), 0))
            close_all(received)


def fork_worker(control: socket.socket, end: int, worker_main: WorkerMain) -> int:
    """Its pid. The process between exits at once, which hands the worker to main."""
    pid_reader, pid_writer = os.pipe()
    between = os.fork()
    if between == 0:
        pid = os.fork()
        if pid == 0:
            control.close()
            os.close(pid_reader)
            os.close(pid_writer)
            run_forked(lambda: worker_main(socket.socket(fileno=end)))
        os.write(pid_writer, pid.to_bytes(8, "big"))
        os._exit(0)
    os.close(pid_writer)
    try:
        os.waitpid(between, 0)
        return int.from_bytes(os.read(pid_reader, 8), "big")
    finally:
        os.close(pid_reader)


class Starter:
    """Main's side. A starter that dies is replaced by a fresh interpreter, since main has threads by then."""

    def __init__(self, loop: asyncio.AbstractEventLoop, process: StarterProcess, relaunch: list[str]) -> None:
        """``relaunch``: the command of a fresh starter; the number of its control descriptor is appended."""
        self._loop = loop
        self._process = process
        self._relaunch = relaunch
        self._tickets = 0
        self._waiting: dict[int, asyncio.Future[int]] = {}
        self._modules: tuple[str, ...] = ()
        self._is_stopping = False
        self._channel = Channel(process.control, loop, self._on_message, self._on_closed)

    def preload(self, modules: tuple[str, ...]) -> None:
        self._modules = modules
        self._channel.send(Preload(modules))

    async def spawn(self, name: str, end: socket.socket) -> int:
        """A worker's pid; it holds ``end`` of the channel. ConnectionError if the starter died meanwhile."""
        self._tickets += 1
        future: asyncio.Future[int] = self._loop.create_future()
        self._waiting[self._tickets] = future
        self._channel.send(Spawn(self._tickets, name), [end.fileno()])
        return await future

    def stop(self) -> None:
        self._is_stopping = True
        self._channel.close()

    def _on_message(self, message: Message, descriptors: list[int]) -> None:
        close_all(descriptors)
        if isinstance(message, Spawned):
            waiting = self._waiting.pop(message.ticket)
            if not waiting.done():
                waiting.set_result(message.pid)

    def _on_closed(self) -> None:
        waiting, self._waiting = self._waiting, {}
        for future in waiting.values():
            if not future.done():
                future.set_exception(ConnectionError("the worker starter died"))
        if not self._is_stopping:
            LOG.warning(f"the worker starter (pid {self._process.pid}) died; starting another")
            self._loop.call_later(REAP_AFTER_S, reap, self._process.pid)
            self._process = launch_starter(self._relaunch)
            self._channel = Channel(self._process.control, self._loop, self._on_message, self._on_closed)
            self._channel.send(Preload(self._modules))


REAP_AFTER_S: Final = 0.5  # a dying process closes its channel a little before it can be waited for


def launch_starter(command: list[str]) -> StarterProcess:
    """A starter in a fresh interpreter."""
    ours, theirs = socket.socketpair()
    with theirs:
        os.set_inheritable(theirs.fileno(), True)
        pid = os.posix_spawn(command[0], [*command, str(theirs.fileno())], os.environ)
    return StarterProcess(pid, ours)


def reap(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)
