"""ClusterLoadAssignment messages into assignments, and resolved ones back into messages."""

from __future__ import annotations

import ipaddress
from typing import Any

from portico.api.address import Address, pipe
from portico.api.errors import ConfigError, Problems
from portico.api.host import HealthFlag, Locality
from portico.config.protos import message_class
from portico.formatter.from_proto import struct_to_python
from portico.matching.from_proto import fraction
from portico.upstream.host_spec import Assignment, HostSpec

SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.endpoint.v3.ClusterLoadAssignment": frozenset({"cluster_name", "endpoints", "policy"}),
    "envoy.config.endpoint.v3.ClusterLoadAssignment.Policy": frozenset(
        {"overprovisioning_factor", "weighted_priority_health", "drop_overloads"}
    ),
    "envoy.config.endpoint.v3.ClusterLoadAssignment.Policy.DropOverload": frozenset({"category", "drop_percentage"}),
    "envoy.config.endpoint.v3.LocalityLbEndpoints": frozenset(
        {"locality", "lb_endpoints", "load_balancing_weight", "priority"}
    ),
    "envoy.config.endpoint.v3.LbEndpoint": frozenset(
        {"endpoint", "health_status", "metadata", "load_balancing_weight"}
    ),
    "envoy.config.endpoint.v3.Endpoint": frozenset({"address", "hostname"}),
    "envoy.config.core.v3.Locality": frozenset({"region", "zone", "sub_zone"}),
    "envoy.config.core.v3.Metadata": frozenset({"filter_metadata"}),
    "envoy.config.core.v3.Address": frozenset({"socket_address", "pipe"}),
    "envoy.config.core.v3.SocketAddress": frozenset({"protocol", "address", "port_value"}),
    "envoy.config.core.v3.Pipe": frozenset({"path"}),
}

_UDP = 1  # SocketAddress.Protocol
_HINT = "Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'"

# envoy.config.core.v3.HealthStatus. Source: envoy source/common/upstream/upstream_impl.cc, setEdsHealthFlag.
_EDS_HEALTH: dict[int, int] = {
    2: int(HealthFlag.FAILED_EDS_HEALTH),  # UNHEALTHY
    3: int(HealthFlag.EDS_STATUS_DRAINING),  # DRAINING
    4: int(HealthFlag.FAILED_EDS_HEALTH),  # TIMEOUT
    5: int(HealthFlag.DEGRADED_EDS_HEALTH),  # DEGRADED
}


def assignment(message: Any) -> Assignment:
    """A ClusterLoadAssignment whose addresses need no resolving. Raises ConfigErrors, paths relative to it."""
    problems = Problems()
    made = settings_of(message)
    for index, group in enumerate(message.endpoints):
        for place, endpoint in enumerate(group.lb_endpoints):
            with problems.at(f"endpoints[{index}].lb_endpoints[{place}]"):
                made.hosts.append(host_spec(group, endpoint, endpoint_address(endpoint)))
    problems.raise_if_any()
    return made


def parse_assignment(serialized: bytes) -> Assignment:
    """The same from bytes, as they come from the process that resolved them."""
    return assignment(message_class("envoy.config.endpoint.v3.ClusterLoadAssignment").FromString(serialized))


def settings_of(message: Any) -> Assignment:
    """What an assignment says besides its hosts."""
    made = Assignment([])
    policy = message.policy
    if policy.HasField("overprovisioning_factor"):
        made.overprovisioning_percent = policy.overprovisioning_factor.value
    made.is_weighted_priority_health = policy.weighted_priority_health
    made.drop_share = drop_share(policy.drop_overloads)
    for group in message.endpoints:
        key = (group.priority, locality(group.locality))
        weight = group.load_balancing_weight.value
        made.locality_weights[key] = max(weight, made.locality_weights.get(key, 0))
    return made


