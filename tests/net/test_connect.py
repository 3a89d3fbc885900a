"""Connects on the loop that serves in production, and what a failed one is called."""

from __future__ import annotations

import asyncio
import errno
import socket
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
import uvloop

from portico.api.address import Address, pipe
from portico.api.connection import CloseType, ConnectionEvent, ConnectionHandler
from portico.api.stats import Counter
from portico.api.upstream import PoolFailure
from portico.net.connect import ConnectHandler, ConnectOptions, LoopConnector, failure_detail
from portico.net.connection import ByteCounters, TcpConnection
from portico.testing.fake_clock import FakeClock

DEADLINE_S = 10.0


class Reader(ConnectionHandler):
    def __init__(self, outcome: Outcome) -> None:
        self.outcome = outcome

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.outcome.data += data
        self.outcome.arrived.set()

    def on_event(self, event: ConnectionEvent) -> None:
        self.outcome.events.append(event)


class Outcome(ConnectHandler):
    """What one connect came to."""

    def __init__(self) -> None:
        self.connections: list[TcpConnection] = []
        self.failures: list[tuple[PoolFailure, str]] = []
        self.events: list[ConnectionEvent] = []
        self.data = b""
        self.settled = asyncio.Event()
        self.arrived = asyncio.Event()

    def on_connected(self, connection: TcpConnection) -> None:
        connection.handler = Reader(self)
        self.connections.append(connection)
        self.settled.set()

    def on_connect_failure(self, failure: PoolFailure, detail: str) -> None:
        self.failures.append((failure, detail))
        self.settled.set()


class Surroundings:
    def __init__(self) -> None:
        self.clock = FakeClock()
        self.connector = LoopConnector(asyncio.get_running_loop(), self.clock, iter(range(7, 99)).__next__)
        self.options = ConnectOptions(5.0, 65536)
        self.counters = ByteCounters(Counter("received"), Counter("sent"))
        self.outcome = Outcome()

    async def connect(self, address: Address) -> Outcome:
        self.connector.connect(address, self.options, self.counters, self.outcome)
        assert self.outcome.settled.is_set() is False, "told from within connect"
        await asyncio.wait_for(self.outcome.settled.wait(), DEADLINE_S)
        return self.outcome


def on_loop(body: Callable[[], Awaitable[None]]) -> None:
    async def run() -> None:
        await body()

    uvloop.run(run())


def listening(family: int = socket.AF_INET, name: object = ("127.0.0.1", 0)) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.bind(name)  # type: ignore[arg-type]
    listener.listen()
    return listener


def address_of(listener: socket.socket) -> Address:
    ip, port = listener.getsockname()[:2]
    return Address(ip, port)


def test_what_the_host_says_first_waits_for_who_connected() -> None:
    async def body() -> None:
        around = Surroundings()
        with listening() as listener:
            attempt = asyncio.ensure_future(around.connect(address_of(listener)))
            await asyncio.sleep(0)
            accepted, peer = await asyncio.to_thread(listener.accept)
            with accepted:
                accepted.sendall(b"220 hello")
                outcome = await attempt
                around.clock.run_soon()  # what came before anybody could take it is let in now
                await asyncio.wait_for(outcome.arrived.wait(), DEADLINE_S)
                info = outcome.connections[0].info
                assert (outcome.data, outcome.failures) == (b"220 hello", [])
                assert (info.connection_id, info.remote_address) == (7, address_of(listener))
                assert info.local_address == Address(peer[0], peer[1])
                assert around.clock.deadlines() == []
                outcome.connections[0].close(CloseType.NO_FLUSH)

    on_loop(body)


def test_a_refused_connect_fails_with_its_reason() -> None:
    async def body() -> None:
        around = Surroundings()
        with listening() as listener:
            address = address_of(listener)
        outcome = await around.connect(address)
        expected = (PoolFailure.REMOTE_CONNECTION_FAILURE, "delayed connect error: Connection refused")
        assert (outcome.failures, outcome.connections) == ([expected], [])
        assert around.clock.deadlines() == []

    on_loop(body)


def test_a_missing_unix_socket_fails_at_once(tmp_path: Path) -> None:
    async def body() -> None:
        outcome = await Surroundings().connect(pipe(f"{tmp_path}/none"))
        detail = f"immediate connect error: No such file or directory|remote_address:{tmp_path}/none"
        assert outcome.failures == [(PoolFailure.REMOTE_CONNECTION_FAILURE, detail)]

    on_loop(body)


def test_a_unix_socket_is_connected_to(tmp_path: Path) -> None:
    async def body() -> None:
        path = str(tmp_path / "s")
        with listening(socket.AF_UNIX, path):
            outcome = await Surroundings().connect(pipe(path))
            assert outcome.failures == []
            outcome.connections[0].close(CloseType.NO_FLUSH)

    on_loop(body)


def test_the_source_address_and_the_options_are_set_before_the_connect() -> None:
    async def body() -> None:
        around = Surroundings()
        around.options.source = Address("127.0.0.1", 0)
        around.options.socket_options = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
        with listening() as listener:
            outcome = await around.connect(address_of(listener))
            connection = outcome.connections[0]
            assert connection.info.local_address.ip == "127.0.0.1"
            connection.close(CloseType.NO_FLUSH)

    on_loop(body)


def test_an_option_that_the_system_refuses_is_a_failure() -> None:
    async def body() -> None:
        around = Surroundings()
        around.options.socket_options = [(socket.SOL_SOCKET, 99_999, 1)]
        with listening() as listener:
            outcome = await around.connect(address_of(listener))
        assert outcome.failures == [
            (PoolFailure.REMOTE_CONNECTION_FAILURE, "delayed connect error: Protocol not available")
        ]

    on_loop(body)


def test_a_host_that_does_not_answer_is_given_up_after_the_timeout() -> None:
    async def body() -> None:
        around = Surroundings()
        with listening() as listener:
            around.connector.connect(address_of(listener), around.options, around.counters, around.outcome)
            around.clock.advance(4.9)
            assert around.outcome.failures == []
            around.clock.advance(0.2)
            assert around.outcome.failures == [(PoolFailure.TIMEOUT, "")]
            await run_out()
            assert around.outcome.connections == []

    on_loop(body)


def test_who_cancels_hears_nothing_more() -> None:
    async def body() -> None:
        around = Surroundings()
        with listening() as listener:
            attempt = around.connector.connect(address_of(listener), around.options, around.counters, around.outcome)
            await asyncio.sleep(0)
            attempt.cancel()
            await run_out()
        assert (around.outcome.connections, around.outcome.failures) == ([], [])
        assert around.clock.deadlines() == []

    on_loop(body)


async def run_out() -> None:
    """Until no task but this one is left."""
    while len(asyncio.all_tasks()) > 1:
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("error", "peer", "detail"),
    [
        (errno.ECONNREFUSED, Address("192.0.2.1", 80), "delayed connect error: Connection refused"),
        (
            errno.ENETUNREACH,
            Address("192.0.2.1", 80),
            "immediate connect error: Network is unreachable|remote_address:192.0.2.1:80",
        ),
        (errno.ENOENT, pipe("/s"), "immediate connect error: No such file or directory|remote_address:/s"),
    ],
)
def test_a_failure_is_told_in_envoys_words(error: int, peer: Address, detail: str) -> None:
    assert failure_detail(OSError(error, ""), peer) == detail


def test_an_error_without_a_number_says_what_it_says() -> None:
    assert failure_detail(OSError("no luck"), Address("192.0.2.1", 80)) == "delayed connect error: no luck"
