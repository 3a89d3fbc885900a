"""`python -m bench`: plays the tournament, prints the table, writes the JSON file and the chart beside it."""

import os
import signal
import sys
from collections.abc import Sequence

from bench.chart import write_chart
from bench.contestants.contestant import Contestant
from bench.contestants.envoy import Envoy
from bench.contestants.haproxy import HAProxy
from bench.contestants.nginx import Nginx
from bench.contestants.portico import PORTICO_NAME, Portico, interpreted
from bench.options import Options, parse
from bench.process import BenchError
from bench.report import report
from bench.stage import Stage, open_stage
from bench.tournament import Tournament


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit status: 0 if there is a result, 1 if nothing could be measured, 130 after Ctrl-C."""
    options = parse(list(arguments) if arguments is not None else None)
    # SIGTERM unwinds the stack as Ctrl-C does, so that every process started here is stopped.
    for ending in (signal.SIGTERM, signal.SIGINT):  # SIGINT too: a shell starts background jobs with it ignored
        signal.signal(ending, signal.default_int_handler)
    try:
        os.setpriority(os.PRIO_PROCESS, 0, options.nice)
    except PermissionError:
        sys.stderr.write(f"bench: no permission for --nice {options.nice}; root may raise priority\n")
        return 1
    try:
        with open_stage() as stage:
            tournament = Tournament(stage, _contestants(stage, options), options)
            try:
                tournament.play()
            finally:
                results = tournament.results
                sys.stdout.write(report(results))
                sys.stdout.flush()
            results.write(options.json)
            write_chart(results, options.json.with_suffix(".svg"))
            sys.stdout.write(f"\nwritten: {options.json} and {options.json.with_suffix('.svg').name}\n")
            return 0 if results.versions else 1
    except BenchError as error:
        sys.stderr.write(f"bench: {error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nbench: stopped\n")
        return 130


def _contestants(stage: Stage, options: Options) -> list[Contestant]:
    """In the order they take in each round."""
    known: dict[str, Contestant] = {
        PORTICO_NAME: Portico(PORTICO_NAME, options.portico_command),
        "envoy": Envoy(),
        "nginx": Nginx(),
        "haproxy": HAProxy(),
    }
    chosen = [known[name] for name in known if name in options.proxies]
    if options.interpreted:
        chosen.insert(1 if PORTICO_NAME in options.proxies else 0, interpreted(stage.root, options.interpreted_command))
    return chosen


if __name__ == "__main__":
    sys.exit(main())
