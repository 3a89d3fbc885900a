"""Real sockets on the loop that serves in production."""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest
import uvloop

from portico.api.connection import CloseType, ConnectionEvent, ConnectionHandler
from portico.api.stats import Histogram, Unit
from portico.net.accept import (
    AcceptHandler,
    AcceptOptions,
    Acceptor,
    AcceptServices,
    bound_address,
    ip_address,
)
from portico.net.connection import TcpConnection
from portico.net.timers import SlotClock

DEADLINE_S = 10.0


class Echo(ConnectionHandler):
    def __init__(self, connection: TcpConnection) -> None:
        self.connection = connection
        self.events: list[ConnectionEvent] = []

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.connection.write(data)

    def on_event(self, event: ConnectionEvent) -> None:
        self.events.append(event)


class Guests(AcceptHandler):
    """Everybody who came."""

    def __init__(self) -> None:
        self.connections: list[TcpConnection] = []
        self.errors: list[str] = []
        self.raises = False
        self.arrived = asyncio.Event()

    def on_accept(self, connection: TcpConnection) -> None:
        self.connections.append(connection)
        self.arrived.set()
        if self.raises:
            raise ValueError("a bug")
        connection.handler = Echo(connection)

    def on_accept_failure(self, connection: TcpConnection, error: Exception) -> None:
        self.errors.append(str(error))


INNS: list[Inn] = []  # of the scenario under way


