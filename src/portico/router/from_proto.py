"""RouteConfiguration messages into route tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.registries import ANY_EXTENSION, HTTP_ROUTE_CONFIGS
from portico.config import field_path
from portico.config.protos import type_name, unpack
from portico.formatter.from_proto import struct_to_python
from portico.matching.from_proto import header_matchers
from portico.matching.tree.from_proto import SUPPORTED as TREE_SUPPORTED
from portico.matching.tree.from_proto import TreeBuilder, TreeRules
from portico.router.action.action import Action, NonForwardingAction
from portico.router.action.cluster_specifier import (
    ClusterSpecifier,
    FixedCluster,
    HeaderCluster,
    WeightedCluster,
    WeightedClusters,
)
from portico.router.action.forward import ForwardAction
from portico.router.action.from_proto import SUPPORTED as ACTION_SUPPORTED
from portico.router.action.from_proto import (
    direct_response_action,
    forward_action,
    redirect_action,
    shadow_policies,
)
from portico.router.level import FilterConfigs, Level
from portico.router.match.from_proto import SUPPORTED as MATCH_SUPPORTED
from portico.router.match.from_proto import route_match
from portico.router.match.path import ConnectPath
from portico.router.match.route_match import RouteMatch
from portico.router.mutation.from_proto import SUPPORTED as MUTATION_SUPPORTED
from portico.router.mutation.from_proto import header_mutations
from portico.router.route import Route, RouteDescription
from portico.router.route_table import RouteTable
from portico.router.virtual_cluster import RequestStats, VirtualCluster
from portico.router.virtual_host import TlsRequirement, VirtualHost

_ROUTE = "envoy.config.route.v3."
_MUTATIONS = (
    "request_headers_to_add",
    "request_headers_to_remove",
    "response_headers_to_add",
    "response_headers_to_remove",
)
SUPPORTED: dict[str, frozenset[str]] = {
    **ACTION_SUPPORTED,
    **MATCH_SUPPORTED,
    **MUTATION_SUPPORTED,
    **TREE_SUPPORTED,
    _ROUTE + "RouteConfiguration": frozenset(
        {
            *_MUTATIONS,
            "name",
            "virtual_hosts",
            "most_specific_header_mutations_wins",
            "validate_clusters",
            "max_direct_response_body_size_bytes",
            "cluster_specifier_plugins",
            "request_mirror_policies",
            "ignore_port_in_host_matching",
            "internal_only_headers",
            "ignore_path_parameters_in_path_matching",
            "typed_per_filter_config",
            "metadata",
            "vhost_header",
        }
    ),
    _ROUTE + "VirtualHost": frozenset(
        {
            *_MUTATIONS,
            "name",
            "domains",
            "routes",
            "matcher",
            "require_tls",
            "virtual_clusters",
            "typed_per_filter_config",
            "include_request_attempt_count",
            "include_attempt_count_in_response",
            "request_mirror_policies",
            "metadata",
        }
    ),
    _ROUTE + "Route": frozenset(
        {
            *_MUTATIONS,
            "name",
            "match",
            "route",
            "redirect",
            "direct_response",
            "non_forwarding_action",
            "metadata",
            "typed_per_filter_config",
            "stat_prefix",
        }
    ),
    _ROUTE + "RouteList": frozenset({"routes"}),
    _ROUTE + "WeightedCluster": frozenset({"clusters", "total_weight", "runtime_key_prefix", "header_name"}),
    _ROUTE + "WeightedCluster.ClusterWeight": frozenset(
        {
            *_MUTATIONS,
            "name",
            "cluster_header",
            "weight",
            "typed_per_filter_config",
            "host_rewrite_literal",
        }
    ),
    _ROUTE + "VirtualCluster": frozenset({"headers", "name"}),
    _ROUTE + "FilterConfig": frozenset({"config", "is_optional", "disabled"}),
    _ROUTE + "ClusterSpecifierPlugin": frozenset({"extension", "is_optional"}),
    "envoy.config.core.v3.Metadata": frozenset({"filter_metadata", "typed_filter_metadata"}),
}

FILTER_CONFIG = _ROUTE + "FilterConfig"
_ROUTE_TREES = TreeRules(
    frozenset({"envoy.type.matcher.v3.HttpRequestHeaderMatchInput"}),
    "Route table can only match on request headers, saw",
    keeps=False,
)
_LB_NAMESPACE = "envoy.lb"
_DEFAULT_MAX_BODY_BYTES = 4096  # Source: RouteConfiguration.max_direct_response_body_size_bytes
_MAX_TOTAL_WEIGHT = (1 << 32) - 1


def route_table(message: Any, context: FactoryContext) -> RouteTable:
    """Raises ConfigErrors with every complaint, relative to the RouteConfiguration."""
    return _TableBuilder(message, context).build()


def metadata(message: Any) -> dict[str, Any]:
    """core.v3.Metadata as filter name -> values."""
    return {name: struct_to_python(fields) for name, fields in sorted(message.filter_metadata.items())}


def filter_configs(messages: Any, context: FactoryContext) -> FilterConfigs:
    """typed_per_filter_config of one level. Raises ConfigErrors relative to its owner."""
    problems = Problems()
    configs = FilterConfigs()
    for name in sorted(messages):
        with problems.at(field_path.key("typed_per_filter_config", name)):
            _add_filter_config(configs, name, messages[name], context)
    problems.raise_if_any()
    return configs


def _add_filter_config(configs: FilterConfigs, name: str, held: Any, context: FactoryContext) -> None:
    is_optional = False
    if type_name(held) == FILTER_CONFIG:
        wrapper = unpack(held)
        is_optional = wrapper.is_optional
        if wrapper.disabled:
            configs.disabled[name] = True
            return
        if not wrapper.HasField("config"):
            if is_optional:
                return
            raise ConfigError("", "", f"Empty route/virtual host per filter configuration for {name} filter")
        configs.disabled[name] = False
        held = wrapper.config
        if not held.type_url:
            return
    message = unpack(held)
    try:
        registration = HTTP_ROUTE_CONFIGS.lookup(message.DESCRIPTOR.full_name)
    except ConfigError:
        if is_optional:
            return
        raise
    configs.configs[name] = registration.factory(message, context)


class _TableBuilder:
    """Builds one table. That its clusters exist is config.validate's to check."""

    def __init__(self, message: Any, context: FactoryContext) -> None:
        self.message = message
        self.context = context
        self.server = context.server
        self.table = RouteTable(message.name, Level())
        self.plugins: dict[str, ClusterSpecifier | None] = {}
        self.max_body_bytes = _DEFAULT_MAX_BODY_BYTES
        if message.HasField("max_direct_response_body_size_bytes"):
            self.max_body_bytes = message.max_direct_response_body_size_bytes.value

    def build(self) -> RouteTable:
        problems = Problems()
        message, table = self.message, self.table
        with problems.at(""):
            table.level = self._level(message)
        table.ignore_port_in_host_matching = message.ignore_port_in_host_matching
        table.ignore_path_parameters = message.ignore_path_parameters_in_path_matching
        table.vhost_header = message.vhost_header.lower().encode()
        table.metadata = metadata(message.metadata)
        table.internal_only_headers = frozenset(name.lower().encode() for name in message.internal_only_headers)
        for index, plugin in enumerate(message.cluster_specifier_plugins):
            with problems.at(f"cluster_specifier_plugins[{index}]"):
                self.plugins[plugin.extension.name] = self._plugin(plugin)
        for index, host in enumerate(message.virtual_hosts):
            with problems.at(f"virtual_hosts[{index}]"):
                self._add_virtual_host(host)
        problems.raise_if_any()
        table.draws = any(host.draws() for host in table.virtual_hosts)
        return table

    def _level(self, message: Any) -> Level:
        problems = Problems()
        level = Level()
        with problems.at(""):
            level.request_mutations = header_mutations(message, "request", self.server)
        with problems.at(""):
            level.response_mutations = header_mutations(message, "response", self.server)
        with problems.at(""):
            level.filter_configs = filter_configs(message.typed_per_filter_config, self.context)
        problems.raise_if_any()
        return level

    def _add_virtual_host(self, message: Any) -> None:
        problems = Problems()
        host = VirtualHost(message.name, Level(), TlsRequirement(message.require_tls))
        with problems.at(""):
            host.level = self._level(message)
        host.metadata = metadata(message.metadata)
        host.include_request_attempt_count = message.include_request_attempt_count
        host.include_attempt_count_in_response = message.include_attempt_count_in_response
        host.include_is_timeout_retry_header = message.include_is_timeout_retry_header
        host.request_body_buffer_limit = _buffer_limit(message)
        with problems.at(""):
            self._add_virtual_clusters(host, message)
        with problems.at(""):
            _RoutesBuilder(self, host, message).build()
        for index, domain in enumerate(message.domains):
            with problems.at(f"domains[{index}]"):
                self._add_domain(domain, host)
        self.table.virtual_hosts.append(host)
        problems.raise_if_any()

    def _add_domain(self, domain: str, host: VirtualHost) -> None:
        if self.table.domains.add(domain, host):
            host.domains.append(domain)
            return
        name = self.table.name
        if domain == "*":
            raise ConfigError("", "", f"Only a single wildcard domain is permitted in route {name}")
        text = f"Only unique values for domains are permitted. Duplicate entry of domain {domain.lower()}"
        raise ConfigError("", "", f"{text} in route {name}")

    def _add_virtual_clusters(self, host: VirtualHost, message: Any) -> None:
        if not message.virtual_clusters:
            return
        problems = Problems()
        scope = self.server.scope.scope(f"vhost.{message.name}.vcluster.")
        for index, each in enumerate(message.virtual_clusters):
            with problems.at(f"virtual_clusters[{index}]"):
                if not each.headers:
                    raise ConfigError("", "headers", "virtual clusters must define 'headers'")
                matchers = header_matchers(each.headers)
                host.virtual_clusters.append(
                    VirtualCluster(each.name, matchers, RequestStats(scope.scope(f"{each.name}.")))
                )
        problems.raise_if_any()
        # Counted as "other", but logs print no name for it (measured on Envoy 1.40).
        host.virtual_clusters.append(VirtualCluster("", [], RequestStats(scope.scope("other."))))

    def _plugin(self, message: Any) -> ClusterSpecifier | None:
        """None: the extension is unknown and optional; its routes are passed over, as in Envoy."""
        with inside("extension.typed_config"):
            name = type_name(message.extension.typed_config)
            try:
                registration = ANY_EXTENSION.lookup(name)
            except ConfigError:
                if message.is_optional:
                    return None
                text = f"Didn't find a registered implementation for '{message.extension.name}' with type URL: '{name}'"
                raise ConfigError("", "", text) from None
            made = registration.factory(unpack(message.extension.typed_config), self.context)
            if not isinstance(made, ClusterSpecifier):
                raise ConfigError("", "", f"{name!r} is not a cluster specifier")
            return made


