"""What Cluster and DnsCluster messages say about DNS."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico.api.address import Address
from portico.api.dns import LookupFamily, ResolverSettings
from portico.api.errors import ConfigError, Problems, inside
from portico.api.stats import StatsScope
from portico.config.durations import seconds
from portico.config.protos import type_name, unpack
from portico.upstream.cluster_config import DiscoveryType
from portico.upstream.dns_discovery import DnsDiscovery, DnsServices
from portico.upstream.dns_settings import MAX_OVER_BASE, DnsSettings, DnsTarget, Place
from portico.upstream.endpoints.from_proto import resolved_assignment, socket_address

DNS_CLUSTER = "envoy.extensions.clusters.dns.v3.DnsCluster"
CARES = "envoy.extensions.network.dns_resolver.cares.v3.CaresDnsResolverConfig"

SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.cluster.v3.Cluster.RefreshRate": frozenset({"base_interval", "max_interval"}),
    DNS_CLUSTER: frozenset(
        {
            "dns_refresh_rate", "dns_failure_refresh_rate", "respect_dns_ttl", "dns_jitter",
            "typed_dns_resolver_config", "dns_lookup_family", "all_addresses_in_single_endpoint",
            "dns_min_refresh_rate",
        }
    ),
    DNS_CLUSTER + ".RefreshRate": frozenset({"base_interval", "max_interval"}),
    CARES: frozenset(
        {
            "resolvers", "use_resolvers_as_fallback", "filter_unroutable_families", "dns_resolver_options",
            "query_timeout_seconds", "query_tries", "rotate_nameservers",
            # Every resolution has a channel of its own: none grows old, none stays after a timeout.
            "max_udp_channel_duration", "reinit_channel_on_timeout",
        }
    ),
    "envoy.config.core.v3.DnsResolverOptions": frozenset({"use_tcp_for_dns_lookups", "no_default_search_domain"}),
    "envoy.config.core.v3.DnsResolutionConfig": frozenset({"resolvers", "dns_resolver_options"}),
}  # fmt: skip

# envoy.extensions.clusters.common.dns.v3.DnsLookupFamily: UNSPECIFIED is AUTO there.
_DNS_CLUSTER_FAMILIES = {
    0: LookupFamily.AUTO,
    1: LookupFamily.AUTO,
    2: LookupFamily.V4_ONLY,
    3: LookupFamily.V6_ONLY,
    4: LookupFamily.V4_PREFERRED,
    5: LookupFamily.ALL,
}
_CLUSTER_FAMILIES = {
    0: LookupFamily.AUTO,
    1: LookupFamily.V4_ONLY,
    2: LookupFamily.V6_ONLY,
    3: LookupFamily.V4_PREFERRED,
    4: LookupFamily.ALL,
}


# cluster_type names that are what `type` says in one word. Source: Envoy 1.40, its registered cluster factories.
_CLUSTER_TYPES = {
    "envoy.cluster.static": DiscoveryType.STATIC,
    "envoy.cluster.strict_dns": DiscoveryType.STRICT_DNS,
    "envoy.cluster.logical_dns": DiscoveryType.LOGICAL_DNS,
}


def discovery_type(cluster: Any) -> DiscoveryType:
    if cluster.WhichOneof("cluster_discovery_type") == "cluster_type":
        return custom_type(cluster.cluster_type)
    name = cluster.DESCRIPTOR.enum_types_by_name["DiscoveryType"].values_by_number[cluster.type].name
    if name == "EDS" and not cluster.HasField("eds_cluster_config"):
        raise ConfigError("", "eds_cluster_config", "cannot create an EDS cluster without an EDS config")
    if name not in DiscoveryType.__members__:
        allowed = ", ".join(DiscoveryType.__members__)
        raise ConfigError("", "type", f"clusters of type {name} are not implemented yet, allowed: {allowed}")
    return DiscoveryType[name]


def custom_type(message: Any) -> DiscoveryType:
    """CustomClusterType."""
    if message.HasField("typed_config") and type_name(message.typed_config) == DNS_CLUSTER:
        is_logical = unpack(message.typed_config).all_addresses_in_single_endpoint
        return DiscoveryType.LOGICAL_DNS if is_logical else DiscoveryType.STRICT_DNS
    found = _CLUSTER_TYPES.get(message.name)
    if found is None:
        text = f"Didn't find a registered cluster factory implementation for name: {message.name!r}"
        known = ", ".join([*_CLUSTER_TYPES, f"envoy.cluster.dns with {DNS_CLUSTER}"])
        raise ConfigError("", "cluster_type", f"{text}; known: {known}")
    return found


def dns_discovery(
    cluster: Any, services: DnsServices, on_assignment: Callable[[str, bytes], None]
) -> DnsDiscovery | None:
    """The discovery of a Cluster message, not started; None when its hosts do not come from DNS.

    ``on_assignment`` gets the cluster's name and a serialized ClusterLoadAssignment of IP addresses: after the first
    answer or failure, and then whenever it changed. Raises ConfigErrors, relative to the cluster.
    """
    discovery = discovery_type(cluster)
    if discovery is DiscoveryType.STATIC:
        return None
    settings = dns_settings(cluster, discovery)

    def tell(addresses: dict[Place, list[Address]]) -> None:
        resolved = resolved_assignment(cluster.load_assignment, addresses)
        if settings.is_logical:
            for group in resolved.endpoints:
                group.priority = 0  # there is one host: Envoy, too, disregards its priority
        on_assignment(cluster.name, resolved.SerializeToString(deterministic=True))

    return DnsDiscovery(settings, services, cluster_scope(cluster, services.scope), tell)


def dns_settings(cluster: Any, discovery: DiscoveryType) -> DnsSettings:
    """Raises ConfigErrors, relative to the cluster."""
    problems = Problems()
    settings = DnsSettings(cluster.name, discovery is DiscoveryType.LOGICAL_DNS)
    with problems.at("load_assignment"):
        settings.targets = targets_of(cluster.load_assignment, discovery)
    with problems.at(""):
        if cluster.WhichOneof("cluster_discovery_type") == "cluster_type" and cluster.cluster_type.HasField(
            "typed_config"
        ):
            with inside("cluster_type.typed_config"):
                read_dns_cluster(unpack(cluster.cluster_type.typed_config), settings)
        else:
            read_older_fields(cluster, settings)
    problems.raise_if_any()
    return settings


def cluster_scope(cluster: Any, root: StatsScope) -> StatsScope:
    """``cluster.<alt_stat_name or name>.``"""
    return root.scope("cluster").scope(cluster.alt_stat_name or cluster.name)


def targets_of(assignment: Any, discovery: DiscoveryType) -> list[DnsTarget]:
    """Raises ConfigErrors, relative to the ClusterLoadAssignment."""
    counts = [len(group.lb_endpoints) for group in assignment.endpoints]
    if discovery is DiscoveryType.LOGICAL_DNS and counts != [1]:
        raise ConfigError(
            "",
            "endpoints",
            "LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint, "
            f"got {len(counts)} and {sum(counts)}",
        )
    problems = Problems()
    targets: list[DnsTarget] = []
    for index, group in enumerate(assignment.endpoints):
        for place, endpoint in enumerate(group.lb_endpoints):
            with problems.at(f"endpoints[{index}].lb_endpoints[{place}].endpoint.address"):
                targets.append(target_of(endpoint.endpoint.address, (index, place), discovery))
    problems.raise_if_any()
    return targets


def target_of(address: Any, place: Place, discovery: DiscoveryType) -> DnsTarget:
    if address.WhichOneof("address") != "socket_address":
        raise ConfigError("", "", f"must be a socket_address, so that there is a name to resolve, in {discovery.value}")
    wanted = address.socket_address
    if wanted.resolver_name:
        text = f"{discovery.value} clusters must NOT have a custom resolver name set"
        raise ConfigError("", "socket_address.resolver_name", text)
    if wanted.WhichOneof("port_specifier") == "named_port":
        raise ConfigError("", "socket_address.named_port", "must be port_value: DNS answers with addresses only")
    return DnsTarget(place, wanted.address, wanted.port_value)


def read_older_fields(cluster: Any, settings: DnsSettings) -> None:
    """The fields of Cluster itself."""
    settings.family = _CLUSTER_FAMILIES[cluster.dns_lookup_family]
    read_rates(cluster, settings)
    if cluster.HasField("typed_dns_resolver_config"):
        settings.resolver = typed_resolver(cluster.typed_dns_resolver_config)
    elif cluster.HasField("dns_resolution_config"):
        chosen = cluster.dns_resolution_config
        settings.resolver = ResolverSettings()
        settings.resolver.servers = servers_of(chosen.resolvers, "dns_resolution_config.resolvers")
        read_options(chosen.dns_resolver_options, settings.resolver)
    else:
        settings.resolver = ResolverSettings()
        settings.resolver.servers = servers_of(cluster.dns_resolvers, "dns_resolvers")
        settings.resolver.uses_tcp = cluster.use_tcp_for_dns_lookups


def read_dns_cluster(message: Any, settings: DnsSettings) -> None:
    """DnsCluster."""
    settings.family = _DNS_CLUSTER_FAMILIES[message.dns_lookup_family]
    read_rates(message, settings)
    settings.min_refresh_s = seconds(message.dns_min_refresh_rate)
    if message.HasField("typed_dns_resolver_config"):
        settings.resolver = typed_resolver(message.typed_dns_resolver_config)


def read_rates(message: Any, settings: DnsSettings) -> None:
    """The fields that Cluster and DnsCluster both have."""
    if message.HasField("dns_refresh_rate"):
        settings.refresh_s = seconds(message.dns_refresh_rate)
    settings.respects_ttl = message.respect_dns_ttl
    settings.jitter_s = seconds(message.dns_jitter)
    if not message.HasField("dns_failure_refresh_rate"):
        return
    rate = message.dns_failure_refresh_rate
    settings.failure_base_s = seconds(rate.base_interval)
    settings.failure_max_s = (
        seconds(rate.max_interval) if rate.HasField("max_interval") else settings.failure_base_s * MAX_OVER_BASE
    )
    if settings.failure_max_s < settings.failure_base_s:
        raise ConfigError(
            "",
            "dns_failure_refresh_rate",
            "dns_failure_refresh_rate must have max_interval greater than or equal to the base_interval",
        )


def typed_resolver(extension: Any) -> ResolverSettings:
    """A TypedExtensionConfig of a resolver. Raises ConfigError, relative to the cluster."""
    path = "typed_dns_resolver_config.typed_config"
    found = type_name(extension.typed_config)
    if found != CARES:
        text = f"Didn't find a registered implementation for {extension.name!r} with type URL: {found!r}"
        raise ConfigError("", path, f"{text}; known: {CARES}")
    message = unpack(extension.typed_config)
    settings = ResolverSettings()
    settings.servers = servers_of(message.resolvers, f"{path}.resolvers")
    settings.servers_are_fallback = message.use_resolvers_as_fallback
    settings.filters_unroutable_families = message.filter_unroutable_families
    settings.rotates_servers = message.rotate_nameservers
    read_options(message.dns_resolver_options, settings)
    if message.HasField("query_timeout_seconds"):
        settings.query_timeout_s = float(message.query_timeout_seconds.value)
    if message.HasField("query_tries"):
        settings.query_tries = message.query_tries.value
    return settings


def read_options(message: Any, settings: ResolverSettings) -> None:
    """DnsResolverOptions."""
    settings.uses_tcp = message.use_tcp_for_dns_lookups
    settings.no_default_search_domain = message.no_default_search_domain


def servers_of(addresses: Any, path: str) -> list[Address]:
    """Addresses of resolvers; Envoy takes port 0 for 53."""
    problems = Problems()
    servers: list[Address] = []
    for index, address in enumerate(addresses):
        with problems.at(f"{path}[{index}]"):
            if address.WhichOneof("address") != "socket_address":
                raise ConfigError("", "", "DNS resolver must be a socket_address with an IP address")
            with inside("socket_address"):
                found = socket_address(address.socket_address)
                servers.append(found if found.port else Address(found.ip, 53))
    problems.raise_if_any()
    return servers
