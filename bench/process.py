"""Processes that run on a chosen core and never outlive the benchmark."""

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Final

from bench import procfs

PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h
STOP_TIMEOUT_S: Final = 5.0
_LIBC: Final = ctypes.CDLL(None, use_errno=True)


class BenchError(Exception):
    """Something a measurement needs is missing or wrong; it is reported in place of a figure."""


class PinnedProcess:
    """A running program, bound to `cores`; a context manager that stops the whole process tree."""

    def __init__(
        self, command: Sequence[str], cores: Sequence[int], output: Path, env: Mapping[str, str] | None = None
    ) -> None:
        self.command = list(command)
        self._output_path = output
        parent = os.getpid()

        def in_child() -> None:
            os.sched_setaffinity(0, cores)
            _LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
            if os.getppid() != parent:  # the parent died before prctl could watch it
                os._exit(1)

        with output.open("ab") as stream:
            self.started_at = time.monotonic()
            self._popen = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=stream,
                stderr=stream,
                env={**os.environ, **(env or {})},
                preexec_fn=in_child,  # noqa: PLW1509 - this program has no threads
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        return self._popen.pid

    def __enter__(self) -> "PinnedProcess":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def output_tail(self) -> str:
        """The last lines the program printed, for error messages."""
        lines = self._output_path.read_text(errors="replace").strip().splitlines()
        return " | ".join(lines[-4:]) or "(no output)"

    def raise_if_dead(self) -> None:
        """Raises BenchError with the last output once the program has exited."""
        code = self._popen.poll()
        if code is not None:
            raise BenchError(f"{Path(self.command[0]).name} exited with status {code}: {self.output_tail()}")

    def stop(self) -> None:
        """SIGTERM to the root, then SIGKILL to whoever of its tree is left."""
        members = [(pid, procfs.start_time(pid)) for pid in procfs.process_tree(self.pid)]
        if self._popen.poll() is None:
            self._popen.terminate()
            try:
                self._popen.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self._popen.kill()
                self._popen.wait()
        left = [(pid, started) for pid, started in members if started and procfs.start_time(pid) == started]
        for pid, _ in left:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        deadline = time.monotonic() + STOP_TIMEOUT_S
        # The next proxy must not share its core with one that is still dying.
        while any(procfs.start_time(pid) == started for pid, started in left) and time.monotonic() < deadline:
            time.sleep(0.005)
