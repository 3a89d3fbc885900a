"""Runs many cases on one proxy: as few processes as possible, many conversations at once.

Cases that need nothing of the process share one: each has its listeners, clusters and stat prefixes under a prefix of
its own. When the proxy refuses a bootstrap, the cases its message names run alone, or the half of them, so one bad case
fails alone.
"""

import asyncio
import json
import re
import tempfile
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from .admin_answer import HISTOGRAM, mask
from .bootstrap import build_bootstrap, build_static_resources, listener_fragments, merge
from .case import Case
from .client import Client
from .observation import Observation
from .places import Places
from .ports import PortBlock
from .proxy import Proxy, StartError, Target
from .upstream import DEFAULT_REPLY, Upstream

CASES_PER_PROCESS = 60
CONVERSATIONS_AT_ONCE = 16
PROCESSES_AT_ONCE = 2
SETTLE_S = 0.4
COMMAND_TIMEOUT_S = 15.0
PREFIX = re.compile(r"\bk(\d{3})_")
LISTENER = re.compile(r"\bstatic_resources\.listeners\[(\d+)\]")
MANY_ACCUSED = 8  # up to so many run alone; more are halved again


class CaseRun:
    """One case inside one proxy process."""

    def __init__(self, case: Case, number: int, directory: Path, ports: PortBlock) -> None:
        self.case = case
        self.observation = Observation()
        self.places = Places(f"k{number:03d}_")
        self.directory = directory / self.places.prefix
        self.directory.mkdir()
        self.places.add_path("log", str(self.directory / "access.log"))
        self.places.add_path("dir", str(self.directory))
        for name, content in case.get("files", {}).items():
            (self.directory / name).write_text(content)
        behaviours = case.get("upstreams", {"up": DEFAULT_REPLY})
        self.upstreams = [Upstream(name, behaviour, self.places) for name, behaviour in behaviours.items()]
        self.listeners = list(listener_fragments(case))
        for name in [*self.listeners, *case.get("ports", [])]:
            self.places.add_port(name, ports.take())
        self.resources = build_static_resources(case, set(behaviours), self.places)
        self.client: Client | None = None

    async def play(self, proxy: Proxy) -> None:
        self.client = Client(self.case, self.places, self.listeners, proxy)
        try:
            await self.client.run()
        except Exception as error:  # noqa: BLE001 - the case or the harness is wrong: its own failure, not that of its neighbours
            self.observation.failure = f"{type(error).__name__}: {error}"
        if not proxy.is_running() and "exit" not in str(self.case.get("steps")):
            self.observation.failure = f"the proxy died: {proxy.output_tail()}"

    def conclude(self, stats: list[str]) -> None:
        """Collect every section, once the dust has settled."""
        assert self.client is not None
        seen = self.observation
        seen.dialogue = self.client.dialogue
        seen.statuses = self.client.statuses
        seen.sections["client"] = self.client.lines
        seen.sections["admin"] = self.client.admin_lines
        seen.sections["process"] = self.client.process_lines
        seen.sections["upstream"] = [line for upstream in self.upstreams for line in upstream.lines()]
        seen.sections["log"] = self._log_lines()
        patterns = [re.compile(pattern) for pattern in self.case.get("stats", [])]
        own = [self.places.strip(line) for line in stats if self.places.prefix in line] if patterns else []
        seen.sections["stats"] = [line for line in own if any(p.search(line.partition(": ")[0]) for p in patterns)]
        for pattern in self.case.get("mask", []):
            for name, lines in seen.sections.items():
                seen.sections[name] = [mask(pattern, line) for line in lines]

    def _log_lines(self) -> list[str]:
        paths = sorted(self.directory.glob("*.log"))
        shown: list[str] = []
        for path in paths:
            label = "" if path.name == "access.log" else f"{path.name}: "
            shown += [
                label + self.places.strip(line) for line in path.read_text(errors="backslashreplace").splitlines()
            ]
        return shown

    async def stop(self) -> None:
        await asyncio.gather(*(upstream.stop() for upstream in self.upstreams))


async def run_suite(cases: Iterable[Case], target: Target) -> dict[str, Observation]:
    """Every case on one proxy command, by case name."""
    groups: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        groups[case.name if case.process == "alone" else case.process].append(case)
    if failure := await start_failure(target):
        return {case.name: Observation(failure=failure) for group in groups.values() for case in group}
    chunks = [
        group[start : start + CASES_PER_PROCESS]
        for group in groups.values()
        for start in range(0, len(group), CASES_PER_PROCESS)
    ]
    places = asyncio.Semaphore(PROCESSES_AT_ONCE)
    results = await asyncio.gather(*(run_group(chunk, target, places) for chunk in chunks))
    return {name: observation for result in results for name, observation in result.items()}


async def start_failure(target: Target) -> str:
    """Why the command does not even start on an empty bootstrap: then no case needs to be tried. Empty if it does."""
    ports = PortBlock()
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        port = ports.take()
        proxy = Proxy(target, Path(name), port, [])
        try:
            await proxy.start(build_bootstrap([], port, {}))
        except StartError as failure:
            return f"{target.name} did not start on an empty bootstrap: {failure}"
        finally:
            await proxy.stop()
            ports.release()
    return ""


