"""Route actions: RouteAction, RedirectAction, DirectResponseAction."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.upstream import ResourcePriority
from portico.config.durations import seconds
from portico.config.protos import unpack
from portico.formatter.compiler import compile_format
from portico.formatter.from_proto import content_type, read_data_source, substitution_format
from portico.matching.fraction import RuntimeFraction
from portico.matching.from_proto import regex_rewrite, runtime_fraction
from portico.router.action.cluster_specifier import ClusterSpecifier
from portico.router.action.direct_response import DirectResponseAction
from portico.router.action.forward import ForwardAction, ShadowPolicy, UpgradeConfig
from portico.router.action.redirect import RedirectAction
from portico.router.action.rewrite import (
    FormatHost,
    FormatPathRewrite,
    HeaderHost,
    HostRewrite,
    LiteralHost,
    PathRegexHost,
    PathRewrite,
    PrefixRewrite,
    RegexPathRewrite,
    TemplatePathRewrite,
)
from portico.router.match.from_proto import match_template
from portico.router.match.route_match import RouteMatch
from portico.router.match.uri_template import InvalidTemplateError, TemplateRewrite, parse_rewrite
from portico.router.mutation.from_proto import ordered_mutations

_ROUTE = "envoy.config.route.v3."
URI_TEMPLATE_REWRITE = "envoy.extensions.path.rewrite.uri_template.v3.UriTemplateRewriteConfig"

# What the router filter and the connection manager honour. Parsed, but nobody's yet: flush_timeout, the gRPC timeouts,
# metadata_match, upgrade_configs, trace_sampled.
SUPPORTED: dict[str, frozenset[str]] = {
    _ROUTE + "RouteAction": frozenset(
        {
            "cluster",
            "cluster_header",
            "weighted_clusters",
            "cluster_specifier_plugin",
            "inline_cluster_specifier_plugin",
            "cluster_not_found_response_code",
            "prefix_rewrite",
            "regex_rewrite",
            "path_rewrite_policy",
            "path_rewrite",
            "host_rewrite_literal",
            "auto_host_rewrite",
            "host_rewrite_header",
            "host_rewrite_path_regex",
            "host_rewrite",
            "append_x_forwarded_host",
            "timeout",
            "idle_timeout",
            "request_mirror_policies",
            "priority",
            "max_stream_duration",
            "retry_policy",
        }
    ),
    _ROUTE + "RouteAction.MaxStreamDuration": frozenset({"*"}),
    # Its retries are not there yet; a try has its time all the same.
    _ROUTE + "RetryPolicy": frozenset({"per_try_timeout"}),
    _ROUTE + "RouteAction.RequestMirrorPolicy": frozenset(
        {
            "cluster",
            "cluster_header",
            "runtime_fraction",
            "disable_shadow_host_suffix_append",
            "request_headers_mutations",
            "host_rewrite_literal",
        }
    ),
    _ROUTE + "RedirectAction": frozenset({"*"}),
    _ROUTE + "DirectResponseAction": frozenset({"*"}),
    _ROUTE + "NonForwardingAction": frozenset(),
    "envoy.config.core.v3.DataSource": frozenset({"filename", "inline_bytes", "inline_string", "environment_variable"}),
    URI_TEMPLATE_REWRITE: frozenset({"path_template_rewrite"}),
}

# RedirectAction.RedirectResponseCode, RouteAction.ClusterNotFoundResponseCode, core.RoutingPriority, by number.
_REDIRECT_STATUS = {0: 301, 1: 302, 2: 303, 3: 307, 4: 308}
_NOT_FOUND_STATUS = {0: 503, 1: 404, 2: 500}
_PRIORITY = {0: ResourcePriority.DEFAULT, 1: ResourcePriority.HIGH}
_ONE_REWRITE = "Specify only one of prefix_rewrite, regex_rewrite or path_rewrite_policy"


def optional_seconds(message: Any, field: str) -> float | None:
    return seconds(getattr(message, field)) if message.HasField(field) else None


def redirect_action(message: Any, match: RouteMatch, context: FactoryContext) -> RedirectAction:
    """RedirectAction."""
    action = RedirectAction(_REDIRECT_STATUS[message.response_code])
    if message.https_redirect:
        action.scheme = b"https"
    else:
        action.scheme = message.scheme_redirect.encode()
    action.host = message.host_redirect.encode()
    action.port = b":%d" % message.port_redirect if message.port_redirect else b""
    action.strip_query = message.strip_query
    kind = message.WhichOneof("path_rewrite_specifier")
    if kind == "path_redirect":
        action.path = message.path_redirect.encode()
    elif kind == "prefix_rewrite" and message.prefix_rewrite:
        action.path_rewrite = PrefixRewrite(message.prefix_rewrite.encode(), match.path)
    elif kind == "regex_rewrite":
        with inside("regex_rewrite"):
            action.path_rewrite = RegexPathRewrite(regex_rewrite(message.regex_rewrite))
    elif kind == "path_rewrite":
        with inside("path_rewrite"):
            action.path_format = compile_format(message.path_rewrite, context.server, omit_empty=True)
    return action


def direct_response_action(message: Any, limit_bytes: int, context: FactoryContext) -> DirectResponseAction:
    """DirectResponseAction; ``limit_bytes`` is max_direct_response_body_size_bytes."""
    body = b""
    if message.HasField("body"):
        with inside("body"):
            body = _body(message.body, limit_bytes)
    if not message.HasField("body_format"):
        return DirectResponseAction(message.status, body)
    body_format = message.body_format
    with inside("body_format"):
        formatter = substitution_format(body_format, context)
    is_typed = body_format.content_type or body_format.WhichOneof("format") == "json_format"
    return DirectResponseAction(
        message.status, body, formatter, content_type(body_format).encode() if is_typed else b""
    )


def _body(source: Any, limit_bytes: int) -> bytes:
    kind = source.WhichOneof("specifier")
    if kind is None:
        raise ConfigError(
            "", "specifier", "is required: one of filename, inline_bytes, inline_string, environment_variable"
        )
    if kind == "filename":
        path = Path(source.filename)
        if not path.exists():
            raise ConfigError("", "filename", f"file {source.filename} does not exist")
        if path.is_file() and path.stat().st_size > limit_bytes:
            size = path.stat().st_size
            raise ConfigError("", "filename", f"file {source.filename} size is {size} bytes; maximum is {limit_bytes}")
    body = read_data_source(source)
    if len(body) > limit_bytes:
        raise ConfigError("", kind, f"response body size is {len(body)} bytes; maximum is {limit_bytes}")
    return body


def forward_action(
    message: Any, match: Any, compiled_match: RouteMatch, cluster: ClusterSpecifier, context: FactoryContext
) -> ForwardAction:
    """RouteAction; ``match`` is the RouteMatch message beside it. Raises ConfigErrors."""
    problems = Problems()
    action = ForwardAction(cluster)
    _set_timeouts(action, message)
    action.priority = _PRIORITY[message.priority]
    action.cluster_not_found_status = _NOT_FOUND_STATUS[message.cluster_not_found_response_code]
    action.auto_host_rewrite = message.auto_host_rewrite.value
    action.append_x_forwarded_host = message.append_x_forwarded_host
    with problems.at(""):
        action.path_rewrite = _path_rewrite(message, match, compiled_match, context)
    with problems.at(""):
        action.host_rewrite = _host_rewrite(message, context)
    with problems.at(""):
        action.shadow_policies = shadow_policies(message.request_mirror_policies, context)
    for index, upgrade in enumerate(message.upgrade_configs):
        with problems.at(f"upgrade_configs[{index}]"):
            _add_upgrade(action, upgrade)
    problems.raise_if_any()
    return action


def _set_timeouts(action: ForwardAction, message: Any) -> None:
    if message.HasField("timeout"):
        action.timeout_s = seconds(message.timeout)
    action.per_try_timeout_s = seconds(message.retry_policy.per_try_timeout)
    action.idle_timeout_s = optional_seconds(message, "idle_timeout")
    action.flush_timeout_s = optional_seconds(message, "flush_timeout")
    action.max_grpc_timeout_s = optional_seconds(message, "max_grpc_timeout")
    action.grpc_timeout_offset_s = seconds(message.grpc_timeout_offset)
    if message.HasField("max_stream_duration"):
        duration = message.max_stream_duration
        # It replaces the route's timeout altogether. Source: envoy router.cc, FilterUtility::finalTimeout.
        action.timeout_s = 0.0
        action.max_stream_duration_s = optional_seconds(duration, "max_stream_duration")
        action.grpc_timeout_header_max_s = optional_seconds(duration, "grpc_timeout_header_max")
        action.grpc_timeout_header_offset_s = seconds(duration.grpc_timeout_header_offset)


def _path_rewrite(message: Any, match: Any, compiled: RouteMatch, context: FactoryContext) -> PathRewrite | None:
    used = [
        field
        for field, is_set in (
            ("prefix_rewrite", bool(message.prefix_rewrite)),
            ("regex_rewrite", message.HasField("regex_rewrite")),
            ("path_rewrite_policy", message.HasField("path_rewrite_policy")),
            ("path_rewrite", bool(message.path_rewrite)),
        )
        if is_set
    ]
    if not used:
        return None
    if len(used) > 1:
        raise ConfigError("", used[1], f"{_ONE_REWRITE}: {used[0]} is set as well")
    field = used[0]
    with inside(field):
        if field == "prefix_rewrite":
            if match.HasField("path_match_policy"):
                raise ConfigError("", "", "Cannot use prefix_rewrite with matcher extension")
            return PrefixRewrite(message.prefix_rewrite.encode(), compiled.path)
        if field == "regex_rewrite":
            return RegexPathRewrite(regex_rewrite(message.regex_rewrite))
        if field == "path_rewrite":
            return FormatPathRewrite(compile_format(message.path_rewrite, context.server, omit_empty=True))
        return TemplatePathRewrite(_template_rewrite(message.path_rewrite_policy, match))


def _template_rewrite(policy: Any, match: Any) -> TemplateRewrite:
    with inside("typed_config"):
        config = unpack(policy.typed_config)
        name = config.DESCRIPTOR.full_name
        if name != URI_TEMPLATE_REWRITE:
            raise ConfigError("", "", f"{name!r} is no path rewriter; {URI_TEMPLATE_REWRITE!r} is")
        if not match.HasField("path_match_policy"):
            raise ConfigError("", "", f"unable to use {policy.name} extension without a uri_template path_match_policy")
        rewrite: str = config.path_template_rewrite
        try:
            parse_rewrite(rewrite)
        except InvalidTemplateError as error:
            message = f"path_rewrite_policy.path_template_rewrite {rewrite} is invalid: {error}"
            raise ConfigError("", "path_template_rewrite", message) from None
        template = match_template(match.path_match_policy.typed_config)
        try:
            return TemplateRewrite(template, rewrite)
        except InvalidTemplateError:
            message = f"mismatch between variables in path_match_policy {template} and path_rewrite_policy {rewrite}"
            raise ConfigError("", "path_template_rewrite", message) from None


def _host_rewrite(message: Any, context: FactoryContext) -> HostRewrite | None:
    kind = message.WhichOneof("host_rewrite_specifier")
    if kind == "host_rewrite_literal" and message.host_rewrite_literal:
        return LiteralHost(message.host_rewrite_literal.encode())
    if kind == "host_rewrite_header" and message.host_rewrite_header:
        name = message.host_rewrite_header.lower().encode()
        return HeaderHost(b":authority" if name == b"host" else name)
    if kind == "host_rewrite_path_regex":
        with inside("host_rewrite_path_regex"):
            return PathRegexHost(regex_rewrite(message.host_rewrite_path_regex))
    if kind == "host_rewrite" and message.host_rewrite:
        with inside("host_rewrite"):
            # A missing value prints "-" here, unlike in path_rewrite (measured on Envoy 1.40).
            return FormatHost(compile_format(message.host_rewrite, context.server))
    return None


def shadow_policies(messages: Any, context: FactoryContext) -> list[ShadowPolicy]:
    """Repeated RequestMirrorPolicy, as routes, virtual hosts and tables have them."""
    problems = Problems()
    policies: list[ShadowPolicy] = []
    for index, message in enumerate(messages):
        with problems.at(f"request_mirror_policies[{index}]"):
            policies.append(_shadow_policy(message, context))
    problems.raise_if_any()
    return policies


def _shadow_policy(message: Any, context: FactoryContext) -> ShadowPolicy:
    if message.cluster and message.cluster_header:
        text = f"Only one of cluster '{message.cluster}' or cluster_header '{message.cluster_header}' "
        raise ConfigError("", "cluster_header", text + "in request mirror policy can be specified")
    if not message.cluster and not message.cluster_header:
        text = "Exactly one of cluster or cluster_header in request mirror policy need to be specified"
        raise ConfigError("", "cluster", text)
    share = RuntimeFraction(100, 100)
    if message.HasField("runtime_fraction"):
        share = runtime_fraction(message.runtime_fraction, context.server.runtime)
    policy = ShadowPolicy(message.cluster, message.cluster_header.lower().encode(), share)
    policy.trace_sampled = message.trace_sampled.value if message.HasField("trace_sampled") else None
    policy.appends_host_suffix = not message.disable_shadow_host_suffix_append
    policy.host_rewrite = message.host_rewrite_literal.encode()
    policy.mutations = ordered_mutations(message.request_headers_mutations, "request_headers_mutations", context.server)
    return policy


def _add_upgrade(action: ForwardAction, message: Any) -> None:
    name: bytes = message.upgrade_type.lower().encode()
    if name in action.upgrade_configs:
        raise ConfigError("", "upgrade_type", f"Duplicate upgrade {message.upgrade_type}")
    upgrade = UpgradeConfig(name, message.enabled.value if message.HasField("enabled") else True)
    if message.HasField("connect_config"):
        if name not in (b"connect", b"connect-udp"):
            text = f"Non-CONNECT upgrade type {message.upgrade_type} has ConnectConfig"
            raise ConfigError("", "connect_config", text)
        upgrade.terminates_connect = True
        upgrade.allow_post = message.connect_config.allow_post
    action.upgrade_configs[name] = upgrade
