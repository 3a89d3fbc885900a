"""A line of text or JSON in a file, or on a standard stream by its path."""

from __future__ import annotations

from typing import Any

from portico.access_log.formatted_log import FormattedLog, open_log_file
from portico.api.access_log import AccessLog
from portico.api.context import FactoryContext
from portico.api.errors import inside
from portico.api.registries import ACCESS_LOGGERS
from portico.formatter.compiler import DEFAULT_FORMAT, compile_format, compile_json
from portico.formatter.formatter import Formatter
from portico.formatter.from_proto import struct_to_python, substitution_format


@ACCESS_LOGGERS.register("envoy.extensions.access_loggers.file.v3.FileAccessLog")
def file_access_log(config: Any, context: FactoryContext) -> AccessLog:
    kind: str | None = config.WhichOneof("access_log_format")
    with inside(kind or ""):
        formatter = _formatter(config, kind, context)
    return FormattedLog(formatter, open_log_file(context.server.log_files, config.path))


def _formatter(config: Any, kind: str | None, context: FactoryContext) -> Formatter:
    if kind == "log_format":
        return substitution_format(config.log_format, context)
    if kind == "format":
        return compile_format(config.format or DEFAULT_FORMAT, context.server)
    if kind in ("json_format", "typed_json_format"):
        return compile_json(struct_to_python(getattr(config, kind)), context.server)
    return compile_format(DEFAULT_FORMAT, context.server)
