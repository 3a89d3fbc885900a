"""How mistakes in a configuration are told: in the log, and to whoever sees only standard error."""

from __future__ import annotations

import sys
from typing import Final

from portico.api.errors import ConfigErrors
from portico.api.log import LogLevel, logger
from portico.config.load import LoadedBootstrap
from portico.main.options import Options

LOG: Final = logger("main", __name__)


def initialization_error(options: Options, reason: Exception) -> str:
    """Envoy's first line; several errors follow it, a line each."""
    start = f"error initializing configuration '{options.config_name}': "
    if isinstance(reason, ConfigErrors) and len(reason.errors) > 1:
        return start + f"{len(reason.errors)} errors\n" + "\n".join(f"  {error}" for error in reason.errors)
    return start + str(reason)


def tell_failure(options: Options, text: str) -> None:
    """Once: to the log, or plainly where the log does not reach standard error."""
    LOG.critical(text)
    if options.log.path or not LOG.is_enabled(LogLevel.CRITICAL):
        print(text, file=sys.stderr)


def log_warnings(options: Options, loaded: LoadedBootstrap) -> None:
    for warning in loaded.warnings:
        if not (options.log.skip_deprecated and "deprecated" in warning.message):
            LOG.warning(str(warning))
