"""AccessLog and AccessLogFilter messages into loggers and filters; what is logged besides the end of a stream."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico.access_log.filter import (
    AndFilter,
    Comparison,
    DurationFilter,
    FilteredLog,
    GrpcStatusFilter,
    HeaderFilter,
    LogFilter,
    LogTypeFilter,
    MetadataFilter,
    NotHealthCheckFilter,
    OrFilter,
    ResponseFlagFilter,
    RuntimeFilter,
    StatusCodeFilter,
    Threshold,
    TraceableFilter,
)
from portico.access_log.log_options import LogOptions
from portico.api.access_log import AccessLog
from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.registries import ACCESS_LOGGERS
from portico.api.registry import Registry
from portico.api.response_flags import ResponseFlag
from portico.config.durations import seconds
from portico.config.protos import type_name, unpack
from portico.matching.fraction import RuntimeFraction
from portico.matching.from_proto import fraction, header_matcher, metadata_matcher

# Extensions of AccessLogFilter.extension_filter.
LOG_FILTERS: Registry[Callable[[Any, FactoryContext], LogFilter]] = Registry("envoy.access_loggers.extension_filters")

SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.accesslog.v3.AccessLog": frozenset({"name", "filter", "typed_config"}),
    "envoy.config.accesslog.v3.AccessLogFilter": frozenset(
        {
            "status_code_filter",
            "duration_filter",
            "not_health_check_filter",
            "traceable_filter",
            "runtime_filter",
            "and_filter",
            "or_filter",
            "header_filter",
            "response_flag_filter",
            "grpc_status_filter",
            "extension_filter",
            "metadata_filter",
            "log_type_filter",
        }
    ),
    "envoy.config.accesslog.v3.StatusCodeFilter": frozenset({"comparison"}),
    "envoy.config.accesslog.v3.DurationFilter": frozenset({"comparison"}),
    "envoy.config.accesslog.v3.ComparisonFilter": frozenset({"op", "value"}),
    "envoy.config.core.v3.RuntimeUInt32": frozenset({"default_value", "runtime_key"}),
    "envoy.config.accesslog.v3.NotHealthCheckFilter": frozenset(),
    "envoy.config.accesslog.v3.TraceableFilter": frozenset(),
    "envoy.config.accesslog.v3.RuntimeFilter": frozenset(
        {"runtime_key", "percent_sampled", "use_independent_randomness"}
    ),
    "envoy.config.accesslog.v3.AndFilter": frozenset({"filters"}),
    "envoy.config.accesslog.v3.OrFilter": frozenset({"filters"}),
    "envoy.config.accesslog.v3.HeaderFilter": frozenset({"header"}),
    "envoy.config.accesslog.v3.ResponseFlagFilter": frozenset({"flags"}),
    "envoy.config.accesslog.v3.GrpcStatusFilter": frozenset({"statuses", "exclude"}),
    "envoy.config.accesslog.v3.MetadataFilter": frozenset({"matcher", "match_if_key_not_found"}),
    "envoy.config.accesslog.v3.LogTypeFilter": frozenset({"types", "exclude"}),
    "envoy.config.accesslog.v3.ExtensionFilter": frozenset({"name", "typed_config"}),
}


def access_logs(messages: Any, context: FactoryContext, field: str = "access_log") -> list[AccessLog]:
    """A logger for each AccessLog message, in order. Raises ConfigErrors naming each wrong one."""
    problems = Problems()
    logs: list[AccessLog] = []
    for index, message in enumerate(messages):
        with problems.at(f"{field}[{index}]"):
            logs.append(access_log(message, context))
    problems.raise_if_any()
    return logs


def access_log(message: Any, context: FactoryContext) -> AccessLog:
    if not message.HasField("typed_config"):
        name = message.name
        raise ConfigError("", "", f"Didn't find a registered implementation for {name!r} with type URL: ''")
    with inside("typed_config"):
        factory = ACCESS_LOGGERS.lookup(type_name(message.typed_config)).factory
        log = factory(unpack(message.typed_config), context)
    if not message.HasField("filter"):
        return log
    with inside("filter"):
        return FilteredLog(log_filter(message.filter, context), log)


def log_filter(message: Any, context: FactoryContext) -> LogFilter:
    """An AccessLogFilter; local reply mappers use the same."""
    kind: str | None = message.WhichOneof("filter_specifier")
    if kind is None:
        raise ConfigError("", "filter_specifier", f"is required: one of {', '.join(_FILTERS)}")
    with inside(kind):
        return _FILTERS[kind](getattr(message, kind), context)


def http_log_options(message: Any) -> LogOptions:
    """Of a HttpConnectionManager: ``access_log_options``, or the two deprecated fields it replaced."""
    if not message.HasField("access_log_options"):
        return LogOptions(seconds(message.access_log_flush_interval), message.flush_access_log_on_new_request)
    options = message.access_log_options
    return LogOptions(
        seconds(options.access_log_flush_interval),
        options.flush_access_log_on_new_request,
        options.flush_log_on_tunnel_successfully_established,
    )


def tcp_log_options(message: Any) -> LogOptions:
    """Of a TcpProxy: ``access_log_options``, or the two deprecated fields it replaced."""
    if not message.HasField("access_log_options"):
        interval_s = seconds(message.access_log_flush_interval)
        return LogOptions(interval_s, False, message.flush_access_log_on_connected)
    options = message.access_log_options
    return LogOptions(
        seconds(options.access_log_flush_interval),
        options.flush_access_log_on_start,
        options.flush_access_log_on_connected,
    )


def _threshold(message: Any, context: FactoryContext) -> Threshold:
    value = message.comparison.value
    comparison = Comparison(message.comparison.op)
    return Threshold(comparison, value.default_value, value.runtime_key, context.server.runtime)


def _runtime(message: Any, context: FactoryContext) -> LogFilter:
    share = fraction(message.percent_sampled)
    keyed = RuntimeFraction(share.numerator, share.denominator, message.runtime_key, context.server.runtime)
    return RuntimeFilter(keyed, context.server.random, message.use_independent_randomness)


def _several(message: Any, context: FactoryContext) -> list[LogFilter]:
    problems = Problems()
    filters: list[LogFilter] = []
    for index, each in enumerate(message.filters):
        with problems.at(f"filters[{index}]"):
            filters.append(log_filter(each, context))
    problems.raise_if_any()
    return filters


def _header(message: Any, context: FactoryContext) -> LogFilter:
    with inside("header"):
        return HeaderFilter(header_matcher(message.header))


def _response_flags(message: Any, context: FactoryContext) -> LogFilter:
    problems = Problems()
    flags: list[ResponseFlag] = []
    for index, short in enumerate(message.flags):
        with problems.at(f"flags[{index}]"):
            flags.append(_response_flag(short))
    problems.raise_if_any()
    return ResponseFlagFilter(frozenset(flags))


def _response_flag(short: str) -> ResponseFlag:
    try:
        return ResponseFlag(short)
    except ValueError:
        allowed = ", ".join(flag.value for flag in ResponseFlag)
        raise ConfigError("", "", f"must be one of {allowed}, got {short!r}") from None


def _metadata(message: Any, context: FactoryContext) -> LogFilter:
    missing_allows = message.match_if_key_not_found.value if message.HasField("match_if_key_not_found") else True
    if not message.HasField("matcher"):
        return MetadataFilter(None, missing_allows)
    with inside("matcher"):
        return MetadataFilter(metadata_matcher(message.matcher), missing_allows)


def _log_type(message: Any, context: FactoryContext) -> LogFilter:
    names = message.DESCRIPTOR.fields_by_name["types"].enum_type.values_by_number
    return LogTypeFilter(frozenset(names[number].name for number in message.types), message.exclude)


def _extension(message: Any, context: FactoryContext) -> LogFilter:
    with inside("typed_config"):
        factory = LOG_FILTERS.lookup(type_name(message.typed_config)).factory
        return factory(unpack(message.typed_config), context)


_FILTERS: dict[str, Callable[[Any, FactoryContext], LogFilter]] = {
    "status_code_filter": lambda message, context: StatusCodeFilter(_threshold(message, context)),
    "duration_filter": lambda message, context: DurationFilter(_threshold(message, context), context.server.clock),
    "not_health_check_filter": lambda message, context: NotHealthCheckFilter(),
    "traceable_filter": lambda message, context: TraceableFilter(),
    "runtime_filter": _runtime,
    "and_filter": lambda message, context: AndFilter(_several(message, context)),
    "or_filter": lambda message, context: OrFilter(_several(message, context)),
    "header_filter": _header,
    "response_flag_filter": _response_flags,
    "grpc_status_filter": lambda message, context: GrpcStatusFilter(frozenset(message.statuses), message.exclude),
    "extension_filter": _extension,
    "metadata_filter": _metadata,
    "log_type_filter": _log_type,
}
