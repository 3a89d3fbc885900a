"""A line of text or JSON on standard output or standard error."""

from __future__ import annotations

from typing import Any

from portico.access_log.formatted_log import FormattedLog, open_log_file
from portico.api.access_log import AccessLog
from portico.api.context import FactoryContext
from portico.api.errors import inside
from portico.api.registries import ACCESS_LOGGERS
from portico.formatter.compiler import DEFAULT_FORMAT, compile_format
from portico.formatter.from_proto import substitution_format


@ACCESS_LOGGERS.register("envoy.extensions.access_loggers.stream.v3.StdoutAccessLog")
def stdout_access_log(config: Any, context: FactoryContext) -> AccessLog:
    return _stream_log(config, "/dev/stdout", context)


@ACCESS_LOGGERS.register("envoy.extensions.access_loggers.stream.v3.StderrAccessLog")
def stderr_access_log(config: Any, context: FactoryContext) -> AccessLog:
    return _stream_log(config, "/dev/stderr", context)


def _stream_log(config: Any, path: str, context: FactoryContext) -> AccessLog:
    if config.WhichOneof("access_log_format") == "log_format":
        with inside("log_format"):
            formatter = substitution_format(config.log_format, context)
    else:
        formatter = compile_format(DEFAULT_FORMAT, context.server)
    return FormattedLog(formatter, open_log_file(context.server.log_files, path))
