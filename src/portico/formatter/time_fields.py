"""Moments and durations: START_TIME, EMIT_TIME, DURATION and its relatives, COMMON_DURATION."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from portico.api.access_log import LogEntry
from portico.api.clock import Clock
from portico.api.errors import ConfigError
from portico.api.stream_info import StreamInfo
from portico.formatter.operator import Operator
from portico.formatter.parser import Command
from portico.formatter.time_format import TimeFormat

# A point in time of a stream, in monotonic seconds; 0.0 = it has not happened.
TimePoint = Callable[[StreamInfo], float]

TIME_POINTS: Final[dict[str, TimePoint]] = {
    "DS_CX_BEG": lambda info: info.connection.start,
    "DS_CX_END": lambda info: info.connection.end,
    "DS_HS_END": lambda info: info.connection.handshake_complete,
    "DS_RX_BEG": lambda info: info.start,
    "DS_RX_HDR_END": lambda info: info.downstream_headers_rx,
    "DS_RX_END": lambda info: info.last_downstream_rx,
    "DS_TX_BEG": lambda info: info.first_downstream_tx,
    "DS_TX_END": lambda info: info.last_downstream_tx,
    "US_CX_BEG": lambda info: info.upstream_connect_start,
    "US_CX_END": lambda info: info.upstream_connect_complete,
    "US_HS_END": lambda info: info.upstream_handshake_complete,
    "US_TX_BEG": lambda info: info.first_upstream_tx,
    "US_TX_END": lambda info: info.last_upstream_tx,
    "US_RX_BEG": lambda info: info.first_upstream_rx,
    "US_RX_BODY_BEG": lambda info: info.first_upstream_body_rx,
    "US_RX_END": lambda info: info.last_upstream_rx,
}

# From the start of the stream; the others are their own class.
DURATIONS: Final[dict[str, tuple[str, str]]] = {
    "REQUEST_DURATION": ("DS_RX_BEG", "DS_RX_END"),
    "REQUEST_TX_DURATION": ("DS_RX_BEG", "US_TX_END"),
    "RESPONSE_DURATION": ("DS_RX_BEG", "US_RX_BEG"),
    "RESPONSE_TX_DURATION": ("US_RX_BEG", "DS_TX_END"),
    "DOWNSTREAM_HANDSHAKE_DURATION": ("DS_CX_BEG", "DS_HS_END"),
}

_PER_SECOND: Final = {"ms": 1000.0, "us": 1000000.0, "ns": 1000000000.0}


class StartTime(Operator):
    def __init__(self, time_format: TimeFormat) -> None:
        self.format = time_format

    def text(self, entry: LogEntry) -> bytes | None:
        return self.format.render(entry.info.start_wall)


class EmitTime(Operator):
    def __init__(self, time_format: TimeFormat, clock: Clock) -> None:
        self.format = time_format
        self.clock = clock

    def text(self, entry: LogEntry) -> bytes | None:
        return self.format.render(self.clock.wall())


class Duration(Operator):
    """Milliseconds from the start to the end of the stream, or to now while it lives."""

    def __init__(self, clock: Clock | None) -> None:
        self.clock = clock

    def text(self, entry: LogEntry) -> bytes | None:
        info = entry.info
        end = info.end
        if end == 0.0:
            if self.clock is None:
                return None
            end = self.clock.now()
        return b"%d" % whole_units(end - info.start, 1000.0)

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


class DurationBetween(Operator):
    """Whole units between two points in time, missing unless both were reached in this order."""

    def __init__(self, start: TimePoint, end: TimePoint, per_second: float) -> None:
        self.start = start
        self.end = end
        self.per_second = per_second

    def text(self, entry: LogEntry) -> bytes | None:
        start = self.start(entry.info)
        end = self.end(entry.info)
        if start == 0.0 or end < start:
            return None
        return b"%d" % whole_units(end - start, self.per_second)

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


def whole_units(seconds: float, per_second: float) -> int:
    """Seconds in milliseconds, micro- or nanoseconds, cut to an integer as C++ casts durations."""
    # 0.3 s - 0.1 s is 199.99999999999997 ms in binary: without the addend it would be 199.
    return int(seconds * per_second + 1e-6)


def time_format(command: Command) -> TimeFormat:
    command.forbid_length()
    return TimeFormat(command.parameters, is_local=command.name.endswith("_LOCAL"))


def duration_between(command: Command) -> Operator:
    """REQUEST_DURATION and the others of the table."""
    command.forbid_arguments()
    start, end = DURATIONS[command.name]
    return DurationBetween(TIME_POINTS[start], TIME_POINTS[end], _PER_SECOND["ms"])


def common_duration(command: Command) -> Operator:
    """``COMMON_DURATION(START:END:PRECISION)``; a point of time nobody sets is never reached."""
    command.require_parameters()
    command.forbid_length()
    parts = command.parameters.split(":")
    if len(parts) not in (2, 3):
        raise ConfigError("", "", f"Invalid common duration configuration: {command.parameters}.")
    precision = parts[2] if len(parts) == 3 else "ms"
    if precision not in _PER_SECOND:
        raise ConfigError("", "", f"Invalid common duration precision: {precision}.")
    start = TIME_POINTS.get(parts[0], never)
    end = TIME_POINTS.get(parts[1], never)
    return DurationBetween(start, end, _PER_SECOND[precision])


def never(info: StreamInfo) -> float:
    return 0.0
