"""All that a worker runs on, at one version."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

from google.protobuf.message import Message

from portico.config import resource_types as types
from portico.config.proto_pool import message_class
from portico.config.protos import unpack
from portico.config.resource_types import ResourceType


def _empty() -> Mapping[str, bytes]:
    return MappingProxyType({})


# Resource type -> the snapshot's field that holds it.
FIELDS = {
    types.LISTENER.message: "listeners",
    types.CLUSTER.message: "clusters",
    types.ROUTE.message: "routes",
    types.ENDPOINT.message: "endpoints",
    types.SECRET.message: "secrets",
}
HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
EDS = 3  # envoy.config.cluster.v3.Cluster.DiscoveryType


@dataclass(frozen=True)
class ConfigSnapshot:
    """Everything a worker runs on, at one version. Replaced whole; `diff` says what to rebuild.

    Each map goes from a resource's name to its serialized message: that is what crosses the process border, and two
    resources are equal if their bytes are (`serialize` sees to that).
    """

    version: int
    listeners: Mapping[str, bytes] = field(default_factory=_empty)
    clusters: Mapping[str, bytes] = field(default_factory=_empty)
    routes: Mapping[str, bytes] = field(default_factory=_empty)
    endpoints: Mapping[str, bytes] = field(default_factory=_empty)
    secrets: Mapping[str, bytes] = field(default_factory=_empty)

    def resources(self, kind: ResourceType) -> Mapping[str, bytes]:
        found: Mapping[str, bytes] = getattr(self, FIELDS[kind.message])
        return found

    def message(self, kind: ResourceType, name: str) -> Any:
        """A new message; KeyError if there is no such resource."""
        return message_class(kind.message).FromString(self.resources(kind)[name])

    def with_resources(self, kind: ResourceType, resources: Mapping[str, bytes]) -> ConfigSnapshot:
        """The next version, with all resources of one type replaced."""
        changed: dict[str, Any] = {FIELDS[kind.message]: MappingProxyType(dict(resources))}
        return replace(self, version=self.version + 1, **changed)

    def missing_references(self) -> list[str]:
        """Names something points at and no map holds: an EDS cluster's assignment, a listener's RDS routes."""
        missing: list[str] = []
        for name in self.clusters:
            cluster = self.message(types.CLUSTER, name)
            if cluster.WhichOneof("cluster_discovery_type") == "type" and cluster.type == EDS:
                service = cluster.eds_cluster_config.service_name or name
                if service not in self.endpoints:
                    missing.append(f"endpoints {service!r} of cluster {name!r}")
        for name in self.listeners:
            for route in _rds_names(self.message(types.LISTENER, name)):
                if route not in self.routes:
                    missing.append(f"routes {route!r} of listener {name!r}")
        return missing


def _rds_names(listener: Any) -> list[str]:
    chains = [*listener.filter_chains]
    if listener.HasField("default_filter_chain"):
        chains.append(listener.default_filter_chain)
    names: list[str] = []
    for chain in chains:
        for network_filter in chain.filters:
            if network_filter.typed_config.type_url.endswith("/" + HCM):
                manager = unpack(network_filter.typed_config)
                if manager.HasField("rds"):
                    names.append(manager.rds.route_config_name)
    return names


def serialize(message: Message) -> bytes:
    """Equal messages give equal bytes, within one version of protobuf."""
    return message.SerializeToString(deterministic=True)


def named(resources: Iterable[Message], kind: ResourceType) -> dict[str, bytes]:
    """Resources by name; the last of two with one name counts, as in Envoy."""
    return {getattr(resource, kind.name_field): serialize(resource) for resource in resources}


def snapshot_of(bootstrap: Any) -> ConfigSnapshot:
    """Version 1: what the bootstrap itself defines. A listener without a name is given its place in the list."""
    static = bootstrap.static_resources
    listeners: dict[str, bytes] = {}
    for position, listener in enumerate(static.listeners):
        listeners[listener.name or f"static_listener_{position}"] = serialize(listener)
    return ConfigSnapshot(
        1,
        listeners=MappingProxyType(listeners),
        clusters=MappingProxyType(named(static.clusters, types.CLUSTER)),
        secrets=MappingProxyType(named(static.secrets, types.SECRET)),
    )
