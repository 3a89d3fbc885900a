"""The application log as code sees it: a component, a level, one line of text.

A disabled line must cost one comparison, so text that has to be put together stands behind a guard:

    if LOG.is_enabled(LogLevel.DEBUG):
        LOG.debug(f"adding cluster {name}")
"""

from __future__ import annotations

import sys
from enum import IntEnum
from typing import Final

from mypy_extensions import mypyc_attr


class LogLevel(IntEnum):
    """Envoy's levels, in spdlog's order; a component writes lines of its own level and above."""

    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARNING = 3
    ERROR = 4
    CRITICAL = 5
    OFF = 6


@mypyc_attr(allow_interpreted_subclasses=True)
class LogSink:
    """Where lines go; the process sets one at its start. Never raises, never waits."""

    def write(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        """``source`` is a path below the package root; ``line`` 0 = unknown (compiled code has no frames)."""
        raise NotImplementedError


class LogComponent:
    """One name of --component-log-level, and the level it stands at."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.level: LogLevel = LogLevel.INFO


class LogComponents:
    """All components by name, in /logging's order, and the sink they share."""

    def __init__(self) -> None:
        self.by_name: dict[str, LogComponent] = {name: LogComponent(name) for name in COMPONENT_NAMES}
        self.sink: LogSink | None = None  # None = lines are dropped: a library user did not ask for any

    def set_all(self, level: LogLevel) -> None:
        for component in self.by_name.values():
            component.level = level

    def levels(self) -> dict[str, int]:
        return {name: int(component.level) for name, component in self.by_name.items()}


class Logger:
    """What a module holds: its component, and its own name for ``[%g:%#]``."""

    def __init__(self, component: LogComponent, module: str) -> None:
        self.component = component
        self.module = module

    def is_enabled(self, level: LogLevel) -> bool:
        return level >= self.component.level

    def trace(self, text: str) -> None:
        self.write(LogLevel.TRACE, text)

    def debug(self, text: str) -> None:
        self.write(LogLevel.DEBUG, text)

    def info(self, text: str) -> None:
        self.write(LogLevel.INFO, text)

    def warning(self, text: str) -> None:
        self.write(LogLevel.WARNING, text)

    def error(self, text: str) -> None:
        self.write(LogLevel.ERROR, text)

    def critical(self, text: str) -> None:
        self.write(LogLevel.CRITICAL, text)

    def write(self, level: LogLevel, text: str) -> None:
        sink = COMPONENTS.sink
        if sink is not None and level >= self.component.level:
            source = self.module.replace(".", "/") + ".py"
            sink.write(level, self.component.name, source, calling_line(self.module), text)


def logger(component: str, module: str) -> Logger:
    """``LOG: Final = logger("upstream", __name__)``. The component must be one of Envoy's: operators know those."""
    return Logger(COMPONENTS.by_name[component], module)


def calling_line(module: str) -> int:
    """The line in ``module`` that is being run; 0 when the module is compiled and leaves no frame."""
    frame = sys._getframe(0)
    for _ in range(FRAMES_TO_CALLER):
        if frame.f_globals.get("__name__") == module:
            return frame.f_lineno
        if frame.f_back is None:
            break
        frame = frame.f_back
    return 0


FRAMES_TO_CALLER: Final = 4  # calling_line, write, info, the caller

# Source: GET /logging of Envoy 1.40, in its order.
COMPONENT_NAMES: Final = (
    "a2a", "admin", "ai_protocol_manager", "alternate_protocols_cache", "aws", "assert", "backtrace", "basic_auth",
    "cache_filter", "client", "config", "connection", "conn_handler", "compression", "credential_injector",
    "decompression", "dns", "dubbo", "envoy_bug", "ext_authz", "ext_proc", "rocketmq", "file", "filter",
    "forward_proxy", "geolocation", "grpc", "happy_eyeballs", "hc", "health_checker", "http", "http2", "hystrix",
    "init", "io", "jwt", "json_rpc", "kafka", "key_value_store", "lua", "local_rate_limit", "main", "matcher", "mcp",
    "misc", "mongo", "multi_connection", "notification", "oauth2", "quic", "quic_stream", "pool", "rate_limit_quota",
    "rbac", "rds", "redis", "router", "runtime", "stats", "secret", "sse", "tap", "testing", "thrift", "tracing",
    "upstream", "udp", "wasm", "websocket", "golang", "stats_sinks", "dynamic_modules", "ip_tagging",
)  # fmt: skip

COMPONENTS: Final = LogComponents()
