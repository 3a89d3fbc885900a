"""Fields whose silence would let something through that the configuration means to stop."""

from __future__ import annotations

# Every field of these messages counts.
MESSAGES = (
    "envoy.config.rbac.",
    "envoy.extensions.transport_sockets.tls.",
    "envoy.extensions.filters.http.api_key_auth.",
    "envoy.extensions.filters.http.basic_auth.",
    "envoy.extensions.filters.http.cors.",
    "envoy.extensions.filters.http.csrf.",
    "envoy.extensions.filters.http.ext_authz.",
    "envoy.extensions.filters.http.jwt_authn.",
    "envoy.extensions.filters.http.oauth2.",
    "envoy.extensions.filters.http.rbac.",
    "envoy.extensions.filters.network.ext_authz.",
    "envoy.extensions.filters.network.rbac.",
    # A condition that is ignored makes the filter chain, the route or the matcher apply to more than it should.
    "envoy.config.listener.v3.FilterChainMatch",
    "envoy.config.listener.v3.ListenerFilterChainMatchPredicate",
    "envoy.config.route.v3.RouteMatch",
    "envoy.config.route.v3.HeaderMatcher",
    "envoy.config.route.v3.QueryParameterMatcher",
    "envoy.type.matcher.",
    "xds.type.matcher.",
)

_HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
_VIRTUAL_HOST = "envoy.config.route.v3.VirtualHost"
_ROUTE = "envoy.config.route.v3.Route"
FIELDS = frozenset(
    (
        "envoy.config.cluster.v3.Cluster.transport_socket",
        "envoy.config.cluster.v3.Cluster.transport_socket_matches",
        "envoy.config.listener.v3.FilterChain.transport_socket",
        "envoy.config.core.v3.HttpProtocolOptions.headers_with_underscores_action",
        "envoy.config.core.v3.HttpProtocolOptions.max_headers_count",
        f"{_HCM}.forward_client_cert_details",
        f"{_HCM}.set_current_client_cert_details",
        f"{_HCM}.use_remote_address",
        f"{_HCM}.xff_num_trusted_hops",
        f"{_HCM}.internal_address_config",
        f"{_HCM}.original_ip_detection_extensions",
        f"{_HCM}.early_header_mutation_extensions",
        f"{_HCM}.normalize_path",
        f"{_HCM}.merge_slashes",
        f"{_HCM}.path_with_escaped_slashes_action",
        f"{_HCM}.max_request_headers_kb",
        f"{_VIRTUAL_HOST}.require_tls",
        f"{_VIRTUAL_HOST}.matcher",
        f"{_VIRTUAL_HOST}.typed_per_filter_config",
        f"{_VIRTUAL_HOST}.request_headers_to_remove",
        f"{_VIRTUAL_HOST}.response_headers_to_remove",
        f"{_ROUTE}.typed_per_filter_config",
        f"{_ROUTE}.request_headers_to_remove",
        f"{_ROUTE}.response_headers_to_remove",
        "envoy.config.route.v3.WeightedCluster.ClusterWeight.typed_per_filter_config",
        "envoy.config.route.v3.RouteConfiguration.typed_per_filter_config",
        "envoy.config.route.v3.RouteConfiguration.request_headers_to_remove",
        "envoy.config.route.v3.RouteConfiguration.response_headers_to_remove",
        "envoy.config.route.v3.RouteConfiguration.internal_only_headers",
    )
)


def alters_security(message_type: str, field: str) -> bool:
    return message_type.startswith(MESSAGES) or f"{message_type}.{field}" in FIELDS
