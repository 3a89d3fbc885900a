"""Envoy 1.40's well-known tags: which parts of a name become labels.

A pattern of dot-separated tokens marks the value by `$`; `*` stands for one token, `**` for any number. What tokens
cannot say is a regular expression: group 1 is cut out of the name, group 2 is the value.
"""

from __future__ import annotations

from typing import Final

VALUE: Final = r"[^.]+"
ADDRESS: Final = r"(?:\d{1,3}\.\d{1,3}\.\d{1,3}\.\d{1,3}|\[[a-fA-F_\d]+\])_\d+"
CIPHER: Final = r"[\w-]+"
TLS_OWNER: Final = r"(?:listener|cluster)\..*?"

# tag, first token of the names it can occur in ("" = any), expression, value that is not a tag
REGEX_TAGS: Final[list[tuple[str, str, str, str]]] = [
    ("envoy.response_code", "", r"_rq(_(\d{3}))$", ""),
    ("envoy.response_code_class", "", r"_rq_((\d))xx$", ""),
    (
        "envoy.dynamo_partition_id",
        "http",
        rf"^http\.{VALUE}\.dynamodb\.table\.{VALUE}\.capacity\.{VALUE}(\.__partition_id=(\w{{7}}))$",
        "",
    ),
    (
        "envoy.dynamo_operation",
        "http",
        rf"^http\.{VALUE}\.dynamodb\.(?:operation|table\.{VALUE}\.capacity)(\.({VALUE}))(?:\.|$)",
        "",
    ),
    ("envoy.dynamo_table", "http", rf"^http\.{VALUE}\.dynamodb\.(?:table|error)\.(({VALUE})\.)", ""),
    ("envoy.ssl_cipher", "listener", rf"^listener\..*?\.ssl\.ciphers(\.({CIPHER}))$", ""),
    ("envoy.ssl_curve", "", rf"^{TLS_OWNER}\.ssl\.curves(\.({CIPHER}))$", ""),
    ("envoy.ssl_sigalg", "", rf"^{TLS_OWNER}\.ssl\.sigalgs(\.({CIPHER}))$", ""),
    ("envoy.ssl_version", "", rf"^{TLS_OWNER}\.ssl\.versions(\.(TLSv\d\.\d))$", ""),
    ("envoy.tls_certificate", "", rf"^{TLS_OWNER}\.ssl\.certificate\.(({VALUE})\.).*$", ""),
    ("cipher_suite", "cluster", rf"^cluster\.{VALUE}\.ssl\.ciphers(\.({CIPHER}))$", ""),
    ("envoy.health_check_name", "cluster", rf"^cluster\.{VALUE}\.health_check(\.name\.({VALUE}))\..+", ""),
    ("envoy.http_conn_manager_prefix", "listener", rf"^listener\..*?\.http\.(({VALUE})\.)", ""),
    (
        "envoy.worker_id",
        "",
        rf"^(?:listener\.(?:{ADDRESS}|{VALUE})|server|listener_manager|thread_local_cluster_manager)\.worker_((\d+)\.)",
        "",
    ),
    ("envoy.listener_address", "listener", rf"^listener\.(({ADDRESS}|{VALUE})\.)", "admin"),
    ("envoy.rds_route_config", "http", rf"^http\.{VALUE}\.rds\.(([\w.-]+)\.)\w+?$", ""),
    ("envoy.scoped_rds_config", "http", rf"^http\.{VALUE}\.scoped_rds\.(([\w.-]+)\.)\w+?$", ""),
    ("envoy.xds_resource_name", "sds", rf"^sds\.(({VALUE})\.).+", ""),
    ("envoy.proxy_protocol_version", "proxy_proto", rf"^proxy_proto\.((?:{VALUE}\.)?versions\.v(\d)\.)\w+$", ""),
    ("envoy.proxy_protocol_prefix", "proxy_proto", rf"^proxy_proto\.(({VALUE})\.).+$", ""),
    ("envoy.rbac_http_prefix", "http", rf"^http\.{VALUE}\.rbac\.(({VALUE})\.).*?", ""),
    (
        "envoy.rbac_policy_name",
        "http",
        rf"^http\.{VALUE}\.rbac\.(?:{VALUE}\.)?policy\.(({VALUE})\.)(?:allowed|shadow_allowed|denied|shadow_denied)$",
        "",
    ),
]

TOKEN_TAGS: Final[list[tuple[str, str]]] = [
    ("envoy.mongo_callsite", "mongo.*.collection.*.callsite.$.query.**"),
    ("envoy.mongo_collection", "mongo.*.collection.$.**.query.*"),
    ("envoy.mongo_cmd", "mongo.*.cmd.$.**"),
    ("envoy.grpc_bridge_method", "cluster.*.grpc.*.$.**"),
    ("envoy.http_user_agent", "http.*.user_agent.$.**"),
    ("envoy.virtual_cluster", "vhost.*.vcluster.$.**"),
    ("envoy.fault_downstream_cluster", "http.*.fault.$.**"),
    ("envoy.grpc_bridge_service", "cluster.*.grpc.$.**"),
    ("envoy.tcp_prefix", "tcp.$.**"),
    ("envoy.udp_prefix", "udp.$.**"),
    ("envoy.clientssl_prefix", "auth.clientssl.$.**"),
    ("envoy.ratelimit_prefix", "ratelimit.$.**"),
    ("envoy.cluster_name", "cluster.$.**"),
    ("envoy.ext_authz_prefix", "cluster.*.ext_authz.$.**"),
    ("envoy.ext_authz_prefix", "http.*.ext_authz.$.**"),
    ("envoy.http_conn_manager_prefix", "http.$.**"),
    ("envoy.virtual_host", "vhost.$.**"),
    ("envoy.mongo_prefix", "mongo.$.**"),
    ("envoy.route", "vhost.*.route.$.**"),
    ("envoy.thrift_prefix", "thrift.$.**"),
    ("envoy.redis_prefix", "redis.$.**"),
    ("envoy.local_http_ratelimit_prefix", "$.http_local_rate_limit.**"),
    ("envoy.local_network_ratelimit_prefix", "local_rate_limit.$.**"),
    ("envoy.local_listener_ratelimit_prefix", "listener_local_ratelimit.$.**"),
    ("envoy.dns_filter_prefix", "dns_filter.$.**"),
    ("envoy.connection_limit_prefix", "connection_limit.$.**"),
    ("envoy.rbac_prefix", "$.rbac.**"),
    ("envoy.google_grpc_client_prefix", "grpc.$.**"),
]


def tag_names() -> set[str]:
    return {row[0] for row in REGEX_TAGS} | {row[0] for row in TOKEN_TAGS}
