"""The kinds of resources xDS serves: one row each, and nothing else in portico lists them."""

from __future__ import annotations

from dataclasses import dataclass

# https://protobuf.dev/programming-guides/any: what comes before the last slash has no meaning to Envoy.
TYPE_URL_PREFIX = "type.googleapis.com/"


@dataclass(frozen=True)
class ResourceType:
    """A kind of resource, and what its protocol calls it."""

    name: str  # short, as in LDS, CDS
    message: str
    name_field: str  # the field of the message that names the resource
    service: str  # gRPC service
    stream_method: str
    fetch_method: str
    rest_path: str
    # State of the world: a response holds all resources, so one that is missing is removed. Envoy: LDS and CDS.
    is_complete: bool = False

    @property
    def type_url(self) -> str:
        return TYPE_URL_PREFIX + self.message


def _discovery(
    name: str, message: str, name_field: str, service: str, noun: str, *, is_complete: bool = False
) -> ResourceType:
    return ResourceType(
        name,
        message,
        name_field,
        service,
        f"Stream{noun}",
        f"Fetch{noun}",
        f"/v3/discovery:{_REST_NOUNS[name]}",
        is_complete,
    )


# envoy/service/*/v3/*ds.proto, the google.api.http options.
_REST_NOUNS = {
    "LDS": "listeners",
    "CDS": "clusters",
    "RDS": "routes",
    "SRDS": "scoped-routes",
    "EDS": "endpoints",
    "SDS": "secrets",
    "RTDS": "runtime",
    "ECDS": "extension_configs",
}

LISTENER = _discovery(
    "LDS",
    "envoy.config.listener.v3.Listener",
    "name",
    "envoy.service.listener.v3.ListenerDiscoveryService",
    "Listeners",
    is_complete=True,
)
CLUSTER = _discovery(
    "CDS",
    "envoy.config.cluster.v3.Cluster",
    "name",
    "envoy.service.cluster.v3.ClusterDiscoveryService",
    "Clusters",
    is_complete=True,
)
ROUTE = _discovery(
    "RDS",
    "envoy.config.route.v3.RouteConfiguration",
    "name",
    "envoy.service.route.v3.RouteDiscoveryService",
    "Routes",
)
SCOPED_ROUTE = _discovery(
    "SRDS",
    "envoy.config.route.v3.ScopedRouteConfiguration",
    "name",
    "envoy.service.route.v3.ScopedRoutesDiscoveryService",
    "ScopedRoutes",
)
VIRTUAL_HOST = ResourceType(
    "VHDS",
    "envoy.config.route.v3.VirtualHost",
    "name",
    "envoy.service.route.v3.VirtualHostDiscoveryService",
    "DeltaVirtualHosts",  # VHDS is delta only
    "",
    "",
)
ENDPOINT = _discovery(
    "EDS",
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "cluster_name",
    "envoy.service.endpoint.v3.EndpointDiscoveryService",
    "Endpoints",
)
SECRET = _discovery(
    "SDS",
    "envoy.extensions.transport_sockets.tls.v3.Secret",
    "name",
    "envoy.service.secret.v3.SecretDiscoveryService",
    "Secrets",
)
RUNTIME = _discovery(
    "RTDS",
    "envoy.service.runtime.v3.Runtime",
    "name",
    "envoy.service.runtime.v3.RuntimeDiscoveryService",
    "Runtime",
)
EXTENSION_CONFIG = _discovery(
    "ECDS",
    "envoy.config.core.v3.TypedExtensionConfig",
    "name",
    "envoy.service.extension.v3.ExtensionConfigDiscoveryService",
    "ExtensionConfigs",
)

RESOURCE_TYPES = (
    CLUSTER,
    ENDPOINT,
    LISTENER,
    ROUTE,
    SCOPED_ROUTE,
    VIRTUAL_HOST,
    SECRET,
    RUNTIME,
    EXTENSION_CONFIG,
)
BY_TYPE_URL = {kind.type_url: kind for kind in RESOURCE_TYPES}