async def run_group(cases: list[Case], target: Target, turn: asyncio.Semaphore) -> dict[str, Observation]:
    async with turn:
        try:
            return await run_in_one_process(cases, target)
        except StartError as failure:
            if len(cases) == 1:
                return {cases[0].name: Observation(failure=f"{target.name} did not start: {failure}")}
            accused = accused_cases(cases, failure.complaints)
    others = [case for case in cases if case not in accused]
    groups = [accused, others] if len(accused) > MANY_ACCUSED else [*([case] for case in accused), others]
    results = await asyncio.gather(*(run_group(group, target, turn) for group in groups))
    return {name: observation for result in results for name, observation in result.items()}


def accused_cases(cases: list[Case], complaints: str) -> list[Case]:
    """Those a refusal names, by prefix or by the position of their listener; the first half if it names none."""
    owners = [number for number, case in enumerate(cases) for _ in listener_fragments(case)]
    named = {int(number) for number in PREFIX.findall(complaints)}
    named |= {owners[int(index)] for index in LISTENER.findall(complaints) if int(index) < len(owners)}
    accused = [case for number, case in enumerate(cases) if number in named]
    return accused if 0 < len(accused) < len(cases) else cases[: len(cases) // 2]


async def run_in_one_process(cases: list[Case], target: Target) -> dict[str, Observation]:
    """Raises StartError when the proxy refuses the common bootstrap."""
    ports = PortBlock()
    runs: list[CaseRun] = []
    results: dict[str, Observation] = {}
    with tempfile.TemporaryDirectory(prefix="conformance-") as name:
        try:
            for number, case in enumerate(cases):
                try:
                    runs.append(CaseRun(case, number, Path(name), ports))
                except Exception as error:  # noqa: BLE001 - a case that cannot be built fails alone
                    results[case.name] = Observation(failure=f"{type(error).__name__}: {error}")
            if runs and "command" in runs[0].case.document:
                await run_command(runs[0], target, Path(name), ports.take())
            elif runs:
                await play_all(runs, target, Path(name), ports.take())
        finally:
            await asyncio.gather(*(run.stop() for run in runs))
            ports.release()
    return results | {run.case.name: run.observation for run in runs}


async def play_all(runs: list[CaseRun], target: Target, directory: Path, admin_port: int) -> None:
    arguments = [argument for run in runs for argument in run.case.get("args", [])]
    proxy = Proxy(target, directory, admin_port, arguments)
    extra: dict[str, object] = {}
    for run in runs:
        extra = merge(extra, run.places.fill(run.case.get("bootstrap", {})))
    for run in runs:
        run.places.add_port("admin", admin_port)
        for upstream in run.upstreams:
            upstream.start()
    try:
        await proxy.start(build_bootstrap([run.resources for run in runs], admin_port, extra))
        turn = asyncio.Semaphore(CONVERSATIONS_AT_ONCE)

        async def play(run: CaseRun) -> None:
            async with turn:
                await run.play(proxy)

        await asyncio.gather(*(play(run) for run in runs))
        await asyncio.sleep(SETTLE_S)
        stats = await fetch_stats(proxy, runs)
        for run in runs:
            run.conclude(stats)
            run.observation.printed = proxy.output_tail()
    finally:
        await proxy.stop()


async def run_command(run: CaseRun, target: Target, directory: Path, admin_port: int) -> None:
    """A command that ends by itself: its exit code, and the lines of its output that `output` matches."""
    config = directory / "bootstrap.json"
    run.places.add_path("config", str(config))
    extra = run.places.fill(run.case.get("bootstrap", {}))
    config.write_text(json.dumps(build_bootstrap([run.resources], admin_port, extra), indent=1))
    proxy = Proxy(target, directory, admin_port, [])
    try:
        await proxy.launch(run.places.fill(run.case.get("command")))
        code = await proxy.wait(COMMAND_TIMEOUT_S)
        lines = ["still running" if code is None else f"exit code {code}"]
    finally:
        await proxy.stop()
    if "output" in run.case.document:
        wanted = re.compile(run.case.get("output"))
        output = proxy.output.read_text(errors="backslashreplace").splitlines()
        lines += [run.places.strip(line) for line in output if wanted.search(line)]
    run.observation.sections["process"] = lines
    run.observation.dialogue = proxy.output_tail().splitlines()


async def fetch_stats(proxy: Proxy, runs: list[CaseRun]) -> list[str]:
    """Text stats, one a line; those that are of no case's prefix are dropped later. Empty when the proxy is gone."""
    if not proxy.is_running() or not any(run.case.get("stats") for run in runs):
        return []
    answer = await proxy.admin("GET", "/stats")
    return [HISTOGRAM.sub(r"\1<histogram>", line) for line in answer.body.decode().splitlines()]
