"""The facts about a machine that a figure means nothing without."""

import os
import platform
from pathlib import Path


def machine_facts() -> dict[str, str | int | float]:
    """Flat, for the head of the report and the JSON file."""
    return {
        "cpu": _first_value("/proc/cpuinfo", "model name"),
        "cores": os.cpu_count() or 0,
        "memory_mib": int(_first_value("/proc/meminfo", "MemTotal").split()[0]) // 1024,
        "kernel": platform.release(),
        "system": platform.freedesktop_os_release().get("PRETTY_NAME", platform.system()),
        "python": platform.python_version(),
        "load_1_min_at_start": round(os.getloadavg()[0], 2),
    }


def _first_value(path: str, key: str) -> str:
    for line in Path(path).read_text().splitlines():
        name, _, value = line.partition(":")
        if name.strip() == key:
            return value.strip()
    return "unknown"
