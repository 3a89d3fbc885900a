"""The `portico` command: Envoy's flags, `portico demo`, exit code 0 or 1.

In: the command line. Out: parsed options, given to the main process; what a worker is, given to the starter.
Next: `main`. This is the one place that knows both `main` and `worker`.
Never: work before the answer to --version, which comes in 60 ms; so imports are late here, and only here.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence

from portico.version import VERSION, build_type


def main(arguments: Sequence[str] | None = None) -> int:
    """The exit code: 0 = ended in order, 1 = wrong usage, wrong configuration, or an address that is taken."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if given == ["--version"]:
        print(version_line())
        return 0
    try:
        return run(given)
    except KeyboardInterrupt:
        return 0  # before the signal handlers are there: nothing has started


def run(arguments: list[str]) -> int:
    from portico.cli.flags import UsageError, parse

    try:
        parsed = parse(arguments)
        if parsed.version:
            print(version_line())
            return 0
        if parsed.command == "demo":
            from portico.cli.demo import serve_demo

            return serve_demo(parsed)
        from portico.cli.run import serve_options

        return serve_options(parsed)
    except UsageError as error:
        print(error, file=sys.stderr)
        return 1


def version_line() -> str:
    python = ".".join(str(part) for part in sys.version_info[:3])
    return f"portico {VERSION} ({build_type()}, Python {python}, speaks the configuration of Envoy 1.40)"
