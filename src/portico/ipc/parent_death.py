"""Tie a child's life to its parent's in the kernel, for a child too busy to read EOF. Linux; elsewhere EOF alone."""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from typing import Final

# Source: prctl(2), values of linux/prctl.h.
PR_SET_PDEATHSIG: Final = 1
PR_SET_CHILD_SUBREAPER: Final = 36


def adopt_orphans() -> bool:
    """Become the parent of grandchildren whose own parent exits. False where there is no such thing."""
    return prctl(PR_SET_CHILD_SUBREAPER, 1)


def die_with(parent_pid: int) -> None:
    """SIGKILL for this process when its parent dies; at once if ``parent_pid`` is no longer the parent."""
    if prctl(PR_SET_PDEATHSIG, signal.SIGKILL) and os.getppid() != parent_pid:
        os._exit(0)


def prctl(option: int, value: int) -> bool:
    if sys.platform != "linux":
        return False
    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)
