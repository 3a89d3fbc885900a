"""What every forked process does first: forget its parent's signals and loops, live no longer than it should."""

from __future__ import annotations

import os
import resource
import signal
import sys
import traceback
from collections.abc import Callable
from typing import Final, NoReturn

# A terminal or a service manager signals the whole group. Only main decides what that means.
MAINS_SIGNALS: Final = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1)


def run_forked(body: Callable[[], None]) -> NoReturn:
    """Run a fork's life and end it without a word to the code that called fork."""
    status = 1
    try:
        for number in MAINS_SIGNALS:
            signal.signal(number, signal.SIG_IGN)
        body()
        status = 0
    except BaseException:  # noqa: BLE001 - nothing may unwind into the parent's frames
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def open_standard_streams() -> None:
    """Point what is closed of descriptors 0, 1 and 2 at /dev/null: else the next socket becomes standard error."""
    for descriptor, name, mode in ((0, "stdin", "r"), (1, "stdout", "w"), (2, "stderr", "w")):
        try:
            os.fstat(descriptor)
        except OSError:
            opened = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(opened, True)
            assert opened == descriptor, "the lowest descriptor that is free"
            setattr(sys, name, open(descriptor, mode, closefd=False))  # noqa: SIM115 - for the rest of the process


def raise_descriptor_limit() -> None:
    """As many descriptors as the system allows without asking: each connection needs one or two."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (ValueError, OSError):
            return  # macOS refuses RLIM_INFINITY; the soft limit stands


def raise_core_limit() -> None:
    """--enable-core-dump: as large as the system allows."""
    _, hard = resource.getrlimit(resource.RLIMIT_CORE)
    resource.setrlimit(resource.RLIMIT_CORE, (hard, hard))


def exit_reason(status: int) -> str:
    """os.waitpid's status in words."""
    if os.WIFSIGNALED(status):
        number = os.WTERMSIG(status)
        name = signal.Signals(number).name if number in set(signal.Signals) else f"signal {number}"
        return f"killed by {name}"
    return f"exited with status {os.WEXITSTATUS(status)}"
