"""Imported by Python itself at the start of every profiled process; see bench/profiling/cprofile.py."""

import cProfile
import marshal
import os
import threading
import time
from pathlib import Path
from typing import Any

_profile: Any = None  # typeshed's cProfile.Profile does not declare snapshot_stats


def _start() -> None:
    global _profile  # noqa: PLW0603 - the child of a fork has to stop its parent's profile
    if _profile is not None:
        _profile.disable()
    _profile = cProfile.Profile()
    _profile.enable()
    threading.Thread(target=_dump_later, args=(_profile,), daemon=True).start()


def _dump_later(profile: Any) -> None:
    time.sleep(float(os.environ["BENCH_PROFILE_AFTER_S"]))
    # create_stats would switch off profiling in this thread instead of the one that is profiled.
    profile.snapshot_stats()
    path = Path(os.environ["BENCH_PROFILE_DIRECTORY"]) / f"{os.getpid()}.prof"
    unfinished = path.with_suffix(".part")
    with unfinished.open("wb") as stream:
        marshal.dump(profile.stats, stream)
    unfinished.rename(path)


if "BENCH_PROFILE_DIRECTORY" in os.environ:
    os.register_at_fork(after_in_child=_start)
    _start()
