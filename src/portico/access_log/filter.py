"""Which finished streams are logged: one object per filter of the configuration, asked once per entry."""

from __future__ import annotations

from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.access_log import AccessLog, LogEntry
from portico.api.clock import Clock, Random
from portico.api.response_flags import ResponseFlag
from portico.api.runtime import Runtime
from portico.formatter.grpc_status import grpc_status
from portico.formatter.time_fields import whole_units
from portico.matching.fraction import RuntimeFraction
from portico.matching.header import HeaderMatcher
from portico.matching.value import MISSING, MetadataMatcher, metadata_value


@mypyc_attr(allow_interpreted_subclasses=True)
class LogFilter:
    """Whether an entry is logged, or a local reply mapped."""

    def allows(self, entry: LogEntry) -> bool:
        raise NotImplementedError


class FilteredLog(AccessLog):
    """A logger that sees only what its filter allows."""

    def __init__(self, log_filter: LogFilter, inner: AccessLog) -> None:
        self._filter = log_filter
        self._inner = inner

    def log(self, entry: LogEntry) -> None:
        if self._filter.allows(entry):
            self._inner.log(entry)


class Comparison(Enum):
    """Envoy's ComparisonFilter.Op; the number is the field's."""

    EQUAL = 0
    AT_LEAST = 1
    AT_MOST = 2
    NOT_EQUAL = 3


class Threshold:
    """A comparison with a number that a runtime key may override."""

    def __init__(self, comparison: Comparison, default: int, key: str, runtime: Runtime) -> None:
        self.comparison = comparison
        self.default = default
        self.key = key
        self.runtime = runtime

    def holds(self, value: int) -> bool:
        limit = self.runtime.integer(self.key, self.default) if self.key else self.default
        if self.comparison is Comparison.EQUAL:
            return value == limit
        if self.comparison is Comparison.AT_LEAST:
            return value >= limit
        if self.comparison is Comparison.AT_MOST:
            return value <= limit
        return value != limit


class StatusCodeFilter(LogFilter):
    """0 when no response was sent."""

    def __init__(self, threshold: Threshold) -> None:
        self.threshold = threshold

    def allows(self, entry: LogEntry) -> bool:
        return self.threshold.holds(entry.info.response_code)


class DurationFilter(LogFilter):
    """Milliseconds to the end of the stream, or to now while it lives."""

    def __init__(self, threshold: Threshold, clock: Clock) -> None:
        self.threshold = threshold
        self.clock = clock

    def allows(self, entry: LogEntry) -> bool:
        end = entry.info.end or self.clock.now()
        return self.threshold.holds(whole_units(end - entry.info.start, 1000.0))


class NotHealthCheckFilter(LogFilter):
    def allows(self, entry: LogEntry) -> bool:
        return not entry.info.is_health_check


class TraceableFilter(LogFilter):
    def allows(self, entry: LogEntry) -> bool:
        return entry.info.is_traced


class RuntimeFilter(LogFilter):
    """A share of all entries; the same request is in or out at every proxy it passes, unless independent."""

    def __init__(self, fraction: RuntimeFraction, random: Random, is_independent: bool) -> None:
        self.fraction = fraction
        self.random = random
        self.is_independent = is_independent

    def allows(self, entry: LogEntry) -> bool:
        value = -1 if self.is_independent else stable_random(entry.info.request_id)
        if value < 0:
            value = self.random.below(_RANDOM_LIMIT)
        return self.fraction.includes(value)


_RANDOM_LIMIT: Final = 1 << 32
_UUID_LENGTH: Final = 36


def stable_random(request_id: bytes) -> int:
    """A number that follows from the request id, -1 if that is no UUID.

    Source: envoy source/extensions/request_id/uuid/config.cc: the first eight hexadecimal digits.
    """
    if len(request_id) != _UUID_LENGTH:
        return -1
    try:
        return int(request_id[:8], 16)
    except ValueError:
        return -1


class AndFilter(LogFilter):
    def __init__(self, filters: list[LogFilter]) -> None:
        self.filters = filters

    def allows(self, entry: LogEntry) -> bool:
        for each in self.filters:
            if not each.allows(entry):
                return False
        return True


class OrFilter(LogFilter):
    def __init__(self, filters: list[LogFilter]) -> None:
        self.filters = filters

    def allows(self, entry: LogEntry) -> bool:
        for each in self.filters:
            if each.allows(entry):
                return True
        return False


class HeaderFilter(LogFilter):
    """A header of the request; a stream without one (TCP) is not logged."""

    def __init__(self, matcher: HeaderMatcher) -> None:
        self.matcher = matcher

    def allows(self, entry: LogEntry) -> bool:
        headers = entry.request_headers
        return headers is not None and self.matcher.matches(headers)


class ResponseFlagFilter(LogFilter):
    """At least one of the flags is set; an empty set stands for any flag."""

    def __init__(self, flags: frozenset[ResponseFlag]) -> None:
        self.flags = flags

    def allows(self, entry: LogEntry) -> bool:
        found = entry.info.response_flags
        return not self.flags.isdisjoint(found) if self.flags else bool(found)


class GrpcStatusFilter(LogFilter):
    """The gRPC status, or what the HTTP status stands for; UNKNOWN when there is neither."""

    def __init__(self, statuses: frozenset[int], excludes: bool) -> None:
        self.statuses = statuses
        self.excludes = excludes

    def allows(self, entry: LogEntry) -> bool:
        status = grpc_status(entry)
        return ((_UNKNOWN if status is None else status) in self.statuses) != self.excludes


_UNKNOWN: Final = 2  # google.rpc.Code


class MetadataFilter(LogFilter):
    """A value of the stream's dynamic metadata; ``missing_allows`` when nothing is at that place."""

    def __init__(self, matcher: MetadataMatcher | None, missing_allows: bool) -> None:
        self.matcher = matcher
        self.missing_allows = missing_allows

    def allows(self, entry: LogEntry) -> bool:
        matcher = self.matcher
        if matcher is None:
            return self.missing_allows
        metadata = entry.info.dynamic_metadata
        if metadata_value(metadata, matcher.namespace, matcher.path) is MISSING:
            return self.missing_allows
        return matcher.matches(metadata)


class LogTypeFilter(LogFilter):
    """When the entry was made: ``DownstreamEnd``, ``TcpPeriodic``, …"""

    def __init__(self, types: frozenset[str], excludes: bool) -> None:
        self.types = types
        self.excludes = excludes

    def allows(self, entry: LogEntry) -> bool:
        return (entry.log_type in self.types) != self.excludes
