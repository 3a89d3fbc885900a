"""Both proxies over the chosen cases, and the verdict on each case."""

import asyncio
from dataclasses import dataclass

from . import cache
from .case import Case
from .observation import Observation, differences, needless_differences, report, unmet_expectations
from .proxy import Target
from .suite import run_suite

MANY_FAILURES = 40


@dataclass
class Verdict:
    """`problem` is empty when portico did as Envoy did. `unsteady`: it did so only when the case ran again."""

    case: Case
    envoy: Observation
    portico: Observation
    problem: str
    unsteady: bool = False


async def observe_envoy(cases: list[Case], target: Target, *, use_cache: bool = True) -> dict[str, Observation]:
    known = {case.name: cached for case in cases if use_cache and (cached := cache.load(case)) is not None}
    fresh = await run_suite([case for case in cases if case.name not in known], target)
    for case in cases:
        if case.name in fresh and not unmet_expectations(case, fresh[case.name]):
            cache.store(case, fresh[case.name])
    return known | fresh


def judge(case: Case, envoy: Observation, portico: Observation) -> Verdict:
    if unmet := unmet_expectations(case, envoy):
        return Verdict(case, envoy, portico, "\n".join([case.name, *unmet, envoy.text()]))
    if needless := needless_differences(case, envoy):
        problem = f"{case.name}: differs: names {needless}, but Envoy shows the same lines"
        return Verdict(case, envoy, portico, problem)
    is_equal = not portico.failure and not differences(case, envoy, portico)
    if case.later:
        problem = f"{case.name}: later: portico does this already; remove the key" if is_equal else ""
        return Verdict(case, envoy, portico, problem)
    if not is_equal:
        return Verdict(case, envoy, portico, report(case, envoy, portico))
    return Verdict(case, envoy, portico, "")


async def compare(cases: list[Case], envoy: Target, portico: Target) -> dict[str, Verdict]:
    """A case that fails runs once more, both proxies afresh: on a busy machine a timer may fire late once.

    Not when many fail: that is no accident, and waiting for all of them again would tell nothing new.
    """
    seen, got = await asyncio.gather(observe_envoy(cases, envoy), run_suite(cases, portico))
    verdicts = {case.name: judge(case, seen[case.name], got[case.name]) for case in cases}
    again = [verdict.case for verdict in verdicts.values() if verdict.problem]
    if len(again) > MANY_FAILURES:
        return verdicts
    seen, got = await asyncio.gather(observe_envoy(again, envoy, use_cache=False), run_suite(again, portico))
    for case in again:
        second = judge(case, seen[case.name], got[case.name])
        second.unsteady = not second.problem
        verdicts[case.name] = second
    return verdicts
