"""Faults of the machine that a process must outlive."""

import os
import signal
import socket
import subprocess
import sys
import time

import pytest

from tests.integration.portico_process import DEADLINE_S, Portico, bootstrap, command, echo_listener, echoed, free_port

LIMIT = 48


def cpu_s(pid: int) -> float:
    shown = subprocess.run(["ps", "-o", "cputimes=", "-p", str(pid)], capture_output=True, text=True, check=True).stdout
    return float(shown)


@pytest.mark.skipif(sys.platform != "linux", reason="ps shows CPU seconds on Linux only")
def test_running_out_of_descriptors_refuses_connections_and_nothing_else() -> None:
    port, admin_port = free_port(), free_port()
    config = bootstrap(echo_listener("l", port), admin_port=admin_port)
    with Portico(config, "--concurrency", "1", admin_port=admin_port, descriptor_limit=LIMIT) as running:
        running.wait_live()
        clients = [socket.create_connection(("127.0.0.1", port), DEADLINE_S) for _ in range(2 * LIMIT)]
        time.sleep(0.3)
        busy_s = sum(cpu_s(pid) for pid in running.children())
        time.sleep(0.7)
        assert sum(cpu_s(pid) for pid in running.children()) - busy_s <= 1
        assert running.admin("/ready") == (200, "LIVE\n")
        for client in clients:
            client.close()
        deadline = time.monotonic() + DEADLINE_S
        answer = b""
        while answer != b"again" and time.monotonic() < deadline:
            try:
                answer = echoed(port, b"again")
            except OSError:
                time.sleep(0.05)
        assert answer == b"again"
        _, errors = running.stop()
    assert "Traceback" not in errors


def test_a_starter_and_a_worker_killed_at_once_are_both_replaced() -> None:
    port, admin_port = free_port(), free_port()
    config = bootstrap(echo_listener("l", port), admin_port=admin_port)
    with Portico(config, "--concurrency", "1", admin_port=admin_port) as running:
        running.wait_live()
        for pid in running.children():
            os.kill(pid, 9)
        assert echoed(port, b"hello") == b"hello"


def test_a_standard_error_that_is_closed_stops_nobody() -> None:
    port, admin_port = free_port(), free_port()
    config = bootstrap(echo_listener("l", port), admin_port=admin_port)
    process = subprocess.Popen(
        ["sh", "-c", 'exec "$@" 2>&-', "sh", *command("--config-yaml", config, "--use-dynamic-base-id")],
        stdout=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + DEADLINE_S
    answer = b""
    while answer != b"hello" and time.monotonic() < deadline:
        try:
            answer = echoed(port, b"hello")
        except OSError:
            time.sleep(0.05)
    process.terminate()
    assert answer == b"hello"
    assert process.wait(DEADLINE_S) == 0


def test_a_stuck_worker_is_killed_and_replaced_if_the_configuration_says_so() -> None:
    port, admin_port = free_port(), free_port()
    watchdogs = {"worker_watchdog": {"kill_timeout": "1s"}}
    config = bootstrap(echo_listener("l", port), admin_port=admin_port, watchdogs=watchdogs)
    with Portico(config, "--concurrency", "1", admin_port=admin_port) as running:
        running.wait_live()
        os.kill(max(running.children()), signal.SIGSTOP)
        assert echoed(port, b"hello") == b"hello"
        _, errors = running.stop()
    assert "; killing it" in errors
    assert "killed by SIGKILL" in errors
