"""What a fork does first and last."""

import os
import resource
import signal
import sys

import pytest

from portico.ipc.process import exit_reason, open_standard_streams, raise_descriptor_limit, run_forked
from tests.forked import fork


def status_of(body: object) -> int:
    pid = fork()
    if pid == 0:
        run_forked(body)  # type: ignore[arg-type]
    return os.waitpid(pid, 0)[1]


def test_a_fork_ends_with_its_body() -> None:
    assert exit_reason(status_of(lambda: None)) == "exited with status 0"


def test_a_fork_that_raises_prints_and_exits_with_1(capfd: pytest.CaptureFixture[str]) -> None:
    def body() -> None:
        raise RuntimeError("our bug")

    assert exit_reason(status_of(body)) == "exited with status 1"
    assert "RuntimeError: our bug" in capfd.readouterr().err


def test_a_fork_ignores_mains_signals() -> None:
    def body() -> None:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1):
            os.kill(os.getpid(), number)

    assert exit_reason(status_of(body)) == "exited with status 0"


def test_a_killed_fork_is_named_by_its_signal() -> None:
    assert exit_reason(status_of(lambda: os.kill(os.getpid(), signal.SIGKILL))) == "killed by SIGKILL"


def test_closed_standard_streams_are_opened_on_nothing() -> None:
    def body() -> None:
        os.close(0)
        os.close(2)
        open_standard_streams()
        assert os.read(0, 1) == b""
        os.write(2, b"nowhere")
        print("nowhere", file=sys.stderr, flush=True)

    assert exit_reason(status_of(body)) == "exited with status 0"


def test_raises_the_descriptor_limit_to_the_hard_one() -> None:
    def body() -> None:
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (min(64, soft), hard))
        raise_descriptor_limit()
        assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] == hard

    assert exit_reason(status_of(body)) == "exited with status 0"
