"""Cluster messages into ClusterConfigs."""

from __future__ import annotations

from typing import Any

from portico.api.context import FactoryContext, ServerContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.load_balancer import LoadBalancingPolicy
from portico.api.registries import LOAD_BALANCING_POLICIES
from portico.api.upstream import ClusterInfo, ResourcePriority
from portico.config.durations import seconds
from portico.config.protos import message_class, type_name, unpack
from portico.net.connect import ConnectOptions
from portico.net.socket_options import SocketOptions, freebind, keepalive
from portico.upstream.cluster_config import ClusterConfig, DiscoveryType
from portico.upstream.endpoints import from_proto as endpoints
from portico.upstream.limits import (
    DEFAULT_BUDGET_PERCENT,
    DEFAULT_MIN_RETRY_CONCURRENCY,
    Thresholds,
)
from portico.upstream.protocol_options.from_proto import SUPPORTED as PROTOCOL_OPTIONS_SUPPORTED
from portico.upstream.protocol_options.from_proto import read_protocol_options
from portico.upstream.resolution.from_proto import SUPPORTED as RESOLUTION_SUPPORTED
from portico.upstream.resolution.from_proto import cluster_scope, discovery_type, dns_settings
from portico.upstream.tracked_requests import BudgetStats, SizeStats, TrackedRequests

CLUSTER = "envoy.config.cluster.v3.Cluster"
CIRCUIT_BREAKERS = "envoy.config.cluster.v3.CircuitBreakers"
RAW_BUFFER = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"

SUPPORTED: dict[str, frozenset[str]] = {
    CLUSTER: frozenset(
        {
            "name", "alt_stat_name", "type", "cluster_type", "connect_timeout", "per_connection_buffer_limit_bytes",
            "lb_policy", "load_assignment", "max_requests_per_connection", "circuit_breakers",
            "common_http_protocol_options", "http_protocol_options", "http2_protocol_options",
            "typed_extension_protocol_options", "dns_refresh_rate", "dns_jitter", "dns_failure_refresh_rate",
            "respect_dns_ttl", "dns_lookup_family", "dns_resolvers", "use_tcp_for_dns_lookups",
            "dns_resolution_config", "typed_dns_resolver_config", "wait_for_warm_on_init", "upstream_bind_config",
            "least_request_lb_config", "round_robin_lb_config", "common_lb_config", "transport_socket", "metadata",
            "protocol_selection", "upstream_connection_options", "load_balancing_policy",
            "connection_pool_per_downstream_connection", "track_cluster_stats", "track_timeout_budgets",
        }
    ),
    CLUSTER + ".CustomClusterType": frozenset({"name", "typed_config"}),
    "envoy.config.cluster.v3.TrackClusterStats": frozenset({"timeout_budgets", "request_response_sizes"}),
    CLUSTER + ".LeastRequestLbConfig": frozenset({"choice_count", "active_request_bias"}),
    CLUSTER + ".RoundRobinLbConfig": frozenset(),
    CLUSTER + ".CommonLbConfig": frozenset(
        {"healthy_panic_threshold", "locality_weighted_lb_config", "close_connections_on_host_set_change"}
    ),
    CLUSTER + ".CommonLbConfig.LocalityWeightedLbConfig": frozenset(),
    CIRCUIT_BREAKERS: frozenset({"thresholds"}),
    CIRCUIT_BREAKERS + ".Thresholds": frozenset(
        {
            "priority", "max_connections", "max_pending_requests", "max_requests", "max_retries", "retry_budget",
            "track_remaining", "max_connection_pools",
        }
    ),
    CIRCUIT_BREAKERS + ".Thresholds.RetryBudget": frozenset({"budget_percent", "min_retry_concurrency"}),
    "envoy.config.cluster.v3.LoadBalancingPolicy": frozenset({"policies"}),
    "envoy.config.cluster.v3.LoadBalancingPolicy.Policy": frozenset({"typed_extension_config"}),
    "envoy.config.cluster.v3.UpstreamConnectionOptions": frozenset({"tcp_keepalive"}),
    "envoy.config.core.v3.BindConfig": frozenset({"source_address", "freebind", "socket_options"}),
    "envoy.config.core.v3.SocketOption": frozenset({"description", "level", "name", "int_value", "buf_value", "state"}),
    "envoy.config.core.v3.TcpKeepalive": frozenset({"keepalive_probes", "keepalive_time", "keepalive_interval"}),
    "envoy.config.core.v3.TransportSocket": frozenset({"name", "typed_config"}),
    "envoy.config.core.v3.TypedExtensionConfig": frozenset({"name", "typed_config"}),
    "envoy.config.core.v3.RuntimeDouble": frozenset({"default_value", "runtime_key"}),
    "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig": frozenset({"locality_weighted_lb_config"}),
    "envoy.extensions.load_balancing_policies.common.v3.LocalityLbConfig.LocalityWeightedLbConfig": frozenset(),
    RAW_BUFFER: frozenset(),
    **endpoints.SUPPORTED,
    **PROTOCOL_OPTIONS_SUPPORTED,
    **RESOLUTION_SUPPORTED,
}  # fmt: skip

