"""How much memory portico's processes use."""

from __future__ import annotations

import os
import resource
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple


class ProcessMemory(NamedTuple):
    """Bytes. ``private`` leaves out what is shared with others, such as the starter's pages in a worker."""

    resident: int
    private: int
    data: int


def memory_of(pids: Iterable[int]) -> ProcessMemory:
    """The sum; a process that is gone counts nothing."""
    each = [of_one(pid) for pid in pids]
    return ProcessMemory(*(sum(column) for column in zip(*each, strict=True))) if each else ProcessMemory(0, 0, 0)


def of_one(pid: int) -> ProcessMemory:
    try:
        fields = Path(f"/proc/{pid}/statm").read_text().split()
    except OSError:
        return own_peak() if pid == os.getpid() else ProcessMemory(0, 0, 0)
    # Source: proc_pid_statm(5): size resident shared text lib data dt, in pages.
    resident, shared, data = int(fields[1]), int(fields[2]), int(fields[5])
    page = os.sysconf("SC_PAGE_SIZE")
    return ProcessMemory(resident * page, (resident - shared) * page, data * page)


def own_peak() -> ProcessMemory:
    """Where there is no /proc: the most this process ever had. getrusage(2): bytes on macOS, KiB elsewhere."""
    unit = 1 if sys.platform == "darwin" else 1024
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return ProcessMemory(peak, peak, peak)
