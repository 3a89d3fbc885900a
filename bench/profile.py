"""`python -m bench.profile`: where the microseconds of one request go in portico.

First the true cost per request is measured with nobody watching; then a sampler tells how it is divided. The compiled
build is sampled by perf, which sees the kernel and C; the interpreted one by py-spy, or by cProfile if that is absent.
"""

import argparse
import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from bench import procfs
from bench.contestants.contestant import Launch, Layout
from bench.contestants.portico import DEFAULT_COMMAND, PORTICO_NAME, REPOSITORY, Portico, interpreted
from bench.load import LoadResult, run_load
from bench.process import BenchError
from bench.profiling import cprofile, perf, py_spy
from bench.profiling.cost import Cost, by_layer
from bench.profiling.mypyc_names import MypycNames
from bench.scenarios import SCENARIOS, Listener, Scenario
from bench.stage import RunningProxy, Stage, open_stage, proxy_on_stage

_WARM_UP_S: Final = 1.0
_START_UP_S: Final = 2.0
_TOP: Final = 30


class CountedPortico(Portico):
    """portico with cProfile running in every process."""

    def __init__(self, inner: Portico, directory: Path, dump_after_s: float) -> None:
        self.name = inner.name
        self._inner = inner
        self._added = cprofile.environment(directory, dump_after_s)

    def launch(self, listener: Listener, layout: Layout, concurrency: int) -> Launch:
        launch = self._inner.launch(listener, layout, concurrency)
        paths = [str(cprofile.IN_WORKER), launch.env.get("PYTHONPATH") or os.environ.get("PYTHONPATH", "")]
        python_path = ":".join(path for path in paths if path)
        return Launch(launch.command, {**launch.env, **self._added, "PYTHONPATH": python_path})


def main() -> int:
    """Exit status 1 if portico or the sampler cannot run."""
    options = _parse()
    scenario = next(one for one in SCENARIOS if one.name == options.scenario)
    try:
        with open_stage() as stage:
            portico = Portico(PORTICO_NAME, options.portico_command)
            if options.interpreted:
                portico = interpreted(stage.root)
            portico.version()
            with proxy_on_stage(stage, portico, scenario.listener) as proxy:
                worker, us_per_request = _unwatched(stage, scenario, proxy, options.seconds)
                tool = options.tool or _best_tool(proxy.build)
                costs = [] if tool == "cprofile" else _sampled(stage, scenario, proxy, worker, tool, options.seconds)
            if tool == "cprofile":
                costs = _counted(stage, scenario, portico, options.seconds)
            _print(scenario, proxy.build, tool, us_per_request, costs)
            return 0
    except BenchError as error:
        sys.stderr.write(f"bench.profile: {error}\n")
        return 1
    except KeyboardInterrupt:
        return 130


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.profile", description=__doc__)
    parser.add_argument("--scenario", choices=[one.name for one in SCENARIOS], default="small")
    parser.add_argument("--tool", choices=["perf", "py-spy", "cprofile"], help="default: what suits the build")
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--portico-command", default=DEFAULT_COMMAND, metavar="COMMAND")
    parser.add_argument("--interpreted", action="store_true", help="src without its shared objects")
    return parser.parse_args()


def _best_tool(build: str) -> str:
    if build == "compiled" and perf.is_available():
        return "perf"
    if py_spy.is_available():
        return "py-spy"
    return "perf" if perf.is_available() else "cprofile"


def _unwatched(
    stage: Stage, scenario: Scenario, proxy: RunningProxy, seconds: float
) -> tuple[int, tuple[float, float]]:
    """The worker's process id, and its user and system time per request in microseconds."""
    port = proxy.layout.listen_port
    run_load(scenario, port, stage.load_core, _WARM_UP_S, stage.root)
    pids = procfs.process_tree(proxy.process.pid)
    before = {pid: procfs.process_cpu_seconds(pid) for pid in pids}
    result = run_load(scenario, port, stage.load_core, seconds, stage.root)
    spent = {pid: procfs.process_cpu_seconds(pid) for pid in pids}
    worker = max(pids, key=lambda pid: sum(spent[pid]) - sum(before[pid]))
    user, system = (spent[worker][i] - before[worker][i] for i in (0, 1))
    return worker, (user / result.requests * 1e6, system / result.requests * 1e6)


def _sampled(
    stage: Stage, scenario: Scenario, proxy: RunningProxy, worker: int, tool: str, seconds: float
) -> list[Cost]:
    with _load_in_background(stage, scenario, proxy, seconds + _START_UP_S):
        time.sleep(_START_UP_S / 2)
        if tool == "perf":
            return perf.sample(worker, seconds, proxy.layout.root, MypycNames(REPOSITORY / "src"))
        return py_spy.sample(worker, seconds, proxy.layout.root)


def _counted(stage: Stage, scenario: Scenario, portico: Portico, seconds: float) -> list[Cost]:
    directory = stage.root / "profiles"
    directory.mkdir()
    counted = CountedPortico(portico, directory, _START_UP_S + seconds)
    with (
        proxy_on_stage(stage, counted, scenario.listener) as proxy,
        _load_in_background(stage, scenario, proxy, _START_UP_S + seconds),
    ):
        time.sleep(seconds)
        pids = procfs.process_tree(proxy.process.pid)
        worker = max(pids, key=lambda pid: sum(procfs.process_cpu_seconds(pid)))
        return cprofile.collect(worker, directory, _START_UP_S)


@contextmanager
def _load_in_background(stage: Stage, scenario: Scenario, proxy: RunningProxy, seconds: float) -> Iterator[None]:
    results: list[LoadResult] = []
    arguments = (scenario, proxy.layout.listen_port, stage.load_core, seconds, stage.root)
    thread = threading.Thread(target=lambda: results.append(run_load(*arguments)))
    thread.start()
    try:
        yield
    finally:
        thread.join()
    if not results:
        raise BenchError("the load generator failed while portico was sampled")


def _print(scenario: Scenario, build: str, tool: str, us_per_request: tuple[float, float], costs: list[Cost]) -> None:
    user_us, system_us = us_per_request
    total_us = user_us + system_us
    print(f"{scenario.title}: {total_us:.1f} µs of worker CPU per request ({build}, measured without a sampler):")
    print(f"  {system_us:.1f} µs in the kernel, {user_us:.1f} µs in user space\n")
    print(f"by layer ({tool}; a function's own time)")
    for layer, share in by_layer(costs):
        if share >= 0.005:
            print(f"  {share * total_us:6.2f} µs {share:6.1%}  {layer}")
    print(f"\nthe {_TOP} dearest functions")
    for cost in sorted(costs, key=lambda one: -one.share)[:_TOP]:
        print(f"  {cost.share * total_us:6.2f} µs {cost.share:6.1%}  {cost.layer}: {cost.function}")


if __name__ == "__main__":
    sys.exit(main())
