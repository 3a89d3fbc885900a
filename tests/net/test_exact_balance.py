"""Whose turn it is, as a function; and two workers that take turns at one socket, on the loop that serves."""

from __future__ import annotations

import asyncio
import errno
import gc
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
import uvloop

from portico.api.shared import SharedCell
from portico.ipc.shared_table import ColumnNames, SharedTable, TableCells, create_table
from portico.net.exact_balance import (
    MAX_ACCEPTS,
    PATIENCE_S,
    STEP_BACK_S,
    BalancedServer,
    ExactBalance,
    rows_ahead,
)
from portico.net.timers import SlotClock
from portico.testing.fake_clock import FakeClock

DEADLINE_S = 10.0


@pytest.mark.parametrize(
    ("own", "shares", "doors", "ahead"),
    [
        (0, [0, 0, 0], [1, 1, 1], []),
        (1, [1, 0, 0], [1, 1, 1], [1, 2]),
        (2, [2, 2, 3], [1, 1, 1], []),
        (1, [1, 0, 0], [1, 0, 2], [2]),  # worker 1 does not accept, worker 2 does at two addresses
        (1, [1, 0, 0], [1, 0, 0], []),
        (1, [0, 0, 1], [1, 1, 1], [1]),  # our own row does not know yet what is arriving
        (7, [7], [1], []),
    ],
)
def test_those_with_fewer_connections_go_first(own: int, shares: list[int], doors: list[int], ahead: list[int]) -> None:
    assert rows_ahead(own, 0, shares, doors) == ahead


class Seat:
    """One worker's numbers in a table."""

    def __init__(self, table: SharedTable, index: int, names: ColumnNames, clock: FakeClock | SlotClock) -> None:
        cells = TableCells(table, index)
        cells.columns = {name: names.allocate(name) for name in ("connections", "doors")}
        self.connections: SharedCell = cells.cell("connections")
        self.doors: SharedCell = cells.cell("doors")
        self.heartbeat = cells.heartbeat
        self.balance = ExactBalance(self.connections, self.doors, self.heartbeat, clock)
        self._clock = clock
        self.beat()

    def beat(self) -> None:
        """As the watchdog does ten times a second."""
        last_ms = self.heartbeat.shares()[self.heartbeat.index]
        self.heartbeat.add(int(self._clock.now() * 1000) - last_ms)

    def take(self) -> None:
        self.balance.begin_arrival()
        self.connections.add(1)
        self.balance.end_arrival()


class Table:
    """Workers that all accept."""

    def __init__(self, workers: int) -> None:
        self.clock = FakeClock()
        table, names = create_table(workers), ColumnNames()
        self.seats = [Seat(table, index, names, self.clock) for index in range(workers)]
        for each in self.seats:
            each.balance.open_door()

    def turns(self) -> list[bool]:
        return [each.balance.is_our_turn() for each in self.seats]


def test_whoever_took_one_waits_for_the_others() -> None:
    table = Table(2)
    assert table.turns() == [True, True]
    table.seats[0].take()
    assert table.turns() == [False, True]
    table.seats[1].take()
    assert table.turns() == [True, True]


def test_a_connection_that_is_still_arriving_counts() -> None:
    table = Table(2)
    first = table.seats[0].balance
    first.begin_arrival()
    assert table.turns() == [False, True]
    first.end_arrival()  # lost, or turned away by a limit
    assert table.turns() == [True, True]


def test_closing_makes_room_where_it_was() -> None:
    table = Table(2)
    for each in table.seats:
        each.take()
    table.seats[1].connections.add(-1)
    assert table.turns() == [False, True]


def test_nobody_waits_for_a_worker_that_does_not_accept() -> None:
    table = Table(2)
    table.seats[0].take()
    table.seats[1].balance.close_door()
    assert table.seats[0].balance.is_our_turn()


def test_nobody_waits_for_a_worker_that_hangs_until_its_heart_beats_again() -> None:
    table = Table(3)
    ours, idle, hung = table.seats
    ours.take()
    table.clock.advance(PATIENCE_S - 0.01)
    idle.beat()
    assert table.turns() == [False, True, True]
    table.clock.advance(0.02)
    assert not ours.balance.is_our_turn()  # for the one that is alive
    idle.take()
    assert ours.balance.is_our_turn()
    hung.beat()
    assert not ours.balance.is_our_turn()


# --- on real sockets ------------------------------------------------------------------------------------------------


