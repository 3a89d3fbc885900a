"""The command line of `python -m bench`."""

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.contestants.portico import DEFAULT_COMMAND
from bench.scenarios import SCENARIOS

RESULTS: Final = Path(__file__).resolve().parent / "results" / "latest.json"
PROXIES: Final = ("portico", "envoy", "nginx", "haproxy")
EXTRAS: Final = ("memory", "live")


@dataclass(frozen=True)
class Options:
    """What to measure, how long, and where the result goes."""

    only: tuple[str, ...]
    proxies: tuple[str, ...]
    rounds: int
    seconds: float
    warm_up_s: float
    portico_command: str
    interpreted: bool
    interpreted_command: str | None
    nice: int
    json: Path


def parse(arguments: list[str] | None = None) -> Options:
    """Exits with a usage message on a bad command line."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    names = [scenario.name for scenario in SCENARIOS] + list(EXTRAS)
    parser.add_argument("--quick", action="store_true", help="two short rounds, under 2.5 minutes: for a first look")
    parser.add_argument(
        "--only", type=_NameList(names), default=tuple(names), metavar="NAME,...", help=", ".join(names)
    )
    parser.add_argument(
        "--proxies", type=_NameList(PROXIES), default=PROXIES, metavar="NAME,...", help=", ".join(PROXIES)
    )
    parser.add_argument("--rounds", type=int, help="rounds per scenario; each has every proxy once (5; quick: 2)")
    parser.add_argument("--seconds", type=float, help="measured time of one run (2; quick: 1)")
    parser.add_argument("--portico-command", default=DEFAULT_COMMAND, metavar="COMMAND", help="default: %(default)s")
    parser.add_argument(
        "--interpreted",
        nargs="?",
        const="",
        metavar="COMMAND",
        help="portico interpreted as one more contestant: src without its shared objects, or COMMAND",
    )
    parser.add_argument("--nice", type=int, default=0, help="priority of all that is measured; below 0 needs root")
    parser.add_argument("--json", type=Path, default=RESULTS, metavar="PATH", help="default: %(default)s")
    given = parser.parse_args(arguments)
    rounds = given.rounds if given.rounds is not None else (2 if given.quick else 5)
    seconds = given.seconds if given.seconds is not None else (1.0 if given.quick else 2.0)
    if rounds < 1:
        parser.error(f"--rounds: must be >= 1, got {rounds}")
    if not 0.2 <= seconds <= 60:
        parser.error(f"--seconds: must be between 0.2 and 60, got {seconds}")
    return Options(
        only=given.only,
        proxies=given.proxies,
        rounds=rounds,
        seconds=seconds,
        warm_up_s=0.3 if given.quick else 0.7,
        portico_command=given.portico_command,
        interpreted=given.interpreted is not None,
        interpreted_command=given.interpreted or None,
        nice=given.nice,
        json=given.json,
    )


class _NameList:
    """An argparse type: comma-separated names out of a known set, which its error message lists."""

    def __init__(self, known: tuple[str, ...] | list[str]) -> None:
        self._known = known

    def __call__(self, text: str) -> tuple[str, ...]:
        names = tuple(name.strip() for name in text.split(",") if name.strip())
        for name in names:
            if name not in self._known:
                raise argparse.ArgumentTypeError(f"{name!r} is none of {', '.join(self._known)}")
        if not names:
            raise argparse.ArgumentTypeError(f"must name at least one of {', '.join(self._known)}")
        return names
