"""The microscope: `python -m tests.conformance.run -k PATTERN --only envoy` shows what Envoy does in a case."""

import argparse
import asyncio
import re
import shlex
import sys
from pathlib import Path

from .case import Case, all_case_paths, load_case
from .proxy import Target, envoy_target, portico_target
from .suite import run_suite
from .verdict import compare


def chosen_cases(arguments: argparse.Namespace) -> list[Case]:
    if arguments.file:
        return [load_case(Path(name).resolve()) for name in arguments.file]
    pattern = re.compile(arguments.k)
    return [case for case in map(load_case, all_case_paths()) if pattern.search(case.name)]


async def show_one_side(cases: list[Case], target: Target) -> int:
    observed = await run_suite(cases, target)
    for case in cases:
        print(f"=== {case.name} on {target.name}: {case.get('description')}\n{observed[case.name].text()}\n")
    return 1 if any(seen.failure for seen in observed.values()) else 0


async def show_comparison(cases: list[Case], envoy: Target, portico: Target, *, show: bool, names_only: bool) -> int:
    verdicts = await compare(cases, envoy, portico)
    for verdict in verdicts.values():
        if show and not verdict.problem:
            print(f"=== {verdict.case.name}: equal\n{verdict.envoy.text()}\n")
        elif verdict.problem and not names_only:
            print(f"=== {verdict.problem}\n")
        elif verdict.unsteady:
            print(f"=== {verdict.case.name}: equal only when run again\n")
    failed = [name for name, verdict in verdicts.items() if verdict.problem]
    for name in failed:
        print(f"differs: {name}")
    print(f"{len(verdicts) - len(failed)} of {len(verdicts)} cases equal")
    return 1 if failed else 0


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.conformance.run", description=__doc__)
    parser.add_argument("file", nargs="*", help="case files; default: all cases that match -k")
    parser.add_argument("-k", default="", metavar="REGEX", help="only cases whose name (area/name) matches")
    parser.add_argument("--only", choices=["envoy", "portico"], help="run one proxy and show what it did")
    parser.add_argument("--show", action="store_true", help="also show the cases that are equal")
    parser.add_argument("--names", action="store_true", help="only the names of the cases that differ")
    parser.add_argument("--against", metavar="COMMAND", help="compare Envoy with this command instead of portico")
    arguments = parser.parse_args()
    cases = chosen_cases(arguments)
    if not cases:
        print(f"no case matches {arguments.k!r}", file=sys.stderr)
        return 2
    envoy, portico = envoy_target(), portico_target()
    if arguments.against:
        portico = Target("other", tuple(shlex.split(arguments.against)))
    if arguments.only:
        return asyncio.run(show_one_side(cases, envoy if arguments.only == "envoy" else portico))
    return asyncio.run(show_comparison(cases, envoy, portico, show=arguments.show, names_only=arguments.names))


if __name__ == "__main__":
    sys.exit(main())