class Inn:
    """One acceptor and its guests."""

    def __init__(self, *sockets: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        self.guests = Guests()
        self.batches = Histogram("batches", Unit.UNSPECIFIED)
        self.options = AcceptOptions(1 << 20, self.batches)
        ids = iter(range(1, 100_000))
        services = AcceptServices(loop, SlotClock(loop), ids.__next__)
        self.acceptor = Acceptor(services, self.guests, self.options)
        INNS.append(self)
        for each in sockets:
            self.acceptor.listen(each)


def bound(family: socket.AddressFamily = socket.AF_INET, host: str = "127.0.0.1") -> socket.socket:
    one = socket.socket(family, socket.SOCK_STREAM)
    one.bind((host, 0))
    one.listen()
    return one


def run(scenario: Callable[[], Awaitable[None]]) -> None:
    async def timed() -> None:
        try:
            await asyncio.wait_for(scenario(), DEADLINE_S)
        finally:
            # A scenario that failed leaves its listener open.
            while INNS:
                INNS.pop().acceptor.close()

    uvloop.run(timed())


async def open_to(one: socket.socket) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection(*one.getsockname()[:2])


async def echoes(one: socket.socket) -> bool:
    reader, writer = await open_to(one)
    writer.write(b"hello")
    answer = await reader.read(5)
    writer.close()
    return answer == b"hello"


def test_accepted_connection_knows_both_addresses() -> None:
    async def scenario() -> None:
        one = bound()
        inn = Inn(one)
        port = one.getsockname()[1]
        reader, writer = await open_to(one)
        writer.write(b"hello")
        assert await reader.read(5) == b"hello"
        info = inn.guests.connections[0].info
        own = writer.get_extra_info("sockname")
        assert info.connection_id == 1
        assert info.remote_address.text == info.direct_remote_address.text == f"{own[0]}:{own[1]}"
        assert info.local_address.text == info.direct_local_address.text == f"127.0.0.1:{port}"
        assert info.start > 0.0
        writer.close()

    run(scenario)


def test_connection_to_a_wildcard_has_the_address_it_came_to() -> None:
    async def scenario() -> None:
        one = bound(host="0.0.0.0")
        inn = Inn(one)
        port = one.getsockname()[1]
        _, writer = await asyncio.open_connection("127.0.0.1", port)
        await inn.guests.arrived.wait()
        assert inn.guests.connections[0].info.local_address.text == f"127.0.0.1:{port}"
        writer.close()

    run(scenario)


def test_ipv6() -> None:
    async def scenario() -> None:
        one = bound(socket.AF_INET6, "::1")
        inn = Inn(one)
        assert await echoes(one)
        assert inn.guests.connections[0].info.remote_address.ip == "::1"

    run(scenario)


def test_ipv4_peer_of_an_ipv6_socket_is_an_ipv4_address() -> None:
    assert ip_address(("::ffff:192.0.2.7", 80, 0, 0)).text == "192.0.2.7:80"
    assert ip_address(("2001:db8::1", 80, 0, 0)).text == "[2001:db8::1]:80"


def test_unix_socket(tmp_path: Path) -> None:
    path = str(tmp_path / "socket")

    async def scenario() -> None:
        one = socket.socket(socket.AF_UNIX)
        one.bind(path)
        one.listen()
        inn = Inn(one)
        reader, writer = await asyncio.open_unix_connection(path)
        writer.write(b"hello")
        assert await reader.read(5) == b"hello"
        info = inn.guests.connections[0].info
        assert (info.local_address.path, info.remote_address.path) == (path, path)
        writer.close()

    run(scenario)


def test_unix_client_may_have_a_path_of_its_own(tmp_path: Path) -> None:
    async def scenario() -> None:
        one = socket.socket(socket.AF_UNIX)
        one.bind(str(tmp_path / "server"))
        one.listen()
        inn = Inn(one)
        with socket.socket(socket.AF_UNIX) as peer:
            peer.bind(str(tmp_path / "client"))
            peer.connect(str(tmp_path / "server"))
            await inn.guests.arrived.wait()
            assert inn.guests.connections[0].info.remote_address.path == str(tmp_path / "client")

    run(scenario)


@pytest.mark.skipif(not os.path.exists("/proc"), reason="abstract sockets are Linux's")
def test_abstract_socket_is_written_with_an_at_sign() -> None:
    with socket.socket(socket.AF_UNIX) as one:
        one.bind(f"\0portico-{os.getpid()}")
        assert bound_address(one).text == f"@portico-{os.getpid()}"


def test_several_sockets_serve_one_listener() -> None:
    async def scenario() -> None:
        sockets = [bound(), bound()]
        inn = Inn(*sockets)
        assert [await echoes(each) for each in sockets] == [True, True]
        assert [each.info.connection_id for each in inn.guests.connections] == [1, 2]

    run(scenario)


def test_paused_listener_leaves_connections_in_the_queue() -> None:
    async def scenario() -> None:
        one = bound()
        inn = Inn(one)
        assert await echoes(one)
        inn.acceptor.pause()
        _, writer = await open_to(one)
        writer.write(b"hello")
        await writer.drain()
        assert len(inn.guests.connections) == 1
        inn.acceptor.resume()
        assert await echoes(one)
        assert len(inn.guests.connections) == 3
        writer.close()

    run(scenario)


def test_closed_listener_refuses_and_keeps_its_connections() -> None:
    async def scenario() -> None:
        one = bound()
        inn = Inn(one)
        address = one.getsockname()
        reader, writer = await open_to(one)
        await inn.guests.arrived.wait()
        inn.acceptor.close()
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)
        writer.write(b"hello")
        assert await reader.read(5) == b"hello"
        writer.close()

    run(scenario)


def test_listener_closed_before_it_began_serves_nobody() -> None:
    async def scenario() -> None:
        one = bound()
        address = one.getsockname()
        inn = Inn(one)
        inn.acceptor.close()
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection(*address)

    run(scenario)


def test_exception_while_accepting_costs_that_connection_only() -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        escaped: list[object] = []
        loop.set_exception_handler(lambda _, context: escaped.append(context))
        one = bound()
        inn = Inn(one)
        inn.guests.raises = True
        reader, writer = await open_to(one)
        assert await reader.read() == b""
        writer.close()
        inn.guests.raises = False
        assert await echoes(one)
        assert (inn.guests.errors, escaped) == (["a bug"], [])

    run(scenario)


