"""--mode validate: the whole load and every build, without a port, a worker or a network."""

from __future__ import annotations

import asyncio
import sys

from portico.api.errors import ConfigErrors
from portico.ipc.shared_table import ColumnNames
from portico.main.bootstrap import load
from portico.main.failure import initialization_error, log_warnings, tell_failure
from portico.main.log_setup import set_up_log
from portico.main.options import Options
from portico.main.sections import Sections
from portico.main.trial import Trial


def validate(options: Options) -> int:
    """The exit code: 0 and one line on standard output, or 1 and everything that is wrong."""
    try:
        set_up_log(options.log)
    except OSError as error:
        print(f"error: cannot open log file '{options.log.path}': {error.strerror}", file=sys.stderr)
        return 1
    loop = asyncio.new_event_loop()
    try:
        loaded = load(options)
        log_warnings(options, loaded)
        Sections(options, loaded)
        Trial(loaded.bootstrap, loop, ColumnNames()).static_resources(loaded)
    except ConfigErrors as error:
        tell_failure(options, initialization_error(options, error))
        return 1
    finally:
        loop.close()
    print(f"configuration '{options.config_name}' OK")
    return 0
