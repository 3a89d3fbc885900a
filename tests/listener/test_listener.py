"""Whole listeners on real sockets: connect, be served, stop, drain, close."""

import asyncio
import gc
import itertools
import socket
from collections.abc import Awaitable, Callable

import pytest
import uvloop

from portico.listener.from_proto import listener
from portico.listener.listener import Listener
from portico.net.accept import AcceptServices
from portico.net.timers import SlotClock
from tests.listener.surroundings import Process, listener_message

DEADLINE_S = 10.0


class House:
    """One listener that serves on a free port."""

    def __init__(self, text: str) -> None:
        loop = asyncio.get_running_loop()
        self.process = Process()
        self.process.context.clock = clock = SlotClock(loop)
        head = "{name: ingress, address: {socket_address: {address: 127.0.0.1, port_value: 0}}, stat_prefix: l, "
        self.listener: Listener = listener(listener_message(head + text + "}"), self.process.context)
        self.services = AcceptServices(loop, clock, itertools.count(1).__next__)
        self.sockets: list[socket.socket] = []

    def bind(self) -> socket.socket:
        one = socket.socket()
        one.bind(("127.0.0.1", 0))
        one.listen()
        self.sockets.append(one)
        return one

    def start(self) -> tuple[str, int]:
        one = self.bind()
        self.listener.start(self.services, [one])
        name: tuple[str, int] = one.getsockname()
        return name

    def count(self, name: str) -> int:
        return self.process.counter(f"listener.l.{name}")


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def timed() -> None:
        await asyncio.wait_for(scenario(), DEADLINE_S)

    uvloop.run(timed())


ECHO = "default_filter_chain: {filters: [ECHO]}"


def test_serves_and_counts() -> None:
    async def scenario() -> None:
        house = House(ECHO)
        reader, writer = await asyncio.open_connection(*house.start())
        writer.write(b"hello")
        assert await reader.read(5) == b"hello"
        assert len(house.listener.connections) == 1
        writer.close()
        house.listener.close()
        assert house.count("downstream_cx_total") == house.count("downstream_cx_destroy") == 1

    run(scenario)


def test_exactly_balanced_listener_serves_and_refuses_as_any_other() -> None:
    async def scenario() -> None:
        house = House(ECHO + ", connection_balance_config: {exact_balance: {}}")
        escaped: list[object] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: escaped.append(context))
        house.process.runtime.load({"envoy.resource_limits.listener.ingress.connection_limit": "1"})
        address = house.start()
        for _ in range(3):
            reader, writer = await asyncio.open_connection(*address)
            writer.write(b"hello")
            assert await reader.read(5) == b"hello"
            refused, late = await asyncio.open_connection(*address)
            assert await refused.read() == b""
            for each in (late, writer):
                each.close()
            assert await reader.read() == b""
            while house.listener.connections:
                await asyncio.sleep(0.001)
        house.listener.close()
        gc.collect()
        assert (house.count("downstream_cx_total"), house.count("downstream_cx_overflow")) == (3, 3)
        assert escaped == []

    run(scenario)


def test_stopped_listener_keeps_its_connections_and_a_closed_one_does_not() -> None:
    async def scenario() -> None:
        house = House(ECHO)
        address = house.start()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"one")
        assert await reader.read(3) == b"one"
        house.listener.stop_accepting()
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        writer.write(b"two")
        assert await reader.read(3) == b"two"
        house.listener.close()
        assert await reader.read() == b""
        writer.close()

    run(scenario)


def test_paused_listener_serves_again_after_resume() -> None:
    async def scenario() -> None:
        house = House(ECHO)
        address = house.start()
        house.listener.pause_accepting()
        reader, writer = await asyncio.open_connection(*address)
        writer.write(b"hello")
        house.listener.resume_accepting()
        assert await reader.read(5) == b"hello"
        writer.close()
        house.listener.close()

    run(scenario)


def test_drain_tells_the_filters() -> None:
    async def scenario() -> None:
        house = House(ECHO)
        house.start()
        house.listener.drain()
        assert house.listener.config.drain.should_close()
        assert not house.process.context.drain.should_close()
        house.listener.close()

    run(scenario)


def test_keepalive_and_backlog_reach_the_socket() -> None:
    async def scenario() -> None:
        house = House(ECHO + ", tcp_keepalive: {keepalive_probes: 4}, tcp_backlog_size: 5")
        one = house.bind()
        watched = one.dup()
        house.listener.start(house.services, [one])
        assert watched.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert watched.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 4
        watched.close()
        house.listener.close()

    run(scenario)


def test_slow_reader_of_an_echo_is_not_read_from() -> None:
    async def scenario() -> None:
        house = House(ECHO + ", per_connection_buffer_limit_bytes: 1024")
        peer = socket.create_connection(house.start())
        peer.setblocking(False)
        sent = 0
        stuck = 0
        while stuck < 50:  # until the kernel's buffers on both sides are full
            try:
                sent += peer.send(b"x" * 65536)
                stuck = 0
            except BlockingIOError:
                stuck += 1
            await asyncio.sleep(0)
        (chain,) = house.listener.connections._chains
        assert chain.connection.is_above_high_watermark()
        received = 0
        loop = asyncio.get_running_loop()
        while received < sent:
            received += len(await loop.sock_recv(peer, 1 << 20))
        assert received == sent
        peer.close()
        house.listener.close()

    run(scenario)
