"""A worker as main sees it: states, answers, its end."""

import asyncio
import os
import signal
import socket

from portico.ipc.channel import Channel
from portico.ipc.messages import Applied, Message, Ready, StatsReport
from portico.main.worker_handle import WorkerHandle, WorkerState
from tests.forked import fork


class Pair:
    """A handle and the worker's end of its channel."""

    def __init__(self) -> None:
        loop = asyncio.get_running_loop()
        self.heard: list[Message] = []
        self.gone: list[WorkerHandle] = []
        ours, theirs = socket.socketpair()
        self.handle = WorkerHandle(3, loop, ours, lambda _, message: self.heard.append(message), self.gone.append)
        self.worker = Channel(theirs, loop, lambda message, descriptors: None, lambda: None)

    async def say(self, *messages: Message) -> None:
        count = len(self.heard) + len(messages)
        for message in messages:
            self.worker.send(message)
        while len(self.heard) < count:
            await asyncio.sleep(0)


def test_ready_makes_it_ready_and_everything_is_heard() -> None:
    async def body() -> None:
        pair = Pair()
        states = [pair.handle.state]
        await pair.say(Applied(1), Ready())
        states.append(pair.handle.state)
        assert pair.handle.was_ready
        assert pair.heard == [Applied(1), Ready()]
        pair.worker.close()
        while not pair.gone:
            await asyncio.sleep(0)
        states.append(pair.handle.state)
        assert states == [WorkerState.SPAWNING, WorkerState.READY, WorkerState.GONE]

    asyncio.run(body())


def test_an_answer_goes_to_who_asked_and_a_late_one_to_the_listener_alone() -> None:
    async def body() -> None:
        pair = Pair()
        asked = pair.handle.answer(7)
        await pair.say(StatsReport(6, "late"), StatsReport(7, "asked"))
        assert asked.result() == StatsReport(7, "asked")
        assert pair.heard == [StatsReport(6, "late"), StatsReport(7, "asked")]
        pair.handle.channel.close()
        pair.worker.close()

    asyncio.run(body())


def test_who_waits_for_a_worker_that_dies_is_told() -> None:
    async def body() -> None:
        pair = Pair()
        asked = pair.handle.answer(7)
        pair.worker.close()
        assert await asyncio.wait_for(asked, 5) is None
        assert await pair.handle.answer(8) is None

    asyncio.run(body())


def test_reaping_tells_how_it_ended() -> None:
    async def body() -> None:
        pair = Pair()
        assert await pair.handle.reap() == "never started"
        pair.handle.pid = fork()
        if pair.handle.pid == 0:
            os._exit(3)
        assert await pair.handle.reap() == "exited with status 3"
        pair.worker.close()
        pair.handle.channel.close()

    asyncio.run(body())


def test_what_does_not_end_is_killed() -> None:
    async def body() -> None:
        pair = Pair()
        pair.handle.pid = fork()
        if pair.handle.pid == 0:
            while True:
                signal.pause()
        assert await pair.handle.reap() == "killed by SIGKILL"
        pair.worker.close()
        pair.handle.channel.close()

    asyncio.run(body())
