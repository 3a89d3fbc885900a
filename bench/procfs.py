"""What the kernel knows about processes and cores, read from /proc."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")


def process_tree(root: int) -> list[int]:
    """`root` and its living descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat_fields(int(entry.name))):
            children.setdefault(int(fields[1]), []).append(int(entry.name))
    tree = [root]
    for pid in tree:  # grows while it is read: breadth first
        tree.extend(children.get(pid, ()))
    return tree


def cpu_seconds(root: int) -> float:
    """User and system time the process tree has used; its living members only."""
    return sum(sum(process_cpu_seconds(pid)) for pid in process_tree(root))


def process_cpu_seconds(pid: int) -> tuple[float, float]:
    """User and system time of one process; zeros if it is gone."""
    fields = _stat_fields(pid)
    if not fields:
        return 0.0, 0.0
    return int(fields[11]) / TICKS_PER_SECOND, int(fields[12]) / TICKS_PER_SECOND


def start_time(pid: int) -> str | None:
    """Tells a process from a later one with the same id; None if it is gone or a zombie."""
    fields = _stat_fields(pid)
    return None if not fields or fields[0] == "Z" else fields[19]


def core_busy_seconds(core: int) -> float:
    """Time the core has spent on anything: ours, other programs, interrupts, and what the hypervisor took."""
    for line in Path("/proc/stat").read_text().splitlines():
        name, *values = line.split()
        if name == f"cpu{core}":
            user, nice, system, _idle, _iowait, irq, softirq, steal = (int(value) for value in values[:8])
            return (user + nice + system + irq + softirq + steal) / TICKS_PER_SECOND
    raise ValueError(f"no core {core} in /proc/stat")


@dataclass(frozen=True)
class Memory:
    """Resident memory of a process tree. PSS divides shared pages by the number of their users.

    Anonymous memory leaves out the pages of files, which come and go with the code that runs and with reclaim.
    """

    rss_bytes: int
    pss_bytes: int
    anonymous_bytes: int


def memory(root: int) -> Memory:
    """Summed over the tree, so RSS counts a page once for each process that maps it."""
    totals = {"Rss": 0, "Pss": 0, "Anonymous": 0}
    for pid in process_tree(root):
        try:
            text = Path(f"/proc/{pid}/smaps_rollup").read_text()
        except OSError:
            continue
        for line in text.splitlines():
            name, _, rest = line.partition(":")
            if name in totals:
                totals[name] += int(rest.split()[0]) * 1024
    return Memory(totals["Rss"], totals["Pss"], totals["Anonymous"])


def maps_file(root: int, fragment: str, suffix: str) -> bool:
    """Whether a process of the tree has mapped a file whose path has `fragment` and ends in `suffix`."""
    for pid in process_tree(root):
        try:
            text = Path(f"/proc/{pid}/maps").read_text()
        except OSError:
            continue
        if any(fragment in line and line.endswith(suffix) for line in text.splitlines()):
            return True
    return False


def _stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name (which may hold spaces); empty if the process is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
