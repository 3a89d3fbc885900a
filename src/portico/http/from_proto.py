"""HttpConnectionManager messages to HttpConfig."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

from portico.access_log.from_proto import access_logs, http_log_options
from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.registries import EARLY_HEADER_MUTATIONS, HTTP_FILTERS, ORIGINAL_IP_DETECTORS
from portico.api.registry import ExtensionFactory, Registry
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.config.durations import seconds_or
from portico.config.protos import type_name, unpack
from portico.http.config import FilterSlot, HttpConfig, RouteSource, ServerHeader
from portico.http.forwarded import ForwardingRules, Network
from portico.http.local_reply_config.from_proto import local_replies
from portico.http.path_normalization import EscapedSlashes
from portico.http.path_rules import PathRules
from portico.http.proxy_status import ProxyStatusRules
from portico.http.request_id import RequestIdRules
from portico.router.from_proto import route_table
from portico.stats.codec_stats import Http1CodecStats
from portico.stats.http_stats import HttpConnectionManagerStats, TracingStats

HCM: Final = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"

SUPPORTED: Final[dict[str, frozenset[str]]] = {
    HCM: frozenset(
        "codec_type stat_prefix route_config http_filters add_user_agent common_http_protocol_options "
        "http_protocol_options http1_safe_max_connection_duration http2_protocol_options server_name "
        "server_header_transformation scheme_header_transformation max_request_headers_kb "
        "stream_idle_timeout request_timeout request_headers_timeout drain_timeout delayed_close_timeout access_log "
        "flush_access_log_on_new_request access_log_flush_interval access_log_options use_remote_address "
        "xff_num_trusted_hops internal_address_config "
        "skip_xff_append via generate_request_id preserve_external_request_id always_set_request_id_in_response "
        "proxy_100_continue normalize_path merge_slashes path_with_escaped_slashes_action request_id_extension "
        "local_reply_config strip_matching_host_port strip_any_host_port stream_error_on_invalid_http_message "
        "strip_trailing_host_dot append_x_forwarded_port upgrade_configs proxy_status_config "
        "forward_client_cert_details original_ip_detection_extensions early_header_mutation_extensions".split()
    ),
    f"{HCM}.ProxyStatusConfig": frozenset(
        "remove_details remove_connection_termination_details remove_response_flags set_recommended_response_code "
        "use_node_id literal_proxy_name".split()
    ),
    f"{HCM}.InternalAddressConfig": frozenset(["unix_sockets", "cidr_ranges"]),
    f"{HCM}.UpgradeConfig": frozenset(["enabled"]),
    f"{HCM}.HcmAccessLogOptions": frozenset(["flush_access_log_on_new_request", "access_log_flush_interval"]),
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter": frozenset(
        ["name", "typed_config", "is_optional", "disabled"]
    ),
    "envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension": frozenset(["typed_config"]),
    "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig": frozenset(["use_request_id_for_trace_sampling"]),
    "envoy.config.core.v3.SchemeHeaderTransformation": frozenset(["scheme_to_overwrite"]),
    "envoy.config.core.v3.HttpProtocolOptions": frozenset(
        "idle_timeout max_connection_duration max_connection_duration_jitter max_headers_count max_stream_duration "
        "headers_with_underscores_action max_requests_per_connection".split()
    ),
    "envoy.config.core.v3.Http1ProtocolOptions": frozenset(
        "allow_absolute_url accept_http_10 default_host_for_http_10 header_key_format enable_trailers "
        "allow_chunked_length allow_custom_methods use_balsa_parser "
        "override_stream_error_on_invalid_http_message".split()
    ),
    "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat": frozenset(["proper_case_words", "stateful_formatter"]),
    "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat.ProperCaseWords": frozenset(),
    "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig": frozenset(
        ["forward_reason_phrase"]
    ),
}

_ROUTER: Final = "envoy.extensions.filters.http.router.v3.Router"
_PRESERVE_CASE: Final = "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"
# RFC 1918, RFC 4193 and the loopbacks: what is internal when an internal_address_config does not say.
_PRIVATE: Final = ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "fd00::/8", "::1/128")
_REJECT_REQUEST: Final = 1  # HttpProtocolOptions.HeadersWithUnderscoresAction
_DROP_HEADER: Final = 2
_ALWAYS_FORWARD_ONLY: Final = 4  # HttpConnectionManager.ForwardClientCertDetails
_UUID: Final = "envoy.extensions.request_id.uuid.v3.UuidRequestIdConfig"


def http_config(message: Any, context: FactoryContext) -> HttpConfig:
    """Raises ConfigErrors with every complaint about the connection manager, its filters and its routes."""
    server = context.server
    scope = server.scope.scope(f"http.{message.stat_prefix}")
    config = HttpConfig(
        server, message.stat_prefix, HttpConnectionManagerStats(scope), Http1CodecStats(server.scope.scope("http1"))
    )
    config.drain = context.drain
    TracingStats(scope.scope("tracing"))
    problems = Problems()
    inner = context.nested(scope, message.stat_prefix)
    with problems.at("codec_type"):
        _check_codec(message)
    _read_timeouts(config, message)
    _read_server_header(config, message)
    config.forwarding = _forwarding(message, context, problems)
    with problems.at("http_protocol_options"):
        config.codec = codec_settings(message)
    paths = _paths(message)
    config.paths = None if paths.changes_nothing() else paths
    config.proxy_100_continue = message.proxy_100_continue
    config.max_requests_per_connection = message.common_http_protocol_options.max_requests_per_connection.value
    config.always_set_request_id_in_response = message.always_set_request_id_in_response
    config.bad_requests_close = not _keeps_streams_apart(message)
    if message.HasField("proxy_status_config"):
        config.proxy_status = _proxy_status(message.proxy_status_config, config, server.local_info.node_id)
    config.upgrades = _upgrades(message, problems)
    with problems.at(""):
        config.access_logs = access_logs(message.access_log, inner)
    config.log_options = http_log_options(message)
    with problems.at("local_reply_config"):
        config.local_replies = local_replies(message.local_reply_config, inner)
    with problems.at(""):
        config.filters = _filters(message, inner)
    with problems.at(""):
        config.routes = _routes(message, inner)
    problems.raise_if_any()
    return config


def _check_codec(message: Any) -> None:
    """AUTO=0, HTTP1=1, HTTP2=2, HTTP3=3."""
    if message.codec_type in (2, 3):
        name = message.DESCRIPTOR.fields_by_name["codec_type"].enum_type.values_by_number[message.codec_type].name
        raise ConfigError("", "", f"{name} downstream is not implemented yet; allowed: AUTO, HTTP1")


def _routes(message: Any, context: FactoryContext) -> RouteSource:
    kind = message.WhichOneof("route_specifier")
    if kind == "route_config":
        problems = Problems()
        table = None
        with problems.at("route_config"):
            table = route_table(message.route_config, context)
        problems.raise_if_any()
        return RouteSource(table)
    raise ConfigError("", kind or "route_specifier", "is not implemented yet; give the routes in route_config")


def _filters(message: Any, context: FactoryContext) -> list[FilterSlot]:
    slots: list[FilterSlot] = []
    problems = Problems()
    names: set[str] = set()
    last = len(message.http_filters) - 1
    for at, each in enumerate(message.http_filters):
        with problems.at(f"http_filters[{at}]"):
            if each.name in names:
                raise ConfigError("", "name", f"duplicate filter name {each.name!r}")
            names.add(each.name)
            kind = type_name(each.typed_config)
            _check_place(each, kind, at == last)
            slot = _filter(each, kind, context)
            if slot is not None:
                slots.append(slot)
    if not message.http_filters:
        problems.errors.append(ConfigError("", "http_filters", "must end with envoy.filters.http.router, found none"))
    problems.raise_if_any()
    return slots


def _check_place(each: Any, kind: str, is_last: bool) -> None:
    """The router, and only the router, ends a chain."""
    if kind == _ROUTER and not is_last:
        raise ConfigError(
            "", "", f"Error: terminal filter named {each.name} of type envoy.filters.http.router must be the last "
            "filter in a http filter chain."
        )  # fmt: skip
    if is_last and kind != _ROUTER and not each.is_optional:
        raise ConfigError(
            "", "", f"Error: non-terminal filter named {each.name} of type {kind or each.name} is the last filter in a "
            "http filter chain."
        )  # fmt: skip


def _filter(each: Any, kind: str, context: FactoryContext) -> FilterSlot | None:
    """None: an optional filter nobody implements."""
    if not each.HasField("typed_config"):
        raise ConfigError("", "typed_config", f"is required: filter {each.name!r} is chosen by its type URL")
    try:
        registration = HTTP_FILTERS.lookup(kind)
    except ConfigError:
        if each.is_optional:
            return None
        raise
    with inside("typed_config"):
        factory = registration.factory(unpack(each.typed_config), context)
    return FilterSlot(each.name, factory, each.disabled)


def _read_timeouts(config: HttpConfig, message: Any) -> None:
    timeouts = config.timeouts
    common = message.common_http_protocol_options
    timeouts.stream_idle_s = seconds_or(message, "stream_idle_timeout", timeouts.stream_idle_s)
    timeouts.request_s = seconds_or(message, "request_timeout", 0.0)
    timeouts.request_headers_s = seconds_or(message, "request_headers_timeout", 0.0)
    timeouts.drain_s = seconds_or(message, "drain_timeout", timeouts.drain_s)
    timeouts.delayed_close_s = seconds_or(message, "delayed_close_timeout", timeouts.delayed_close_s)
    timeouts.idle_s = seconds_or(common, "idle_timeout", timeouts.idle_s)
    timeouts.max_stream_duration_s = seconds_or(common, "max_stream_duration", 0.0)
    timeouts.max_connection_duration_s = seconds_or(common, "max_connection_duration", 0.0)
    timeouts.max_connection_duration_jitter = common.max_connection_duration_jitter.value / 100.0
    timeouts.closes_with_a_response = message.http1_safe_max_connection_duration


def _read_server_header(config: HttpConfig, message: Any) -> None:
    if message.server_name:
        config.server_name = message.server_name.encode()
    config.server_header = (ServerHeader.OVERWRITE, ServerHeader.APPEND_IF_ABSENT, ServerHeader.PASS_THROUGH)[
        message.server_header_transformation
    ]


def _keeps_streams_apart(message: Any) -> bool:
    """Whether a bad request costs only itself, where the connection allows it."""
    own = message.http_protocol_options
    if own.HasField("override_stream_error_on_invalid_http_message"):
        return bool(own.override_stream_error_on_invalid_http_message.value)
    return bool(message.stream_error_on_invalid_http_message.value)


def _proxy_status(message: Any, config: HttpConfig, node_id: str) -> ProxyStatusRules:
    kind = message.WhichOneof("proxy_name")
    names = {"literal_proxy_name": message.literal_proxy_name, "use_node_id": node_id}
    rules = ProxyStatusRules(names.get(kind) or config.server_name.decode())
    rules.tells_details = not message.remove_details
    rules.tells_flags = not message.remove_response_flags
    rules.sets_recommended_status = message.set_recommended_response_code
    return rules


def _forwarding(message: Any, context: FactoryContext, problems: Problems) -> ForwardingRules:
    rules = ForwardingRules()
    rules.use_remote_address = message.use_remote_address.value
    rules.xff_num_trusted_hops = message.xff_num_trusted_hops
    rules.append_x_forwarded_port = message.append_x_forwarded_port
    rules.via = message.via.encode()
    rules.scheme_to_overwrite = message.scheme_header_transformation.scheme_to_overwrite.encode()
    local = context.server.local_info
    rules.local_ip = local.ip.encode()
    if message.add_user_agent.value:
        rules.user_agent_cluster = local.cluster.encode()
        rules.user_agent_node = local.node_id.encode()
    if message.forward_client_cert_details == _ALWAYS_FORWARD_ONLY:
        rules.keep_client_cert()
    with problems.at(""):
        rules.detectors = _extensions(message, "original_ip_detection_extensions", ORIGINAL_IP_DETECTORS, context)
    appends = [detector.appends_peer for detector in rules.detectors]
    rules.appends_peer = not message.skip_xff_append if rules.use_remote_address else any(appends)
    with problems.at(""):
        rules.early_mutations = _extensions(
            message, "early_header_mutation_extensions", EARLY_HEADER_MUTATIONS, context
        )
    with problems.at("internal_address_config"):
        _read_internal(rules, message)
    generates = message.generate_request_id.value if message.HasField("generate_request_id") else True
    rules.request_id = RequestIdRules(generates, message.preserve_external_request_id)
    if message.HasField("request_id_extension"):
        kind = type_name(message.request_id_extension.typed_config)
        if kind != _UUID:
            with problems.at("request_id_extension.typed_config"):
                raise ConfigError(
                    "", "", f"Didn't find a registered implementation for type: {kind!r}; allowed: {_UUID}"
                )
    return rules


def _extensions(message: Any, field: str, registry: Registry[ExtensionFactory], context: FactoryContext) -> list[Any]:
    """What the factories of a repeated TypedExtensionConfig make."""
    made: list[Any] = []
    problems = Problems()
    for at, each in enumerate(getattr(message, field)):
        with problems.at(f"{field}[{at}].typed_config"):
            registration = registry.lookup(type_name(each.typed_config))
            made.append(registration.factory(unpack(each.typed_config), context))
    problems.raise_if_any()
    return made


def _read_internal(rules: ForwardingRules, message: Any) -> None:
    """Absent: nothing is internal. Present but empty: RFC 1918 and RFC 4193. Measured on Envoy 1.40."""
    if not message.HasField("internal_address_config"):
        return
    internal = message.internal_address_config
    rules.unix_sockets_are_internal = internal.unix_sockets
    if internal.cidr_ranges:
        with inside("cidr_ranges"):
            rules.internal_networks = networks(internal.cidr_ranges)
    else:
        rules.internal_networks = [ipaddress.ip_network(text) for text in _PRIVATE]


def networks(cidrs: Any) -> list[Network]:
    """Repeated CidrRange."""
    found: list[Network] = []
    for at, each in enumerate(cidrs):
        text = f"{each.address_prefix}/{each.prefix_len.value}"
        try:
            found.append(ipaddress.ip_network(text, strict=False))
        except ValueError as error:
            raise ConfigError("", f"[{at}]", f"{text!r}: {error}") from None
    return found


def codec_settings(message: Any) -> Http1Settings:
    options = message.http_protocol_options
    common = message.common_http_protocol_options
    kilobytes = message.max_request_headers_kb.value if message.HasField("max_request_headers_kb") else 60
    count = common.max_headers_count.value if common.HasField("max_headers_count") else 100
    casing, forwards_reason = header_casing(options.header_key_format)
    return Http1Settings(
        max_headers_bytes=kilobytes * 1024,
        max_headers_count=count,
        enable_trailers=options.enable_trailers,
        accept_http_10=options.accept_http_10,
        default_host_for_http_10=options.default_host_for_http_10.encode(),
        allow_absolute_url=options.allow_absolute_url.value if options.HasField("allow_absolute_url") else True,
        allow_chunked_length=options.allow_chunked_length,
        allow_custom_methods=options.allow_custom_methods,
        rejects_underscores=common.headers_with_underscores_action == _REJECT_REQUEST,
        header_casing=casing,
        forward_reason_phrase=forwards_reason,
    )


def header_casing(message: Any) -> tuple[HeaderCasing, bool]:
    """(casing, whether the upstream's reason phrase is kept) of a HeaderKeyFormat."""
    kind = message.WhichOneof("header_format")
    if kind == "proper_case_words":
        return HeaderCasing.PROPER_CASE_WORDS, False
    if kind == "stateful_formatter":
        name = type_name(message.stateful_formatter.typed_config)
        if name != _PRESERVE_CASE:
            raise ConfigError(
                "", "header_key_format.stateful_formatter.typed_config",
                f"Didn't find a registered implementation for type: {name!r}; allowed: {_PRESERVE_CASE}",
            )  # fmt: skip
        return HeaderCasing.PRESERVE, unpack(message.stateful_formatter.typed_config).forward_reason_phrase
    return HeaderCasing.LOWER, False


def _paths(message: Any) -> PathRules:
    rules = PathRules()
    rules.normalize = message.normalize_path.value
    rules.merge_slashes = message.merge_slashes
    # Source: HttpConnectionManager.PathWithEscapedSlashesAction; IMPLEMENTATION_SPECIFIC_DEFAULT keeps.
    rules.escaped_slashes = (
        EscapedSlashes.KEEP_UNCHANGED,
        EscapedSlashes.KEEP_UNCHANGED,
        EscapedSlashes.REJECT_REQUEST,
        EscapedSlashes.UNESCAPE_AND_REDIRECT,
        EscapedSlashes.UNESCAPE_AND_FORWARD,
    )[message.path_with_escaped_slashes_action]
    rules.strip_matching_port = message.strip_matching_host_port
    rules.strip_any_port = message.strip_any_host_port
    rules.strip_trailing_dot = message.strip_trailing_host_dot
    rules.drops_underscores = message.common_http_protocol_options.headers_with_underscores_action == _DROP_HEADER
    return rules


def _upgrades(message: Any, problems: Problems) -> frozenset[bytes]:
    """Upgrades come with the next protocol release; a configured one must not be silently refused at run time."""
    for at, each in enumerate(message.upgrade_configs):
        enabled = each.enabled.value if each.HasField("enabled") else True
        if enabled:
            with problems.at(f"upgrade_configs[{at}]"):
                raise ConfigError("", "upgrade_type", f"{each.upgrade_type!r}: upgrades are not implemented yet")
    return frozenset()
