"""envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy into a TcpProxyConfig."""

from __future__ import annotations

from typing import Any, Final

from portico.access_log.from_proto import access_logs, tcp_log_options
from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems
from portico.config.durations import seconds
from portico.extensions.filters.network.tcp_proxy.config import (
    Backoff,
    ConnectMode,
    Destination,
    Destinations,
    HashPolicy,
    TcpProxyConfig,
)
from portico.extensions.filters.network.tcp_proxy.hash_policy import FilterStateHash, SourceIpHash
from portico.formatter.from_proto import struct_to_python
from portico.stats.tcp_proxy_stats import TcpProxyStats

_PACKAGE: Final = "envoy.extensions.filters.network.tcp_proxy.v3."
_SUBSETS: Final = "envoy.lb"  # the metadata namespace that subset load balancing reads
_BACKOFF_FACTOR: Final = 10  # Source: BackoffStrategy.max_interval's default

SUPPORTED: Final[dict[str, frozenset[str]]] = {
    _PACKAGE + "TcpProxy": frozenset(
        {
            "stat_prefix",
            "cluster",
            "weighted_clusters",
            "metadata_match",
            "idle_timeout",
            "access_log",
            "max_connect_attempts",
            "backoff_options",
            "hash_policy",
            "max_downstream_connection_duration",
            "max_downstream_connection_duration_jitter_percentage",
            "access_log_flush_interval",
            "flush_access_log_on_connected",
            "access_log_options",
            "upstream_connect_mode",
            "max_early_data_bytes",
            "check_drain_close",
        }
    ),
    _PACKAGE + "TcpProxy.WeightedCluster": frozenset({"clusters"}),
    _PACKAGE + "TcpProxy.WeightedCluster.ClusterWeight": frozenset({"name", "weight", "metadata_match"}),
    _PACKAGE + "TcpProxy.TcpAccessLogOptions": frozenset(
        {"access_log_flush_interval", "flush_access_log_on_connected", "flush_access_log_on_start"}
    ),
    "envoy.config.core.v3.BackoffStrategy": frozenset({"base_interval", "max_interval"}),
    "envoy.config.core.v3.Metadata": frozenset({"filter_metadata"}),
}

# Ignoring these would send bytes in a form, or to a place, that nobody asked for.
_NEVER_IGNORED: Final = ("on_demand", "tunneling_config")


def tcp_proxy_config(message: Any, context: FactoryContext) -> TcpProxyConfig:
    """Raises ConfigErrors with every complaint, relative to the message."""
    problems = Problems()
    for field in _NEVER_IGNORED:
        if message.HasField(field):
            with problems.at(field):
                raise ConfigError("", "", "is not implemented, and ignoring it would change where the bytes go")
    server = context.server
    config = TcpProxyConfig(server, TcpProxyStats(_scope(message, context)), _destinations(message))
    config.drain = context.drain
    _limits(config, message, problems)
    with problems.at(""):
        _connect_options(config, message)
    config.checks_drain = message.check_drain_close.value
    with problems.at(""):
        _log_options(config, message, context)
    if message.hash_policy:
        with problems.at("hash_policy[0]"):
            config.hash_policy = _hash_policy(message.hash_policy[0])
    problems.raise_if_any()
    return config


def _scope(message: Any, context: FactoryContext) -> Any:
    return context.server.scope.scope("tcp").scope(message.stat_prefix)


def _destinations(message: Any) -> Destinations:
    common = _metadata_match(message)
    if message.WhichOneof("cluster_specifier") == "cluster":
        return Destinations([Destination(message.cluster, 1, common)])
    found: list[Destination] = []
    for each in message.weighted_clusters.clusters:
        own = _metadata_match(each)
        found.append(Destination(each.name, each.weight, {**common, **own} if common and own else own or common))
    return Destinations(found)


def _metadata_match(message: Any) -> dict[str, object] | None:
    if _SUBSETS not in message.metadata_match.filter_metadata:
        return None
    return dict(struct_to_python(message.metadata_match.filter_metadata[_SUBSETS]))


def _limits(config: TcpProxyConfig, message: Any, problems: Problems) -> None:
    if message.HasField("idle_timeout"):
        config.idle_timeout_s = seconds(message.idle_timeout)
    config.max_connection_duration_s = seconds(message.max_downstream_connection_duration)
    config.max_duration_jitter = message.max_downstream_connection_duration_jitter_percentage.value / 100
    if message.HasField("max_connect_attempts"):
        config.max_connect_attempts = message.max_connect_attempts.value
    if message.HasField("backoff_options"):
        with problems.at("backoff_options"):
            config.backoff = _backoff(message.backoff_options)


def _backoff(message: Any) -> Backoff:
    base_s = seconds(message.base_interval)
    max_s = seconds(message.max_interval) if message.HasField("max_interval") else base_s * _BACKOFF_FACTOR
    if max_s < base_s:
        raise ConfigError("", "max_interval", "max_backoff_interval must be greater or equal to base_backoff_interval")
    return Backoff(base_s, max_s)


def _connect_options(config: TcpProxyConfig, message: Any) -> None:
    config.connect_mode = ConnectMode(message.upstream_connect_mode)
    if message.HasField("max_early_data_bytes"):
        config.max_early_data_bytes = message.max_early_data_bytes.value
    elif config.connect_mode is not ConnectMode.IMMEDIATE:
        text = "max_early_data_bytes must be set when upstream_connect_mode is not IMMEDIATE"
        raise ConfigError("", "max_early_data_bytes", text)


def _log_options(config: TcpProxyConfig, message: Any, context: FactoryContext) -> None:
    config.access_logs = access_logs(message.access_log, context)
    if message.HasField("access_log_options"):
        # Either spelling of an option, never both: Envoy cannot tell which one is meant.
        for field in ("access_log_flush_interval", "flush_access_log_on_connected"):
            if any(descriptor.name == field for descriptor, _ in message.ListFields()):
                raise ConfigError("", field, f"Only one of {field} or access_log_options can be specified.")
    config.log_options = tcp_log_options(message)


def _hash_policy(message: Any) -> HashPolicy:
    kind = message.WhichOneof("policy_specifier")
    if kind == "filter_state":
        return FilterStateHash(message.filter_state.key)
    if kind == "source_ip":
        return SourceIpHash()
    raise ConfigError("", "policy_specifier", "is required: one of source_ip, filter_state")