# Cluster.LbPolicy -> the extension that does the same.
_POLICIES = {
    "ROUND_ROBIN": "envoy.extensions.load_balancing_policies.round_robin.v3.RoundRobin",
    "LEAST_REQUEST": "envoy.extensions.load_balancing_policies.least_request.v3.LeastRequest",
    "RANDOM": "envoy.extensions.load_balancing_policies.random.v3.Random",
}
_PRIORITIES = {0: ResourcePriority.DEFAULT, 1: ResourcePriority.HIGH}  # envoy.config.core.v3.RoutingPriority
_LISTENING = 2  # SocketOption.SocketState


def cluster_config(message: Any, context: ServerContext) -> ClusterConfig:
    """A Cluster, settled. Raises ConfigErrors about all that is wrong with it."""
    resource = f"cluster {message.name!r}"
    problems = Problems()
    info = cluster_info(message, context)
    config = ClusterConfig(info, DiscoveryType.STATIC, LoadBalancingPolicy())
    with problems.at("", resource):
        config.discovery = discovery_type(message)
        read_endpoints(message, config)
    with problems.at("", resource):
        config.policy = balancing_policy(message, FactoryContext(context, info.scope))
    with problems.at("", resource):
        config.http1 = read_protocol_options(message, info)
    with problems.at("", resource):
        check_transport_socket(message)
    with problems.at("", resource):
        config.connect_options = connect_options(message, info)
    with problems.at("", resource):
        check_lb_combination(message)
    problems.raise_if_any()
    config.thresholds = {priority: thresholds(message, priority) for priority in ResourcePriority}
    common = message.common_lb_config
    if common.HasField("healthy_panic_threshold"):
        config.panic_threshold_percent = common.healthy_panic_threshold.value
    config.closes_connections_on_host_change = common.close_connections_on_host_set_change
    config.tracked = tracked_requests(message, info)
    config.has_pool_per_downstream = message.connection_pool_per_downstream_connection
    if message.HasField("wait_for_warm_on_init"):
        config.waits_for_first_hosts = message.wait_for_warm_on_init.value
    return config


def parse_cluster(serialized: bytes) -> Any:
    """A Cluster message from its bytes."""
    return message_class(CLUSTER).FromString(serialized)


def cluster_info(message: Any, context: ServerContext) -> ClusterInfo:
    info = ClusterInfo(message.name, cluster_scope(message, context.scope))
    info.alt_stat_name = message.alt_stat_name
    if message.HasField("connect_timeout"):
        info.connect_timeout_s = seconds(message.connect_timeout)
    if message.HasField("per_connection_buffer_limit_bytes"):
        info.per_connection_buffer_limit_bytes = message.per_connection_buffer_limit_bytes.value
    info.metadata = endpoints.metadata(message.metadata)
    return info


def tracked_requests(message: Any, info: ClusterInfo) -> TrackedRequests | None:
    wanted = message.track_cluster_stats
    sizes = SizeStats(info.scope) if wanted.request_response_sizes else None
    budgets = BudgetStats(info.scope) if wanted.timeout_budgets or message.track_timeout_budgets else None
    return TrackedRequests(sizes, budgets) if sizes is not None or budgets is not None else None


def read_endpoints(message: Any, config: ClusterConfig) -> None:
    """Static hosts, or the checks that their discovery in the main process relies on."""
    if config.discovery is not DiscoveryType.STATIC:
        dns_settings(message, config.discovery)
        return
    problems = Problems()
    with problems.at("load_assignment"):
        config.assignment = endpoints.assignment(message.load_assignment)
    problems.raise_if_any()


# --- load balancing -----------------------------------------------------------------------------------------------


def check_lb_combination(message: Any) -> None:
    policy = lb_policy_name(message)
    if policy == "CLUSTER_PROVIDED" and not message.HasField("load_balancing_policy"):
        text = f"cluster provided LB specified but cluster {message.name!r} did not provide one"
        raise ConfigError("", "lb_policy", f"{text}. Check cluster documentation.")


def balancing_policy(message: Any, context: FactoryContext) -> LoadBalancingPolicy:
    if message.HasField("load_balancing_policy"):
        return configured_policy(message, context)
    name = lb_policy_name(message)
    if name == "LOAD_BALANCING_POLICY_CONFIG":
        raise ConfigError("", "load_balancing_policy", "cluster: field load_balancing_policy need to be set")
    if name == "CLUSTER_PROVIDED":
        return LoadBalancingPolicy()  # refused by check_lb_combination, with its own words
    if name not in _POLICIES:
        allowed = ", ".join(_POLICIES)
        raise ConfigError("", "lb_policy", f"{name} is not implemented yet, allowed: {allowed}")
    return LOAD_BALANCING_POLICIES.lookup(_POLICIES[name]).factory(as_extension(message, name), context)


