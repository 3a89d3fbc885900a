"""The table a person reads."""

import statistics
from collections.abc import Iterator

from bench.contestants.portico import INTERPRETED_NAME, PORTICO_NAME
from bench.idle_memory import IdleMemory
from bench.results import REFERENCE, Entry, Results, ScenarioResult
from bench.scenarios import INTERPRETED_GOAL

_COLUMNS = "  {:<20} {:>10} {:>17} {:>9} {:>7} {:>7} {:>8} {:>8}  {}"


def report(results: Results) -> str:
    """The whole report, without colour: it is also what gets pasted into an issue."""
    return "\n".join(_lines(results)) + "\n"


def goal_of(scenario_name: str, scenario: ScenarioResult, contestant: str) -> float | None:
    """The ratio a contestant has to reach, for the two that are portico."""
    if contestant == PORTICO_NAME:
        return scenario.goal
    if contestant == INTERPRETED_NAME and scenario_name == "small":
        return INTERPRETED_GOAL
    return None


def _lines(results: Results) -> Iterator[str]:
    machine = results.machine
    yield (
        f"{machine['cpu']}, {machine['cores']} cores, {machine['memory_mib']} MiB, {machine['system']}, "
        f"Linux {machine['kernel']}, load {machine['load_1_min_at_start']} at start"
    )
    yield "; ".join(f"{name} {version}" for name, version in results.versions.items())
    for name, reason in results.missing.items():
        yield f"absent: {name}: {reason}"
    for name, scenario in results.scenarios.items():
        yield from _scenario_lines(name, scenario)
    if results.scenarios:
        yield ""
        yield "ratio: median requests/s to Envoy's. cpu ratio: the same per second of proxy CPU, whoever was the limit."
        yield "> the proxy waited for the load side: at least so many.  * other programs took over 5 % of a core."
    if results.idle_memory:
        yield from _memory_lines(results)
    if results.time_to_live_s:
        yield from _time_to_live_lines(results)


def _scenario_lines(name: str, scenario: ScenarioResult) -> Iterator[str]:
    yield ""
    yield f"{scenario.title} ({name}): {scenario.ceiling_per_s:,.0f}/s without a proxy"
    yield _COLUMNS.format("", "requests/s", "min-max", "ratio", "cpu µs", "cpu r.", "p50 ms", "p99 ms", "").rstrip()
    for contestant, entry in scenario.entries.items():
        if entry.problem is not None:
            yield f"  {contestant:<20} no figure: {entry.problem}"
        elif entry.samples:
            yield _entry_line(name, scenario, contestant, entry)


def _entry_line(name: str, scenario: ScenarioResult, contestant: str, entry: Entry) -> str:
    low, high = entry.range_per_s
    ratio, cpu_ratio = scenario.ratio(contestant), scenario.cpu_ratio(contestant)
    notes = []
    if build := entry.samples[0].build:
        notes.append(build)
    if ratio is not None and (goal := goal_of(name, scenario, contestant)) is not None:
        notes.append(f"goal {goal:.1f} {'reached' if ratio >= goal else 'MISSED'}")
    rate = f"{'>' if entry.is_lower_bound else ''}{entry.median('requests_per_s'):,.0f}"
    return _COLUMNS.format(
        contestant,
        rate + ("*" if entry.is_disturbed else " "),
        f"{low:,.0f}-{high:,.0f}",
        "-" if ratio is None else f"{ratio:.2f}",
        f"{entry.median('proxy_cpu_us_per_request'):.1f}",
        "-" if cpu_ratio is None else f"{cpu_ratio:.2f}",
        f"{entry.median('p50_us') / 1000:.2f}",
        f"{entry.median('p99_us') / 1000:.2f}",
        ", ".join(notes),
    ).rstrip()


def _memory_lines(results: Results) -> Iterator[str]:
    yield ""
    yield "memory per idle keep-alive connection, each having served one request (process tree)"
    reference = results.idle_memory.get(REFERENCE)
    for name, memory in results.idle_memory.items():
        if isinstance(memory, str):
            yield f"  {name:<20} no figure: {memory}"
            continue
        line = (
            f"  {name:<20} {memory.anonymous_bytes_per_connection / 1024:5.1f} KiB anonymous, "
            f"PSS {memory.pss_bytes_per_connection / 1024:5.1f}, RSS {memory.rss_bytes_per_connection / 1024:5.1f}; "
            f"{memory.connections:,} open; before: PSS {memory.base_pss_bytes / 2**20:.0f} MiB"
        )
        if name == PORTICO_NAME and isinstance(reference, IdleMemory):
            reached = memory.anonymous_bytes_per_connection <= reference.anonymous_bytes_per_connection
            line += f"; goal: no more than {REFERENCE} {'reached' if reached else 'MISSED'}"
        yield line


def _time_to_live_lines(results: Results) -> Iterator[str]:
    yield ""
    yield "seconds from exec to LIVE, two workers"
    for name, times in results.time_to_live_s.items():
        if isinstance(times, str):
            yield f"  {name:<20} no figure: {times}"
            continue
        line = f"  {name:<20} {statistics.median(times):.2f} ({min(times):.2f}-{max(times):.2f})"
        if name == PORTICO_NAME:
            line += f"; goal: under 1 {'reached' if statistics.median(times) < 1 else 'MISSED'}"
        yield line
