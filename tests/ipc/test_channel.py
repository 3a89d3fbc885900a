"""Two ends of a socketpair, on asyncio's loop and on uvloop's."""

import asyncio
import os
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import uvloop

from portico.ipc import channel as channel_module
from portico.ipc.channel import Channel
from portico.ipc.frames import close_all
from portico.ipc.messages import ClusterUpdate, Message, StatsReport, StatsRequest


class End:
    """A channel and what it heard."""

    def __init__(self, end: socket.socket) -> None:
        self.heard: list[Message] = []
        self.descriptors: list[int] = []
        self.closed = asyncio.Event()
        self.arrived = asyncio.Event()
        self.channel = Channel(end, asyncio.get_running_loop(), self.on_message, self.closed.set)

    def on_message(self, message: Message, descriptors: list[int]) -> None:
        self.heard.append(message)
        self.descriptors += descriptors
        self.arrived.set()

    async def until(self, count: int) -> list[Message]:
        while len(self.heard) < count:
            self.arrived.clear()
            await asyncio.wait_for(self.arrived.wait(), 5)
        return self.heard


def pair() -> tuple[End, End]:
    one, other = socket.socketpair()
    return End(one), End(other)


Runner = Callable[[Coroutine[Any, Any, None]], None]


@pytest.fixture(params=["asyncio", "uvloop"])
def run(request: pytest.FixtureRequest) -> Runner:
    factory = uvloop.new_event_loop if request.param == "uvloop" else asyncio.new_event_loop

    def run_in_loop(body: Coroutine[Any, Any, None]) -> None:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(body)

    return run_in_loop


def test_messages_arrive_in_order_both_ways(run: Runner) -> None:
    async def body() -> None:
        one, other = pair()
        for ticket in range(100):
            one.channel.send(StatsRequest(ticket))
        other.channel.send(StatsReport(1, {"a": 1}))
        assert await other.until(100) == [StatsRequest(ticket) for ticket in range(100)]
        assert await one.until(1) == [StatsReport(1, {"a": 1})]
        one.channel.close()
        await other.closed.wait()

    run(body())


def test_descriptors_travel_and_stay_the_senders(run: Runner) -> None:
    async def body() -> None:
        one, other = pair()
        read_end, write_end = os.pipe()
        one.channel.send(StatsRequest(1), [write_end])
        os.close(write_end)
        await other.until(1)
        assert not os.get_inheritable(other.descriptors[0])
        os.write(other.descriptors[0], b"x")
        assert os.read(read_end, 1) == b"x"
        close_all([read_end, *other.descriptors])
        one.channel.close()
        await other.closed.wait()

    run(body())


def test_a_backlog_keeps_order_and_its_descriptors_though_the_sender_closed_them(run: Runner) -> None:
    async def body() -> None:
        one, other = pair()
        big = b"x" * 300_000
        read_end, write_end = os.pipe()
        for ticket in range(20):
            one.channel.send(ClusterUpdate(ticket, "c", big), [write_end] if ticket == 19 else [])
        os.close(write_end)
        assert one.channel.queued_bytes > channel_module.RESUME_BYTES
        heard = await other.until(20)
        assert [message.ticket for message in heard] == list(range(20))  # type: ignore[attr-defined]
        await asyncio.wait_for(one.channel.drained(), 5)
        assert one.channel.queued_bytes <= channel_module.RESUME_BYTES
        os.write(other.descriptors[0], b"x")
        assert os.read(read_end, 1) == b"x"
        close_all([read_end, *other.descriptors])
        one.channel.close()
        await other.closed.wait()

    run(body())


def test_a_peer_that_does_not_read_is_cut_off(run: Runner) -> None:
    async def body() -> None:
        ours, theirs = socket.socketpair()
        one = End(ours)
        big = ClusterUpdate(1, "c", b"x" * (channel_module.MAX_QUEUED_BYTES // 4))
        for _ in range(6):
            one.channel.send(big)
        assert not one.channel.is_open
        assert one.closed.is_set()
        theirs.close()

    run(body())


def test_a_peer_that_is_gone_closes_the_channel_once(run: Runner) -> None:
    async def body() -> None:
        ours, theirs = socket.socketpair()
        one = End(ours)
        theirs.close()
        await asyncio.wait_for(one.closed.wait(), 5)
        one.channel.send(StatsRequest(1))
        one.channel.close()
        assert not one.channel.is_open

    run(body())


def test_an_error_of_who_hears_a_message_leaves_the_channel_open(run: Runner) -> None:
    async def body() -> None:
        ours, theirs = socket.socketpair()
        heard = asyncio.Event()
        errors: list[BaseException] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: errors.append(context["exception"]))

        def on_message(message: Message, descriptors: list[int]) -> None:
            heard.set()
            raise ValueError("of the hearer")

        hearer = Channel(ours, loop, on_message, lambda: None)
        teller = End(theirs)
        teller.channel.send(StatsRequest(1))
        await asyncio.wait_for(heard.wait(), 5)
        await asyncio.sleep(0)
        assert hearer.is_open
        assert [str(error) for error in errors] == ["of the hearer"]
        hearer.close()
        teller.channel.close()

    run(body())


def test_nonsense_closes_the_channel(run: Runner) -> None:
    async def body() -> None:
        ours, theirs = socket.socketpair()
        one = End(ours)
        theirs.sendall(b"\x00\x00\x00\x03\x00abc")
        await asyncio.wait_for(one.closed.wait(), 5)
        assert one.heard == []
        theirs.close()

    run(body())