class Arrival(asyncio.Protocol):
    """Counts as an admitted connection from its arrival to its end."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def connection_made(self, transport: Any) -> None:
        self.worker.seat.connections.add(1)
        self.worker.transports.append(transport)
        transport.write(b"x")

    def connection_lost(self, exc: Exception | None) -> None:
        self.worker.seat.connections.add(-1)


class Scarce(socket.socket):
    """Accepts nothing while there is an error."""

    error: OSError | None = None
    asked = 0

    def accept(self) -> tuple[socket.socket, object]:
        self.asked += 1
        if self.error is not None:
            raise self.error
        return super().accept()


class Worker:
    """One BalancedServer with a row of its own."""

    def __init__(self, table: SharedTable, index: int, names: ColumnNames, queue: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        clock = SlotClock(loop)
        self.seat = Seat(table, index, names, clock)
        self.seat.heartbeat.add(3_600_000)  # nobody hangs here, however slow the machine
        self.transports: list[Any] = []
        self.socket = Scarce(fileno=os.dup(queue.fileno()))
        self.socket.setblocking(False)
        self.server = BalancedServer(loop, clock, self.socket, lambda: Arrival(self), self.seat.balance)

    def count(self) -> int:
        return self.seat.connections.shares()[self.seat.connections.index]

    def doors(self) -> int:
        return self.seat.doors.shares()[self.seat.doors.index]


class Queue:
    """A listening socket with ``workers`` at it, and clients that know once they were accepted."""

    def __init__(self, workers: int) -> None:
        self.socket = socket.socket()
        self.socket.bind(("127.0.0.1", 0))
        self.socket.listen(512)
        table, names = create_table(workers), ColumnNames()
        self.workers = [Worker(table, index, names, self.socket) for index in range(workers)]
        self.writers: list[asyncio.StreamWriter] = []

    async def connect(self) -> asyncio.StreamWriter:
        reader, writer = await asyncio.open_connection(*self.socket.getsockname())
        self.writers.append(writer)
        assert await reader.read(1) == b"x"
        return writer

    async def burst(self, size: int) -> None:
        await asyncio.gather(*[self.connect() for _ in range(size)])

    def counts(self) -> list[int]:
        return [each.count() for each in self.workers]

    async def close(self) -> None:
        for each in self.workers:
            each.server.close()
        for writer in self.writers:
            writer.close()
        self.socket.close()
        while sum(self.counts()):
            await asyncio.sleep(0.001)


def run(scenario: Callable[[Queue], Awaitable[None]], workers: int = 2) -> None:
    async def timed() -> None:
        queue = Queue(workers)
        try:
            await asyncio.wait_for(scenario(queue), DEADLINE_S)
        finally:
            await asyncio.wait_for(queue.close(), DEADLINE_S)

    uvloop.run(timed())


def test_one_by_one_they_are_shared_evenly() -> None:
    async def scenario(queue: Queue) -> None:
        for _ in range(12):
            await queue.connect()
        assert queue.counts() == [4, 4, 4]

    run(scenario, 3)


def test_a_burst_is_shared_evenly() -> None:
    async def scenario(queue: Queue) -> None:
        await queue.burst(60)
        assert queue.counts() == [20, 20, 20]

    run(scenario, 3)


def test_who_lost_connections_makes_up_for_them() -> None:
    async def scenario(queue: Queue) -> None:
        await queue.burst(2 * MAX_ACCEPTS)
        for transport in queue.workers[0].transports:
            transport.close()
        while queue.counts()[0]:
            await asyncio.sleep(0.001)
        await queue.burst(MAX_ACCEPTS)
        assert queue.counts() == [MAX_ACCEPTS, MAX_ACCEPTS]

    run(scenario)


def test_a_process_without_descriptors_leaves_connections_to_the_other_and_comes_back() -> None:
    async def scenario(queue: Queue) -> None:
        poor, rich = queue.workers
        poor.socket.error = OSError(errno.EMFILE, "Too many open files")
        await queue.burst(8)
        assert queue.counts() == [0, 8]
        asked = poor.socket.asked
        assert poor.doors() == 0
        poor.socket.error = None
        await asyncio.sleep(2 * STEP_BACK_S)
        assert poor.socket.asked == asked  # it looks again when one comes
        assert [poor.doors(), rich.doors()] == [1, 1]
        await queue.burst(8)
        assert queue.counts() == [8, 8]

    run(scenario)


def test_an_aborted_connection_is_passed_over() -> None:
    async def scenario(queue: Queue) -> None:
        only = queue.workers[0]
        only.socket.error = ConnectionAbortedError()
        connecting = asyncio.ensure_future(queue.connect())
        while only.socket.asked < MAX_ACCEPTS + 1:  # its door stays open, and the loop gets its turns
            await asyncio.sleep(0.001)
        assert only.doors() == 1
        only.socket.error = None
        await connecting
        assert queue.counts() == [1]

    run(scenario, 1)


def test_a_closed_server_accepts_no_more_and_nobody_waits_for_it() -> None:
    async def scenario(queue: Queue) -> None:
        gone, stays = queue.workers
        await queue.burst(2)
        gone.server.close()
        gone.server.close()
        assert (gone.doors(), stays.doors()) == (0, 1)
        await queue.burst(3)
        assert queue.counts() == [1, 4]

    run(scenario)


def test_closing_while_it_waits_for_its_turn_or_for_descriptors_counts_its_door_once() -> None:
    async def scenario(queue: Queue) -> None:
        waiting, hung = queue.workers
        hung.socket.error = OSError(errno.EMFILE, "Too many open files")
        await queue.connect()
        for each in queue.workers:
            each.server.close()
        await asyncio.sleep(2 * STEP_BACK_S)
        assert (waiting.doors(), hung.doors()) == (0, 0)

    run(scenario)


@pytest.mark.skipif(not os.path.exists("/proc/self/fd"), reason="counts descriptors in /proc")
def test_no_descriptor_outlives_its_connection() -> None:
    async def scenario(queue: Queue) -> None:
        await queue.connect()
        gc.collect()  # what other tests left
        before = len(os.listdir("/proc/self/fd"))
        await queue.burst(20)
        while len(queue.writers) > 1:
            queue.writers.pop().close()
        while sum(queue.counts()) > 1:
            await asyncio.sleep(0.001)
        await asyncio.sleep(0.01)
        assert len(os.listdir("/proc/self/fd")) == before

    run(scenario)


def test_accepted_sockets_send_without_delay() -> None:
    async def scenario(queue: Queue) -> None:
        await queue.connect()
        accepted = queue.workers[0].transports[0].get_extra_info("socket")
        assert accepted.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    run(scenario, 1)
