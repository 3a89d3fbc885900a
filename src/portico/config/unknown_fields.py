"""What to say about a field that a message does not have."""

from __future__ import annotations

from collections.abc import Iterable
from enum import Enum

from google.protobuf.descriptor import Descriptor

from portico.config.nearest import did_you_mean

# v2 fields whose v3 successor has another shape, so that the nearest name would mislead.
SUCCESSORS = {
    ("envoy.config.accesslog.v3.AccessLog", "config"): "typed_config",
    ("envoy.config.cluster.v3.Cluster", "extension_protocol_options"): "typed_extension_protocol_options",
    ("envoy.config.cluster.v3.Cluster", "hosts"): "load_assignment",
    ("envoy.config.cluster.v3.Cluster", "tls_context"): "transport_socket with an UpstreamTlsContext",
    ("envoy.config.core.v3.TransportSocket", "config"): "typed_config",
    ("envoy.config.listener.v3.Filter", "config"): "typed_config",
    ("envoy.config.listener.v3.FilterChain", "tls_context"): "transport_socket with a DownstreamTlsContext",
    ("envoy.config.listener.v3.ListenerFilter", "config"): "typed_config",
    ("envoy.config.route.v3.CorsPolicy", "allow_origin"): "allow_origin_string_match",
    ("envoy.config.route.v3.HeaderMatcher", "regex_match"): "string_match.safe_regex",
    ("envoy.config.route.v3.Route", "per_filter_config"): "typed_per_filter_config",
    ("envoy.config.route.v3.RouteMatch", "regex"): "safe_regex",
    ("envoy.config.route.v3.VirtualHost", "per_filter_config"): "typed_per_filter_config",
    (
        "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.Tracing",
        "operation_name",
    ): "the listener's traffic_direction",
    ("envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter", "config"): "typed_config",
}


class UnknownFields(Enum):
    """What happens to a field no message has: Envoy's three choices."""

    REJECT = "reject"
    WARN = "warn"  # accepted, counted, and named in a warning
    IGNORE = "ignore"  # accepted and counted


def no_such_field(name: str, descriptor: Descriptor, offered: Iterable[str], parent: Descriptor | None) -> str:
    """The complaint, with the likeliest remedy: a renamed field, a missing or surplus level, or a near name."""
    names = list(offered)
    complaint = f"no such field: {name!r} in {descriptor.full_name}"
    hint = _remedy(name, descriptor, parent) or did_you_mean(name, names)
    allowed = ", ".join(names) if names else "no field at all"
    return f"{complaint}{hint}; allowed: {allowed}"


def _remedy(name: str, descriptor: Descriptor, parent: Descriptor | None) -> str:
    successor = SUCCESSORS.get((descriptor.full_name, name))
    if successor is not None:
        return f"; this v2 field is gone in v3, use {successor}"
    inner = _path_inside(name, descriptor)
    if inner:
        return f"; did you mean {inner!r}?"
    if parent is not None and _has(parent, name):
        return f"; {name!r} is a field of the enclosing {parent.full_name}: is it indented too far?"
    if name == "<<":
        return "; YAML merge keys are not supported"
    return ""


def _path_inside(name: str, descriptor: Descriptor) -> str:
    """`address.socket_address` for 'socket_address' in an Endpoint: a level was left out."""
    for child in descriptor.fields:
        kind = child.message_type
        if kind is None or child.is_repeated or kind.full_name.startswith("google.protobuf."):
            continue
        if _has(kind, name):
            return f"{child.name}.{name}"
    return ""


def _has(descriptor: Descriptor, name: str) -> bool:
    return any(name in (field.name, field.json_name) for field in descriptor.fields)
