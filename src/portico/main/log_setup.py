"""The application log, from the command line: level, components, layout, file."""

from __future__ import annotations

from portico.api.log import COMPONENTS, LogLevel
from portico.ipc.log_format import LEVEL_NAMES
from portico.ipc.log_sink import DescriptorSink
from portico.main.options import LogOptions

# spdlog's second spelling.
ALIASES = {"warn": "warning", "err": "error"}


def level_of(name: str) -> LogLevel:
    return LogLevel(LEVEL_NAMES.index(ALIASES.get(name, name)))


def set_up_log(options: LogOptions) -> DescriptorSink:
    """OSError if the file cannot be opened."""
    sink = DescriptorSink(options.pattern, options.is_escaped, options.path)
    COMPONENTS.sink = sink
    COMPONENTS.set_all(level_of(options.level))
    for name, level in options.component_levels:
        COMPONENTS.by_name[name].level = level_of(level)
    return sink