def drop_share(messages: Any) -> float:
    """Of repeated DropOverload. Raises ConfigError, relative to the assignment."""
    if not messages:
        return 0.0
    if len(messages) > 1:
        text = f"Cluster drop_overloads config has {len(messages)} categories. Envoy only support one."
        raise ConfigError("", "policy.drop_overloads", text)
    share = fraction(messages[0].drop_percentage)
    if share.numerator > share.denominator:
        text = (
            f"Cluster drop_overloads config is invalid. drop_ratio={share.numerator / share.denominator:g}"
            f"(Numerator {share.numerator} / Denominator {share.denominator}). The valid range is 0~1."
        )
        raise ConfigError("", "policy.drop_overloads[0].drop_percentage", text)
    return share.numerator / share.denominator


def host_spec(group: Any, endpoint: Any, address: Address) -> HostSpec:
    """One LbEndpoint of a LocalityLbEndpoints, at ``address``."""
    weight = endpoint.load_balancing_weight.value if endpoint.HasField("load_balancing_weight") else 1
    spec = HostSpec(address, locality(group.locality), group.priority, weight)
    spec.hostname = endpoint.endpoint.hostname
    spec.metadata = metadata(endpoint.metadata)
    spec.canary = spec.metadata.get("envoy.lb", {}).get("canary") is True
    spec.eds_health = _EDS_HEALTH.get(endpoint.health_status, 0)
    return spec


def endpoint_address(endpoint: Any) -> Address:
    """The address of an LbEndpoint that is not resolved. Raises ConfigError, relative to it."""
    if endpoint.WhichOneof("host_identifier") == "endpoint_name":
        raise ConfigError("", "endpoint_name", "named endpoints are not implemented yet: give 'endpoint'")
    with_address = endpoint.endpoint.address
    kind = with_address.WhichOneof("address")
    if kind == "pipe":
        return pipe(with_address.pipe.path)
    if kind == "envoy_internal_address":
        raise ConfigError("", "endpoint.address.envoy_internal_address", "internal listeners are not implemented yet")
    if kind is None:
        raise ConfigError("", "endpoint.address", f"Address must be set. {_HINT}")
    try:
        return socket_address(with_address.socket_address)
    except ConfigError as error:
        at = "endpoint.address.socket_address." + error.field_path
        raise ConfigError("", at, f"{error.message}. {_HINT}") from None


def socket_address(message: Any) -> Address:
    """A SocketAddress that holds an IP address and a port number. Raises ConfigError, relative to it."""
    if message.resolver_name:
        raise ConfigError("", "resolver_name", f"Unknown address resolver: {message.resolver_name}")
    if message.WhichOneof("port_specifier") == "named_port":
        raise ConfigError("", "named_port", "IP resolver can't handle port specifier type 4")
    if message.protocol == _UDP:
        raise ConfigError("", "protocol", "UDP is not implemented yet, allowed: TCP")
    return Address(canonical_ip(message.address), message.port_value)


def canonical_ip(text: str) -> str:
    """Raises ConfigError at ``address`` for anything but an IP address."""
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ConfigError("", "address", f"malformed IP address: {text}") from None


def locality(message: Any) -> Locality:
    return Locality(message.region, message.zone, message.sub_zone)


def metadata(message: Any) -> dict[str, Any]:
    """A core Metadata by namespace."""
    return {name: struct_to_python(struct) for name, struct in message.filter_metadata.items()}


def resolved_assignment(message: Any, addresses: dict[tuple[int, int], list[Address]]) -> Any:
    """A copy of a ClusterLoadAssignment with each endpoint at its resolved addresses; none = the endpoint goes.

    ``addresses`` is by (index in endpoints, index in lb_endpoints). A host name that the endpoint does not have is
    taken from the name that was resolved, as Envoy does.
    """
    made = type(message)()
    made.cluster_name = message.cluster_name
    made.policy.CopyFrom(message.policy)
    for index, group in enumerate(message.endpoints):
        copied = made.endpoints.add()
        copied.CopyFrom(group)
        del copied.lb_endpoints[:]
        for place, endpoint in enumerate(group.lb_endpoints):
            for address in addresses.get((index, place), []):
                added = copied.lb_endpoints.add()
                added.CopyFrom(endpoint)
                if not added.endpoint.hostname:
                    added.endpoint.hostname = endpoint.endpoint.address.socket_address.address
                added.endpoint.address.socket_address.address = address.ip
                added.endpoint.address.socket_address.port_value = address.port
    return made