def lb_policy_name(message: Any) -> str:
    name: str = message.DESCRIPTOR.enum_types_by_name["LbPolicy"].values_by_number[message.lb_policy].name
    return name


def as_extension(message: Any, name: str) -> Any:
    """The older fields as the message of the extension that took their place."""
    made = message_class(_POLICIES[name])()
    if name == "LEAST_REQUEST":
        older = message.least_request_lb_config
        if older.HasField("choice_count"):
            made.choice_count.value = older.choice_count.value
        if older.HasField("active_request_bias"):
            made.active_request_bias.CopyFrom(older.active_request_bias)
    if message.common_lb_config.HasField("locality_weighted_lb_config"):
        made.locality_lb_config.locality_weighted_lb_config.SetInParent()
    return made


def configured_policy(message: Any, context: FactoryContext) -> LoadBalancingPolicy:
    """The first policy of the list that portico has, as the proto promises."""
    names = []
    for index, policy in enumerate(message.load_balancing_policy.policies):
        extension = policy.typed_extension_config
        names.append(extension.name)
        try:
            found = LOAD_BALANCING_POLICIES.lookup(type_name(extension.typed_config))
        except ConfigError:
            continue  # a later one may be known
        with inside(f"load_balancing_policy.policies[{index}].typed_extension_config.typed_config"):
            return found.factory(unpack(extension.typed_config), context)
    raise ConfigError(
        "",
        "load_balancing_policy.policies",
        f"cluster: didn't find a registered load balancer factory implementation for cluster: {message.name!r} "
        f"with names from [{', '.join(names)}]",
    )


# --- connections --------------------------------------------------------------------------------------------------


def check_transport_socket(message: Any) -> None:
    """Plaintext only: anything else must not be quietly replaced by it."""
    if message.transport_socket_matches:
        raise ConfigError("", "transport_socket_matches", "is not implemented yet")
    if not message.HasField("transport_socket"):
        return
    found = type_name(message.transport_socket.typed_config)
    if not found:
        name = message.transport_socket.name
        raise ConfigError(
            "", "transport_socket", f"Didn't find a registered implementation for {name!r} with type URL: ''"
        )
    if found != RAW_BUFFER:
        raise ConfigError(
            "", "transport_socket.typed_config", f"{found!r} is not implemented yet, allowed: {RAW_BUFFER}"
        )


def connect_options(message: Any, info: ClusterInfo) -> ConnectOptions:
    options = ConnectOptions(info.connect_timeout_s, info.per_connection_buffer_limit_bytes)
    bind = message.upstream_bind_config
    if bind.HasField("source_address"):
        try:
            options.source = endpoints.socket_address(bind.source_address)
        except ConfigError as error:
            at = f"upstream_bind_config.source_address.{error.field_path}"
            raise ConfigError("", at, error.message) from None
    if bind.freebind.value:
        options.socket_options += freebind()
    options.socket_options += socket_options(bind)
    if message.upstream_connection_options.HasField("tcp_keepalive"):
        wanted = message.upstream_connection_options.tcp_keepalive
        options.socket_options += keepalive(
            wanted.keepalive_probes.value, wanted.keepalive_time.value, wanted.keepalive_interval.value
        )
    return options


def socket_options(bind: Any) -> SocketOptions:
    """All states but LISTENING come to pass for a socket that connects; each is set before it binds."""
    return [
        (option.level, option.name, option.int_value if option.WhichOneof("value") == "int_value" else option.buf_value)
        for option in bind.socket_options
        if option.state != _LISTENING
    ]


def thresholds(message: Any, priority: ResourcePriority) -> Thresholds:
    """The first row of a priority counts, as in Envoy."""
    made = Thresholds()
    for row in message.circuit_breakers.thresholds:
        if _PRIORITIES[row.priority] is priority:
            fill_thresholds(made, row)
            break
    return made


def fill_thresholds(made: Thresholds, row: Any) -> None:
    if row.HasField("max_connections"):
        made.max_connections = row.max_connections.value
    if row.HasField("max_pending_requests"):
        made.max_pending_requests = row.max_pending_requests.value
    if row.HasField("max_requests"):
        made.max_requests = row.max_requests.value
    if row.HasField("max_retries"):
        made.max_retries = row.max_retries.value
    if row.HasField("max_connection_pools"):
        made.max_connection_pools = row.max_connection_pools.value
    made.track_remaining = row.track_remaining
    if row.HasField("retry_budget"):
        budget = row.retry_budget
        made.retry_budget_percent = (
            budget.budget_percent.value if budget.HasField("budget_percent") else DEFAULT_BUDGET_PERCENT
        )
        made.min_retry_concurrency = (
            budget.min_retry_concurrency.value
            if budget.HasField("min_retry_concurrency")
            else DEFAULT_MIN_RETRY_CONCURRENCY
        )
