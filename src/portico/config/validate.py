"""What no single message can tell: names that point at nothing, or that are taken twice.

Texts are Envoy 1.40's where it has one, so that a search for them finds the same advice.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from portico.api.errors import ConfigError
from portico.config import field_path
from portico.config.message_walk import Visit
from portico.config.nearest import did_you_mean

EDS = 3  # envoy.config.cluster.v3.Cluster.DiscoveryType
NODE_REQUIRED = (
    "node 'id' and 'cluster' are required. Set it either in 'node' config or via --service-node and --service-cluster"
    " options."
)


class ReferenceChecker:
    """A visitor for `message_walk.walk` over a bootstrap.

    Envoy judges static routes by the static clusters alone, also when CDS will bring more; so does this.
    """

    def __init__(self, bootstrap: Any) -> None:
        self.errors: list[ConfigError] = []
        self.warnings: list[ConfigError] = []
        self._clusters = {cluster.name: cluster for cluster in bootstrap.static_resources.clusters}
        self._has_node = bool(bootstrap.node.id and bootstrap.node.cluster)
        self._checks: dict[str, Callable[[Visit], None]] = {
            "envoy.config.bootstrap.v3.Bootstrap": self._bootstrap,
            "envoy.config.bootstrap.v3.Bootstrap.StaticResources": self._static_resources,
            "envoy.config.cluster.v3.Cluster": self._cluster,
            "envoy.config.core.v3.ApiConfigSource": self._api_config_source,
            "envoy.config.core.v3.ConfigSource": self._config_source,
            "envoy.config.route.v3.RouteConfiguration": self._route_configuration,
            "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy": self._tcp_proxy,
        }

    def visit(self, visit: Visit) -> None:
        check = self._checks.get(visit.message.DESCRIPTOR.full_name)
        if check is not None:
            check(visit)

    def _error(self, path: str, message: str) -> None:
        self.errors.append(ConfigError("", path, message))

    def _bootstrap(self, visit: Visit) -> None:
        local_name = visit.message.cluster_manager.local_cluster_name
        if local_name and local_name not in self._clusters:
            hint = did_you_mean(local_name, self._clusters)
            self._error("cluster_manager.local_cluster_name", f"local cluster {local_name!r} must be defined{hint}")
        layers: set[str] = set()
        for position, layer in enumerate(visit.message.layered_runtime.layers):
            if layer.name in layers:
                self._error(f"layered_runtime.layers[{position}].name", f"Duplicate layer name: {layer.name}")
            layers.add(layer.name)

    def _static_resources(self, visit: Visit) -> None:
        clusters: set[str] = set()
        for position, cluster in enumerate(visit.message.clusters):
            if cluster.name in clusters:
                path = f"{visit.path}.clusters[{position}].name"
                self._error(path, f"cluster manager: duplicate cluster {cluster.name!r}")
            clusters.add(cluster.name)
        self._listeners(visit)

    def _listeners(self, visit: Visit) -> None:
        names: set[str] = set()
        owners: dict[bytes, str] = {}
        for position, listener in enumerate(visit.message.listeners):
            path = f"{visit.path}.listeners[{position}]"
            if listener.name and listener.name in names:
                # Envoy 1.40 takes the second as an update of the first and says nothing.
                text = f"listener {listener.name!r} is defined twice: the last one counts"
                self.warnings.append(ConfigError("", f"{path}.name", text))
                continue
            names.add(listener.name)
            address = listener.address.SerializeToString(deterministic=True)
            if listener.address.socket_address.port_value == 0 and not listener.address.HasField("pipe"):
                continue  # every listener gets a port of its own
            if address in owners:
                self._error(
                    f"{path}.address",
                    f"listener {listener.name!r} has duplicate address as existing listener {owners[address]!r}",
                )
            owners.setdefault(address, listener.name)

    def _cluster(self, visit: Visit) -> None:
        cluster = visit.message
        is_eds = cluster.WhichOneof("cluster_discovery_type") == "type" and cluster.type == EDS
        if is_eds and not cluster.HasField("eds_cluster_config"):
            self._error(visit.path, "cannot create an EDS cluster without an EDS config")

    def _config_source(self, visit: Visit) -> None:
        if visit.message.WhichOneof("config_source_specifier") is not None and not self._has_node:
            self._error(visit.path, NODE_REQUIRED)

    def _api_config_source(self, visit: Visit) -> None:
        if visit.path == "dynamic_resources.ads_config" and not self._has_node:
            self._error(visit.path, f"ads: {NODE_REQUIRED}")
        for path, name in _config_source_clusters(visit):
            cluster = self._clusters.get(name)
            if cluster is None or cluster.type == EDS:
                hint = did_you_mean(name, self._clusters)
                self._error(
                    path,
                    "envoy.config.core.v3.ApiConfigSource must have a statically defined non-EDS cluster: "
                    f"{name!r} does not exist, was added via api, or is an EDS cluster{hint}",
                )

    def _route_configuration(self, visit: Visit) -> None:
        routes = visit.message
        self._domains(visit)
        # Static routes are validated unless they say otherwise. Source: envoy RouteConfiguration.validate_clusters.
        if routes.HasField("validate_clusters") and not routes.validate_clusters.value:
            return
        for path, noun, name in _route_clusters(routes, visit.path):
            if name not in self._clusters:
                self._error(path, f"route: unknown {noun} {name!r}{did_you_mean(name, self._clusters)}")

    def _domains(self, visit: Visit) -> None:
        """RFC 9110 §4.2.3: hosts compare without case, so domains do."""
        seen: set[str] = set()
        for host_position, virtual_host in enumerate(visit.message.virtual_hosts):
            for position, domain in enumerate(virtual_host.domains):
                path = field_path.join(visit.path, f"virtual_hosts[{host_position}].domains[{position}]")
                if domain.lower() in seen:
                    text = f"Only unique values for domains are permitted. Duplicate entry of domain {domain.lower()}"
                    if domain == "*":
                        text = "Only a single wildcard domain is permitted"
                    self._error(path, f"{text} in route {visit.message.name}")
                seen.add(domain.lower())

    def _tcp_proxy(self, visit: Visit) -> None:
        """A warning: Envoy looks the cluster up per connection, and CDS may have brought it by then."""
        named: list[tuple[str, str]] = []
        if visit.message.WhichOneof("cluster_specifier") == "cluster":
            named.append((field_path.join(visit.path, "cluster"), visit.message.cluster))
        for position, weighted in enumerate(visit.message.weighted_clusters.clusters):
            path = field_path.join(visit.path, f"weighted_clusters.clusters[{position}].name")
            named.append((path, weighted.name))
        for path, name in named:
            if name not in self._clusters:
                text = f"no static cluster {name!r}: connections are closed until it exists"
                self.warnings.append(ConfigError("", path, text + did_you_mean(name, self._clusters)))


def _config_source_clusters(visit: Visit) -> Iterator[tuple[str, str]]:
    for position, name in enumerate(visit.message.cluster_names):
        yield f"{visit.path}.cluster_names[{position}]", name
    for position, service in enumerate(visit.message.grpc_services):
        if service.HasField("envoy_grpc"):
            yield f"{visit.path}.grpc_services[{position}].envoy_grpc.cluster_name", service.envoy_grpc.cluster_name


def _route_clusters(routes: Any, path: str) -> Iterator[tuple[str, str, str]]:
    """Path, kind and name of every cluster the routes name themselves (not by header or plugin)."""
    yield from _mirrors(routes, path)
    for host_position, virtual_host in enumerate(routes.virtual_hosts):
        host_path = field_path.join(path, f"virtual_hosts[{host_position}]")
        yield from _mirrors(virtual_host, host_path)
        for position, route in enumerate(virtual_host.routes):
            if not route.HasField("route"):
                continue
            action, action_path = route.route, f"{host_path}.routes[{position}].route"
            if action.WhichOneof("cluster_specifier") == "cluster":
                yield f"{action_path}.cluster", "cluster", action.cluster
            for index, weighted in enumerate(action.weighted_clusters.clusters):
                if weighted.name:
                    yield f"{action_path}.weighted_clusters.clusters[{index}].name", "weighted cluster", weighted.name
            yield from _mirrors(action, action_path)


def _mirrors(owner: Any, path: str) -> Iterator[tuple[str, str, str]]:
    for position, policy in enumerate(owner.request_mirror_policies):
        if policy.cluster:
            yield (
                field_path.join(path, f"request_mirror_policies[{position}].cluster"),
                "shadow cluster",
                policy.cluster,
            )
