"""exact_balance with two worker processes: long-lived connections are shared evenly, whoever dies or hangs."""

import os
import signal
import socket
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.drill import eventually
from tests.integration.portico_process import DEADLINE_S, Portico, bootstrap, echo_listener, free_port

needs_proc = pytest.mark.skipif(sys.platform != "linux", reason="descriptors are counted in /proc")


class Balanced:
    """A listener on two workers, and its clients."""

    def __init__(self, portico: Portico, port: int) -> None:
        self.portico = portico
        self.port = port
        self.clients: list[socket.socket] = []

    def connect(self) -> socket.socket:
        """One that is accepted and served."""
        client = socket.create_connection(("127.0.0.1", self.port), DEADLINE_S)
        self.clients.append(client)
        assert is_served(client)
        return client

    def burst(self, size: int) -> None:
        """All at once, before any is answered."""
        arriving = [socket.socket() for _ in range(size)]
        for each in arriving:
            each.setblocking(False)
            each.connect_ex(("127.0.0.1", self.port))
        for each in arriving:
            each.settimeout(DEADLINE_S)
        self.clients += arriving
        assert all(is_served(each) for each in arriving)

    def active(self) -> list[int]:
        return self.numbers("downstream_cx_active")

    def numbers(self, stat: str) -> list[int]:
        """Of both workers; a successor has no stats yet while it starts."""
        name = f"listener.127.0.0.1_{self.port}.worker_%d.{stat}"
        stats = dict(line.split(": ", 1) for line in self.portico.admin("/stats")[1].splitlines())
        return [int(stats.get(name % index, 0)) for index in (0, 1)]

    def hang_up(self) -> None:
        while self.clients:
            self.clients.pop().close()

    def workers(self) -> list[int]:
        """Main's children that hold sockets: the starter has none but its channel."""
        pids = self.portico.children()
        return sorted(pids, key=descriptors)[-2:]


def is_served(client: socket.socket) -> bool:
    try:
        client.sendall(b"x")
        return client.recv(1) == b"x"
    except ConnectionError:
        return False


def descriptors(pid: int) -> int:
    return len(os.listdir(f"/proc/{pid}/fd"))


@pytest.fixture
def balanced() -> Iterator[Balanced]:
    port, admin_port = free_port(), free_port()
    listener: dict[str, Any] = echo_listener("even", port)
    listener["connection_balance_config"] = {"exact_balance": {}}
    config = bootstrap(listener, admin_port=admin_port)
    with Portico(config, "--concurrency", "2", "--strict", admin_port=admin_port) as portico:
        running = Balanced(portico.wait_live(), port)
        yield running
        running.hang_up()


def test_forty_opened_one_by_one_are_twenty_each(balanced: Balanced) -> None:
    for _ in range(40):
        balanced.connect()
    assert balanced.active() == [20, 20]


def test_forty_opened_in_a_burst_are_twenty_each(balanced: Balanced) -> None:
    balanced.burst(40)
    assert balanced.active() == [20, 20]
    assert balanced.numbers("downstream_cx_total") == [20, 20]


def test_after_many_have_left_the_next_ones_level_it_out(balanced: Balanced) -> None:
    balanced.burst(40)
    for each in balanced.clients[:25]:
        each.close()
    assert eventually(lambda: sum(balanced.active()) == 15)
    balanced.burst(40 - 15)
    assert balanced.active() == [20, 20]


@needs_proc
def test_a_killed_worker_costs_only_its_own_connections_and_its_successor_makes_up_for_them(
    balanced: Balanced,
) -> None:
    balanced.burst(40)
    victim = balanced.workers()[0]
    os.kill(victim, signal.SIGKILL)
    assert eventually(lambda: victim not in balanced.portico.children())
    assert sum(is_served(each) for each in balanced.clients) == 20
    # At every moment somebody accepts: the survivor alone until its new neighbour does.
    assert eventually(lambda: is_served(balanced.connect()) and min(balanced.active()) > 0)
    fewer, more = sorted(balanced.active())
    balanced.burst(more - fewer)
    assert balanced.active() == [more, more]
    assert sum(is_served(each) for each in balanced.clients) == 2 * more


@needs_proc
def test_a_worker_that_hangs_does_not_stop_the_other_one(balanced: Balanced) -> None:
    balanced.burst(10)
    hung = balanced.workers()[0]
    os.kill(hung, signal.SIGSTOP)
    try:
        for _ in range(10):
            balanced.connect()
    finally:
        os.kill(hung, signal.SIGCONT)
    assert sorted(balanced.active()) == [5, 15]
    balanced.burst(10)
    assert balanced.active() == [15, 15]


@needs_proc
def test_no_descriptor_outlives_its_connection(balanced: Balanced) -> None:
    balanced.burst(10)
    balanced.hang_up()
    assert eventually(lambda: balanced.active() == [0, 0])
    pids = [*balanced.workers(), balanced.portico.process.pid]
    before = [descriptors(pid) for pid in pids]
    balanced.burst(60)
    balanced.hang_up()
    assert eventually(lambda: balanced.active() == [0, 0])
    assert eventually(lambda: [descriptors(pid) for pid in pids] == before)


@needs_proc
def test_a_stopped_listener_refuses_and_keeps_what_it_has(balanced: Balanced) -> None:
    balanced.burst(4)
    assert balanced.portico.admin("/drain_listeners", post=True)[0] == 200

    def is_refused() -> bool:
        with socket.socket() as late:
            return late.connect_ex(("127.0.0.1", balanced.port)) != 0

    assert eventually(is_refused)
    assert all(is_served(each) for each in balanced.clients)
