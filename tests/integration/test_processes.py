"""The process model with real processes: what dies, what lives on, what is left behind."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 10.0


class Echo:
    """A running echo_main, and connections to it."""

    def __init__(self, concurrency: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.integration.echo_main", str(concurrency)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self.clients: list[socket.socket] = []
        self.accepted_by: list[int] = []
        self.errors: list[str] = []
        word, port, *pids = self.line().split()
        assert word == "ready"
        self.port = int(port)
        self.workers = [int(pid) for pid in pids[:-1]]
        self.starter = int(pids[-1])

    def line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()

    def connect(self) -> tuple[socket.socket, int]:
        """A connection and the pid of the worker that accepted it."""
        client = self.connect_only()
        pid = int(client.recv(100))
        self.accepted_by.append(pid)
        return client, pid

    def connect_only(self) -> socket.socket:
        self.clients.append(socket.create_connection(("127.0.0.1", self.port), DEADLINE_S))
        return self.clients[-1]

    def connect_to(self, pid: int) -> socket.socket:
        while True:
            client, accepted_by = self.connect()
            if accepted_by == pid:
                return client

    def stop(self) -> str:
        """Standard error, after main and everyone it started are gone."""
        if not self.errors:
            if self.process.poll() is None:
                self.process.terminate()
            self.errors = [self.process.communicate(timeout=DEADLINE_S)[1]]
        return self.errors[0]

    def close(self) -> None:
        for client in self.clients:
            client.close()


@pytest.fixture
def echo() -> Iterator[Callable[[int], Echo]]:
    started: list[Echo] = []

    def start(concurrency: int) -> Echo:
        started.append(Echo(concurrency))
        return started[-1]

    yield start
    for each in started:
        each.stop()
        each.close()


def exchange(client: socket.socket, text: bytes) -> bytes:
    client.sendall(text)
    return client.recv(65536)


def eventually(is_true: Callable[[], bool]) -> bool:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.005)
    return False


def is_running(pid: int) -> bool:
    """A zombie does not: it waits for a parent that may be slow."""
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False).stdout
    return bool(state.strip()) and not state.startswith("Z")


def test_every_worker_accepts_and_echoes(echo: Callable[[int], Echo]) -> None:
    running = echo(2)
    for pid in running.workers:
        assert exchange(running.connect_to(pid), b"hello") == b"hello"


def test_a_killed_worker_is_replaced_within_a_second_and_costs_only_its_own_connections(
    echo: Callable[[int], Echo],
) -> None:
    running = echo(2)
    victim, survivor = running.workers
    lost, kept = running.connect_to(victim), running.connect_to(survivor)
    killed_at = time.monotonic()
    os.kill(victim, signal.SIGKILL)
    assert lost.recv(100) == b""
    known = set(running.workers)
    assert eventually(lambda: running.connect()[1] not in known)
    assert time.monotonic() - killed_at < 1
    assert exchange(kept, b"still here") == b"still here"
    errors = running.stop()
    assert [line for line in errors.splitlines() if f"worker 0 (pid {victim}) killed by SIGKILL after" in line]


def test_connections_made_while_a_worker_is_dead_wait_for_its_successor(echo: Callable[[int], Echo]) -> None:
    running = echo(1)
    os.kill(running.workers[0], signal.SIGKILL)
    clients = [running.connect_only() for _ in range(20)]
    assert all(client.recv(100) for client in clients)


def test_a_worker_that_exits_is_reported_with_its_status(echo: Callable[[int], Echo]) -> None:
    running = echo(1)
    client, pid = running.connect()
    assert exchange(client, b"crash\n") == b""
    assert eventually(lambda: running.connect()[1] != pid)
    assert f"worker 0 (pid {pid}) exited with status 3 after" in running.stop()


def test_the_row_of_a_dead_worker_is_zeroed(echo: Callable[[int], Echo]) -> None:
    running = echo(2)
    victim, survivor = running.workers
    lost, kept = running.connect_to(victim), running.connect_to(survivor)
    assert int(exchange(kept, b"total\n")) == len(running.accepted_by)
    os.kill(victim, signal.SIGKILL)
    assert lost.recv(100) == b""
    survivors_share = running.accepted_by.count(survivor)
    assert eventually(lambda: int(exchange(kept, b"total\n")) == survivors_share)


def test_killing_main_leaves_no_orphan(echo: Callable[[int], Echo]) -> None:
    running = echo(2)
    running.process.kill()
    assert eventually(lambda: not any(is_running(pid) for pid in [*running.workers, running.starter]))


@pytest.mark.skipif(sys.platform != "linux", reason="PR_SET_PDEATHSIG: elsewhere a hung worker cannot notice")
def test_killing_main_takes_a_hung_worker_with_it(echo: Callable[[int], Echo]) -> None:
    running = echo(1)
    client, pid = running.connect()
    client.sendall(b"hang\n")
    time.sleep(0.05)  # nothing tells when it hangs; if it does not yet, the test proves less but still passes
    running.process.kill()
    assert eventually(lambda: not is_running(pid))


def test_a_killed_starter_costs_no_worker_and_is_replaced(echo: Callable[[int], Echo]) -> None:
    running = echo(1)
    client, pid = running.connect()
    os.kill(running.starter, signal.SIGKILL)
    assert exchange(client, b"still here") == b"still here"
    os.kill(pid, signal.SIGKILL)
    assert eventually(lambda: running.connect()[1] != pid)
    assert f"the worker starter (pid {running.starter}) died; starting another" in running.stop()


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_no_socket_is_open_in_two_workers(echo: Callable[[int], Echo]) -> None:
    running = echo(2)
    held = [sockets_of(pid) for pid in (*running.workers, running.starter)]
    assert all(held)
    assert not held[0] & held[1]
    assert not held[2] & (held[0] | held[1])


def sockets_of(pid: int) -> set[str]:
    links = [os.readlink(path) for path in Path(f"/proc/{pid}/fd").iterdir()]
    return {link for link in links if link.startswith("socket:")}


def test_a_worker_has_neither_grpc_nor_xds_nor_admin(echo: Callable[[int], Echo]) -> None:
    running = echo(1)
    client, _ = running.connect()
    modules = set(exchange(client, b"modules\n").decode().split())
    assert "portico.worker.worker" in modules
    assert not {name for name in modules if name.split(".")[0] == "grpc"}
    assert not {name for name in modules if name.startswith(("portico.xds", "portico.admin"))}


def test_workers_ignore_signals_meant_for_main(echo: Callable[[int], Echo]) -> None:
    running = echo(1)
    client, pid = running.connect()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
        os.kill(pid, number)
    assert exchange(client, b"still here") == b"still here"


def test_stats_are_asked_of_all_workers(echo: Callable[[int], Echo]) -> None:
    running = echo(2)
    clients = [running.connect()[0] for _ in range(5)]
    running.process.send_signal(signal.SIGUSR2)
    assert running.line() == f"stats {len(clients)}\n"


def test_a_terminated_main_ends_everyone_and_says_nothing(echo: Callable[[int], Echo]) -> None:
    running = echo(2)
    client, _ = running.connect()
    errors = running.stop()
    assert client.recv(100) == b""
    assert running.process.returncode == 0
    assert "Traceback" not in errors
    assert not any(is_running(pid) for pid in running.workers)
    assert eventually(lambda: not is_running(running.starter))