def test_connections_of_one_event_are_counted_together() -> None:
    async def scenario() -> None:
        one = bound()
        inn = Inn()
        peers = [socket.create_connection(one.getsockname()) for _ in range(3)]
        inn.acceptor.listen(one)
        while len(inn.guests.connections) < 3:
            await asyncio.sleep(0)
        assert sum(inn.batches.pending) == 3
        for each in peers:
            each.close()

    run(scenario)


def test_accepted_sockets_inherit_the_options() -> None:
    async def scenario() -> None:
        one = bound()
        inn = Inn()
        inn.options.socket_options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        inn.acceptor.listen(one)
        _, writer = await open_to(one)
        await inn.guests.arrived.wait()
        accepted = inn.guests.connections[0]._transport.get_extra_info("socket")
        assert accepted.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        writer.close()

    run(scenario)


def test_reset_before_the_accept_costs_nothing() -> None:
    async def scenario() -> None:
        one = bound()
        peer = socket.create_connection(one.getsockname())
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        peer.close()
        Inn(one)
        assert await echoes(one)

    run(scenario)


def test_bytes_that_come_while_reading_is_paused_wait() -> None:
    class Late(Guests):
        def on_accept(self, connection: TcpConnection) -> None:
            super().on_accept(connection)
            connection.pause_reading()

    async def scenario() -> None:
        one = bound()
        inn = Inn()
        inn.acceptor.handler = guests = Late()
        peer = socket.create_connection(one.getsockname())
        peer.sendall(b"hello")
        peer.shutdown(socket.SHUT_WR)
        peer.setblocking(False)
        inn.acceptor.listen(one)
        await guests.arrived.wait()
        connection = guests.connections[0]
        assert await echoes_nothing(peer)
        connection.resume_reading()
        assert await asyncio.get_running_loop().sock_recv(peer, 5) == b"hello"
        peer.close()
        inn.acceptor.close()

    async def echoes_nothing(peer: socket.socket) -> bool:
        for _ in range(5):
            await asyncio.sleep(0)
        try:
            peer.recv(1)
        except BlockingIOError:
            return True
        return False

    run(scenario)


@pytest.fixture
def few_descriptors() -> Iterator[int]:
    """A soft limit close to what is open."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    limit = max(int(name) for name in os.listdir("/proc/self/fd")) + 24
    resource.setrlimit(resource.RLIMIT_NOFILE, (limit, before[1]))
    yield limit
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="counts descriptors in /proc")
def test_process_without_descriptors_goes_on_listening(few_descriptors: int) -> None:
    async def scenario() -> None:
        loop = asyncio.get_running_loop()
        escaped: list[object] = []
        loop.set_exception_handler(lambda _, context: escaped.append(context))
        one = bound()
        Inn(one)
        assert await echoes(one)
        peers = []
        taken = []
        for _ in range(2):
            peers.append(socket.create_connection(one.getsockname()))
        try:
            while True:
                taken.append(socket.socket())
        except OSError:
            pass
        taken.pop().close()
        peers.append(socket.create_connection(one.getsockname()))  # the last descriptor: the accept gets none
        for _ in range(20):
            await asyncio.sleep(0)
        for each in taken + peers:
            each.close()
        assert await echoes(one)
        assert escaped == []

    run(scenario)


def test_refused_connection_is_closed_at_once() -> None:
    class Refusing(Guests):
        def on_accept(self, connection: TcpConnection) -> None:
            connection.drop()

    async def scenario() -> None:
        one = bound()
        inn = Inn()
        inn.acceptor.handler = Refusing()
        inn.acceptor.listen(one)
        reader, writer = await open_to(one)
        assert await reader.read() == b""
        writer.close()

    run(scenario)


def test_closing_tells_the_handler_once() -> None:
    async def scenario() -> None:
        one = bound()
        inn = Inn(one)
        reader, writer = await open_to(one)
        await inn.guests.arrived.wait()
        connection = inn.guests.connections[0]
        handler = connection.handler
        connection.close(CloseType.FLUSH_WRITE)
        assert await reader.read() == b""
        assert isinstance(handler, Echo)
        assert handler.events == [ConnectionEvent.LOCAL_CLOSE]
        writer.close()

    run(scenario)
