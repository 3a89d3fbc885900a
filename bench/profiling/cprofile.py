"""cProfile inside the worker: exact call counts without any tool, but every call pays for being counted.

The worker is not ours to change, so it is reached through PYTHONPATH: `in_worker/sitecustomize.py` starts the profile
in every process of portico and writes it to a directory some seconds later.
"""

import pstats
import time
from pathlib import Path
from typing import Final

from bench.process import BenchError
from bench.profiling.cost import Cost, layer_of

IN_WORKER: Final = Path(__file__).with_name("in_worker")
_GRACE_S: Final = 5.0


def environment(directory: Path, dump_after_s: float) -> dict[str, str]:
    """To be put into the environment of portico; a PYTHONPATH of its own is kept behind `IN_WORKER` by the caller."""
    return {"BENCH_PROFILE_DIRECTORY": str(directory), "BENCH_PROFILE_AFTER_S": str(dump_after_s)}


def collect(pid: int, directory: Path, timeout_s: float) -> list[Cost]:
    """The profile the worker wrote. Raises BenchError if there is none in time."""
    path = directory / f"{pid}.prof"
    deadline = time.monotonic() + timeout_s + _GRACE_S
    while not path.exists():
        if time.monotonic() > deadline:
            raise BenchError(f"process {pid} wrote no profile: is it an interpreted portico?")
        time.sleep(0.1)
    stats = pstats.Stats(str(path)).get_stats_profile()
    # Waiting for events is not work.
    own = {name: one.tottime for name, one in stats.func_profiles.items() if "run_forever" not in name}
    total = sum(own.values())
    costs = [
        Cost(layer_of(stats.func_profiles[name].file_name), name, seconds / total) for name, seconds in own.items()
    ]
    return sorted(costs, key=lambda cost: -cost.share)
