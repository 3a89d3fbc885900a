"""Where a measurement takes place: the cores, the upstream, a directory, and how a proxy is brought onto it."""

import os
import resource
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.contestants.contestant import Contestant, Launch, Layout
from bench.ports import fetch, free_ports, wait_until
from bench.process import BenchError, PinnedProcess
from bench.scenarios import SMALL_BODY, Listener
from bench.upstream import Upstream

START_TIMEOUT_S: Final = 15.0
MAX_NOFILE: Final = 20_000


@dataclass(frozen=True)
class Stage:
    """One proxy at a time has `proxy_core`; the upstream and the load generator share `load_core`."""

    root: Path
    proxy_core: int
    load_core: int
    nofile: int
    upstream: Upstream

    @property
    def cores(self) -> tuple[int, int]:
        return (self.proxy_core, self.load_core)


@dataclass(frozen=True)
class RunningProxy:
    """A proxy that has answered its first request."""

    process: PinnedProcess
    layout: Layout
    launch: Launch
    build: str


@contextmanager
def open_stage() -> Iterator[Stage]:
    """Pins this process to the load core and starts the upstream; all is removed at the end."""
    available = sorted(os.sched_getaffinity(0))
    if len(available) < 2:
        raise BenchError("two cores are needed: one for the proxy, one for the load and the upstream")
    proxy_core, load_core = available[0], available[1]
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    nofile = MAX_NOFILE if hard == resource.RLIM_INFINITY else min(hard, MAX_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (nofile, hard))
    os.sched_setaffinity(0, [load_core])
    root = Path(tempfile.mkdtemp(prefix="portico-bench-"))
    try:
        upstream = Upstream(root, load_core, nofile)
        with upstream.process:
            yield Stage(root, proxy_core, load_core, nofile, upstream)
    finally:
        shutil.rmtree(root, ignore_errors=True)
        os.sched_setaffinity(0, available)


def new_layout(stage: Stage) -> Layout:
    """A fresh directory and free ports for one run."""
    listen_port, admin_port = free_ports(2)
    directory = Path(tempfile.mkdtemp(prefix="run-", dir=stage.root))
    return Layout(directory, listen_port, admin_port, stage.upstream.port, stage.nofile)


@contextmanager
def proxy_on_stage(stage: Stage, contestant: Contestant, listener: Listener) -> Iterator[RunningProxy]:
    """One worker on the proxy core, proved to answer; stopped at the end, its directory kept for the caller."""
    layout = new_layout(stage)
    launch = contestant.launch(listener, layout, concurrency=1)
    output = layout.access_log if launch.logs_to_stdout else layout.root / "output"
    with PinnedProcess(launch.command, [stage.proxy_core], output, launch.env) as process:
        port = layout.listen_port
        wait_until(process, lambda: fetch(port, "GET", "/") == (200, SMALL_BODY), START_TIMEOUT_S)
        yield RunningProxy(process, layout, launch, contestant.build(process.pid))
