"""A child whose parent dies, dies: also one that reads nothing."""

import os
import signal
import sys
import time

import pytest

from portico.ipc.parent_death import adopt_orphans, die_with
from tests.forked import fork

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")


def test_a_child_dies_with_its_parent() -> None:
    pids_out, pids_in = os.pipe()
    parent = fork()
    if parent == 0:
        child = fork()
        if child == 0:
            die_with(os.getppid())
            os.write(pids_in, os.getpid().to_bytes(8, "big"))
            signal.pause()
        signal.pause()
    child = int.from_bytes(os.read(pids_out, 8), "big")
    os.kill(parent, signal.SIGKILL)
    os.waitpid(parent, 0)
    deadline = time.monotonic() + 5
    while is_running(child) and time.monotonic() < deadline:
        time.sleep(0.005)
    assert not is_running(child)
    os.close(pids_out)
    os.close(pids_in)


def test_a_child_whose_parent_is_already_gone_ends_at_once() -> None:
    pid = fork()
    if pid == 0:
        die_with(os.getppid() + 1)
        os._exit(9)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


def test_orphans_are_adopted() -> None:
    pid = fork()
    if pid == 0:
        assert adopt_orphans()
        between = fork()
        if between == 0:
            if fork() == 0:
                os._exit(7)
            os._exit(0)
        os.waitpid(between, 0)
        _, status = os.wait()
        os._exit(os.waitstatus_to_exitcode(status))
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def is_running(pid: int) -> bool:
    try:
        with open(f"/proc/{pid}/stat") as stat:
            return stat.read().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