class _RoutesBuilder:
    """Builds the routes of one virtual host."""

    def __init__(self, table: _TableBuilder, host: VirtualHost, message: Any) -> None:
        self.builder = table
        self.table = table.table
        self.context = table.context
        self.host = host
        self.message = message

    def build(self) -> None:
        message = self.message
        problems = Problems()
        if message.HasField("matcher"):
            with problems.at("matcher"):
                if message.routes:
                    raise ConfigError("", "", "cannot set both matcher and routes on virtual host")
                builder = TreeBuilder(self.context, unpack, self._tree_action, _ROUTE_TREES)
                self.host.matcher = builder.matcher(message.matcher)
        routes: list[Route] = []
        for index, each in enumerate(message.routes):
            with problems.at(f"routes[{index}]"):
                route = self.route(each)
                if route is not None:
                    routes.append(route)
        self.host.set_routes(routes)
        problems.raise_if_any()

    def _tree_action(self, message: Any) -> list[Route]:
        """A Route or a RouteList: what Envoy takes for actions here."""
        name = message.DESCRIPTOR.full_name
        if name == _ROUTE + "Route":
            routes = [self.route(message)]
        elif name == _ROUTE + "RouteList":
            problems = Problems()
            routes = []
            for index, each in enumerate(message.routes):
                with problems.at(f"routes[{index}]"):
                    routes.append(self.route(each))
            problems.raise_if_any()
        else:
            raise ConfigError("", "", f"{name!r} is no action here; '{_ROUTE}Route' and '{_ROUTE}RouteList' are")
        return [route for route in routes if route is not None]

    def route(self, message: Any) -> Route | None:
        """None: its cluster specifier is unknown and optional."""
        problems = Problems()
        match = RouteMatch(ConnectPath(), [])
        level = Level()
        action: Action | None = None
        with problems.at("match"):
            match = route_match(message.match, self.context.server.runtime)
        with problems.at(""):
            level = self.builder._level(message)
        with problems.at(""):
            action = self._action(message, match)
        problems.raise_if_any()
        if action is None:
            return None
        route = Route(match, action, self._description(message), level)
        route.virtual_host_name = self.host.name
        route.include_request_attempt_count = self.host.include_request_attempt_count
        route.include_attempt_count_in_response = self.host.include_attempt_count_in_response
        route.virtual_clusters = self.host.virtual_clusters
        if message.stat_prefix:
            scope = self.context.server.scope.scope(f"vhost.{self.host.name}.route.{message.stat_prefix}.")
            route.stats = RequestStats(scope)
        route.attach([self.table.level, self.host.level], self.builder.message.most_specific_header_mutations_wins)
        return route

    def _description(self, message: Any) -> RouteDescription:
        description = RouteDescription(message.name, metadata(message.metadata))
        description.stat_prefix = message.stat_prefix
        limit = _buffer_limit(message)
        description.request_body_buffer_limit = self.host.request_body_buffer_limit if limit is None else limit
        return description

    def _action(self, message: Any, match: RouteMatch) -> Action | None:
        kind = message.WhichOneof("action")
        if kind == "route":
            with inside("route"):
                return self._forward(message, match)
        if kind == "redirect":
            with inside("redirect"):
                return redirect_action(message.redirect, match, self.context)
        if kind == "direct_response":
            with inside("direct_response"):
                return direct_response_action(message.direct_response, self.builder.max_body_bytes, self.context)
        if kind is None:
            text = "is required: one of route, redirect, direct_response, filter_action, non_forwarding_action"
            raise ConfigError("", "action", text)
        # filter_action: Envoy gives it to no filter of its own either, and answers as for non_forwarding_action.
        return NonForwardingAction()

    def _forward(self, message: Any, match: RouteMatch) -> ForwardAction | None:
        problems = Problems()
        action = message.route
        lb_metadata = lb_criteria(action.metadata_match)
        specifier: ClusterSpecifier | None = None
        forward: ForwardAction | None = None
        with problems.at(""):
            specifier = self._specifier(action, lb_metadata)
        with problems.at(""):
            forward = forward_action(action, message.match, match, specifier or FixedCluster(""), self.context)
            if not forward.shadow_policies:
                forward.shadow_policies = self._inherited_shadows()
        problems.raise_if_any()
        if specifier is None:
            return None
        forward.metadata_match = lb_metadata
        return forward

    def _inherited_shadows(self) -> list[Any]:
        for owner in (self.message, self.builder.message):
            if owner.request_mirror_policies:
                return list(shadow_policies(owner.request_mirror_policies, self.context))
        return []

    def _specifier(self, action: Any, route_metadata: dict[str, Any] | None) -> ClusterSpecifier | None:
        kind = action.WhichOneof("cluster_specifier")
        if kind == "cluster":
            return FixedCluster(action.cluster)
        if kind == "cluster_header":
            name = action.cluster_header.lower().encode()
            return HeaderCluster(b":authority" if name == b"host" else name)
        if kind == "weighted_clusters":
            with inside("weighted_clusters"):
                return self._weighted(action.weighted_clusters, route_metadata)
        if kind == "inline_cluster_specifier_plugin":
            with inside("inline_cluster_specifier_plugin"):
                return self.builder._plugin(action.inline_cluster_specifier_plugin)
        if kind == "cluster_specifier_plugin":
            name = action.cluster_specifier_plugin
            if name not in self.builder.plugins:
                raise ConfigError("", kind, f"Unknown cluster specifier plugin name: {name} is used in the route")
            return self.builder.plugins[name]
        raise ConfigError("", "cluster_specifier", "is required: one of cluster, cluster_header, weighted_clusters, …")

    def _weighted(self, message: Any, route_metadata: dict[str, Any] | None) -> WeightedClusters:
        problems = Problems()
        clusters: list[WeightedCluster] = []
        for index, each in enumerate(message.clusters):
            with problems.at(f"clusters[{index}]"):
                cluster = self._weighted_cluster(each, route_metadata)
                cluster.runtime_key = f"{message.runtime_key_prefix}.{each.name}"
                clusters.append(cluster)
        problems.raise_if_any()
        total = sum(cluster.weight for cluster in clusters)
        if total == 0:
            raise ConfigError("", "clusters", "Sum of weights in the weighted_cluster must be greater than 0.")
        if total > _MAX_TOTAL_WEIGHT:
            text = f"The sum of weights of all weighted clusters of the route exceeds {_MAX_TOTAL_WEIGHT}"
            raise ConfigError("", "clusters", f"{text}: it is {total}")
        runtime = self.context.server.runtime if message.runtime_key_prefix else None
        return WeightedClusters(clusters, message.header_name.lower().encode(), runtime)

    def _weighted_cluster(self, message: Any, route_metadata: dict[str, Any] | None) -> WeightedCluster:
        if bool(message.name) == bool(message.cluster_header):
            which = "Only one" if message.name else "At least one"
            verb = "can" if message.name else "need to"
            raise ConfigError("", "name", f"{which} of name or cluster_header {verb} be specified")
        if not message.HasField("weight"):
            raise ConfigError("", "weight", "is required")
        cluster = WeightedCluster(message.name, message.cluster_header.lower().encode(), message.weight.value)
        cluster.host_rewrite = message.host_rewrite_literal.encode()
        level = self.builder._level(message)
        cluster.request_mutations = level.request_mutations
        cluster.response_mutations = level.response_mutations
        cluster.filter_configs = level.filter_configs
        own = lb_criteria(message.metadata_match)
        if own is not None:
            cluster.metadata_match = {**(route_metadata or {}), **own}
        return cluster


def lb_criteria(message: Any) -> dict[str, Any] | None:
    """The subset criteria of a metadata_match: its "envoy.lb" namespace; None when it has none."""
    fields: Mapping[str, Any] = message.filter_metadata
    return struct_to_python(fields[_LB_NAMESPACE]) if _LB_NAMESPACE in fields else None


def _buffer_limit(message: Any) -> int | None:
    if message.HasField("request_body_buffer_limit"):
        return int(message.request_body_buffer_limit.value)
    if message.HasField("per_request_buffer_limit_bytes"):
        return int(message.per_request_buffer_limit_bytes.value)
    return None
