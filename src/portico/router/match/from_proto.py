"""RouteMatch messages into matches."""

from __future__ import annotations

from typing import Any

from portico.api.errors import ConfigError, Problems, inside
from portico.api.runtime import Runtime
from portico.config.protos import unpack
from portico.matching.from_proto import (
    cookie_matcher,
    filter_state_matcher,
    header_matcher,
    metadata_matcher,
    query_matcher,
    regex,
    runtime_fraction,
)
from portico.matching.query import QueryMatcher
from portico.matching.regex import InvalidRegexError, Regex
from portico.router.match.criteria import (
    ConnectCriterion,
    CookieCriterion,
    Criterion,
    FilterStateCriterion,
    GrpcCriterion,
    HeaderCriterion,
    MetadataCriterion,
    QueryCriterion,
    RuntimeCriterion,
    TlsCriterion,
)
from portico.router.match.path import (
    ConnectPath,
    ExactPath,
    ExactPathIgnoreCase,
    PathMatch,
    PrefixPath,
    PrefixPathIgnoreCase,
    RegexPath,
    SeparatedPrefixPath,
)
from portico.router.match.route_match import RouteMatch
from portico.router.match.uri_template import InvalidTemplateError, TemplateParser

URI_TEMPLATE_MATCH = "envoy.extensions.path.match.uri_template.v3.UriTemplateMatchConfig"

_ROUTE = "envoy.config.route.v3."
SUPPORTED: dict[str, frozenset[str]] = {
    _ROUTE + "RouteMatch": frozenset(
        {
            "prefix",
            "path",
            "safe_regex",
            "connect_matcher",
            "path_separated_prefix",
            "path_match_policy",
            "case_sensitive",
            "runtime_fraction",
            "headers",
            "query_parameters",
            "grpc",
            "tls_context",
            "dynamic_metadata",
            "filter_state",
            "cookies",
        }
    ),
    _ROUTE + "RouteMatch.GrpcRouteMatchOptions": frozenset(),
    _ROUTE + "RouteMatch.ConnectMatcher": frozenset(),
    _ROUTE + "RouteMatch.TlsContextMatchOptions": frozenset({"presented", "validated"}),
    _ROUTE + "HeaderMatcher": frozenset({"*"}),
    _ROUTE + "QueryParameterMatcher": frozenset({"*"}),
    _ROUTE + "CookieMatcher": frozenset({"*"}),
    "envoy.config.core.v3.RuntimeFractionalPercent": frozenset({"*"}),
    "envoy.config.core.v3.TypedExtensionConfig": frozenset({"*"}),
    "envoy.config.core.v3.CidrRange": frozenset({"*"}),
    URI_TEMPLATE_MATCH: frozenset({"path_template"}),
}


def route_match(message: Any, runtime: Runtime) -> RouteMatch:
    """RouteMatch. Raises ConfigErrors with every complaint about it."""
    problems = Problems()
    path: PathMatch = ConnectPath()
    criteria: list[Criterion] = []
    with problems.at(""):
        path = _path(message)
    if message.WhichOneof("path_specifier") == "connect_matcher":
        criteria.append(ConnectCriterion())
    if message.HasField("runtime_fraction"):
        criteria.append(RuntimeCriterion(runtime_fraction(message.runtime_fraction, runtime)))
    if message.HasField("grpc"):
        criteria.append(GrpcCriterion())
    _add_header_criteria(message, criteria, problems)
    if message.HasField("tls_context"):
        criteria.append(_tls(message.tls_context))
    for index, each in enumerate(message.dynamic_metadata):
        with problems.at(f"dynamic_metadata[{index}]"):
            criteria.append(MetadataCriterion(metadata_matcher(each)))
    for index, each in enumerate(message.filter_state):
        with problems.at(f"filter_state[{index}]"):
            criteria.append(FilterStateCriterion(filter_state_matcher(each)))
    problems.raise_if_any()
    return RouteMatch(path, criteria)


def _add_header_criteria(message: Any, criteria: list[Criterion], problems: Problems) -> None:
    for index, each in enumerate(message.headers):
        with problems.at(f"headers[{index}]"):
            criteria.append(HeaderCriterion(header_matcher(each)))
    queries: list[QueryMatcher] = []
    for index, each in enumerate(message.query_parameters):
        with problems.at(f"query_parameters[{index}]"):
            queries.append(query_matcher(each))
    if queries:
        criteria.append(QueryCriterion(queries))
    for index, each in enumerate(message.cookies):
        with problems.at(f"cookies[{index}]"):
            criteria.append(CookieCriterion(cookie_matcher(each)))


def _tls(message: Any) -> TlsCriterion:
    return TlsCriterion(
        message.presented.value if message.HasField("presented") else None,
        message.validated.value if message.HasField("validated") else None,
    )


def _path(message: Any) -> PathMatch:
    kind = message.WhichOneof("path_specifier")
    ignore_case = message.HasField("case_sensitive") and not message.case_sensitive.value
    if kind == "prefix":
        prefix: bytes = message.prefix.encode()
        return PrefixPathIgnoreCase(prefix) if ignore_case else PrefixPath(prefix)
    if kind == "path":
        path: bytes = message.path.encode()
        return ExactPathIgnoreCase(path) if ignore_case else ExactPath(path)
    if kind == "path_separated_prefix":
        return SeparatedPrefixPath(message.path_separated_prefix.encode(), ignore_case)
    if kind == "safe_regex":
        with inside("safe_regex"):
            return RegexPath(regex(message.safe_regex))
    if kind == "connect_matcher":
        return ConnectPath()
    if kind == "path_match_policy":
        with inside("path_match_policy.typed_config"):
            return RegexPath(Regex(_template_regex(match_template(message.path_match_policy.typed_config))))
    raise ConfigError(
        "",
        "path_specifier",
        "is required: one of prefix, path, safe_regex, connect_matcher, path_separated_prefix, path_match_policy",
    )


def match_template(any_message: Any) -> str:
    """The path template of a path_match_policy."""
    config = unpack(any_message)
    name: str = config.DESCRIPTOR.full_name
    if name != URI_TEMPLATE_MATCH:
        raise ConfigError("", "", f"{name!r} is no path matcher; {URI_TEMPLATE_MATCH!r} is")
    template: str = config.path_template
    return template


def _template_regex(template: str) -> str:
    try:
        return TemplateParser(template).regex()
    except (InvalidTemplateError, InvalidRegexError) as error:
        raise ConfigError(
            "", "path_template", f"path_match_policy.path_template {template} is invalid: {error}"
        ) from None
