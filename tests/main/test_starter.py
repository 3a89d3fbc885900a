"""Starters come and go; that no worker is lost with them is proven in tests/integration/test_processes.py."""

import asyncio
import os
import socket
import sys

import pytest

from portico.ipc.frames import frame_of
from portico.ipc.messages import Spawned
from portico.main.starter import Starter, StarterProcess, launch_starter, reap
from tests.forked import fork


def test_launching_hands_the_command_one_end_of_the_channel() -> None:
    code = "import socket, sys; socket.socket(fileno=int(sys.argv[1])).sendall(b'hello')"
    process = launch_starter([sys.executable, "-c", code])
    with process.control:
        assert process.control.recv(100) == b"hello"
    os.waitpid(process.pid, 0)


def test_spawning_waits_for_the_pid() -> None:
    async def run() -> None:
        ours, theirs = socket.socketpair()
        starter = Starter(asyncio.get_running_loop(), StarterProcess(0, ours), [])
        end, other = socket.socketpair()
        spawning = asyncio.create_task(starter.spawn("worker 0", end))
        await asyncio.sleep(0)
        theirs.sendall(frame_of(Spawned(1, 4711), 0))
        assert await asyncio.wait_for(spawning, 5) == 4711
        starter.stop()
        for each in (theirs, end, other):
            each.close()

    asyncio.run(run())


def test_a_starter_that_dies_fails_what_it_was_asked_and_is_launched_anew() -> None:
    async def run() -> None:
        ours, theirs = socket.socketpair()
        starter = Starter(
            asyncio.get_running_loop(), StarterProcess(1, ours), [sys.executable, "-c", "import time; time.sleep(60)"]
        )
        end, other = socket.socketpair()
        spawning = asyncio.create_task(starter.spawn("worker 0", end))
        await asyncio.sleep(0)
        theirs.close()
        with pytest.raises(ConnectionError, match="the worker starter died"):
            await asyncio.wait_for(spawning, 5)
        successor = starter._process.pid
        assert successor > 1
        starter.stop()
        os.kill(successor, 9)
        os.waitpid(successor, 0)
        for each in (end, other):
            each.close()

    asyncio.run(run())


def test_reaping_twice_is_harmless() -> None:
    pid = fork()
    if pid == 0:
        os._exit(0)
    os.waitid(os.P_PID, pid, os.WEXITED | os.WNOWAIT)
    reap(pid)
    reap(pid)
    with pytest.raises(ChildProcessError):
        os.waitpid(pid, 0)
