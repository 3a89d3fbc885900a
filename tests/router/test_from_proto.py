"""Whole route configurations: what is read, and every complaint with its place."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

from typing import Any

import pytest

from portico.api.errors import ConfigErrors
from portico.api.registries import ANY_EXTENSION, HTTP_ROUTE_CONFIGS
from portico.config.protos import message_class
from portico.router.action.cluster_specifier import FixedCluster, RouteChoice
from portico.router.from_proto import SUPPORTED
from portico.router.route import Route
from tests.router.tables import get, matched, route_for, stream_info, table

STRING = "type.googleapis.com/google.protobuf.StringValue"
FILTER_CONFIG = "type.googleapis.com/envoy.config.route.v3.FilterConfig"


def value(text: str) -> str:
    return f"{{'@type': {STRING}, value: {text}}}"


@pytest.fixture
def string_configs() -> Any:
    """StringValue as the per-route message of an imaginary filter."""
    HTTP_ROUTE_CONFIGS.register("google.protobuf.StringValue")(lambda message, context: message.value)
    yield
    del HTTP_ROUTE_CONFIGS.entries["google.protobuf.StringValue"]


def test_supported_fields_exist() -> None:
    """A row that names a field the message has not would hide a spelling mistake."""
    wrong = {
        name: sorted(fields - {"*"} - {field.name for field in message_class(name).DESCRIPTOR.fields})
        for name, fields in SUPPORTED.items()
    }
    assert {name: fields for name, fields in wrong.items() if fields} == {}


def test_names_and_metadata() -> None:
    where = table(
        "name: rc\nmetadata: {filter_metadata: {t: {a: 1}}}\ninternal_only_headers: [X-Internal]\n"
        "virtual_hosts: [{name: v, domains: ['*'], metadata: {filter_metadata: {h: {b: [x, null, true]}}},"
        " include_request_attempt_count: true, include_attempt_count_in_response: true, request_body_buffer_limit: 10,"
        " routes: [{name: r, match: {prefix: /}, metadata: {filter_metadata: {r: {c: {d: 1.5}}}}, route: {cluster: a}},"
        " {name: s, match: {prefix: /}, per_request_buffer_limit_bytes: 5, route: {cluster: a}}]}]"
    )
    host = where.virtual_hosts[0]
    route, second = host.routes
    assert (where.name, host.name, route.name, repr(where)) == ("rc", "v", "r", "RouteTable(rc)")
    assert (where.metadata, host.metadata) == ({"t": {"a": 1.0}}, {"h": {"b": ["x", None, True]}})
    assert route.metadata == {"r": {"c": {"d": 1.5}}}
    assert where.internal_only_headers == {b"x-internal"}
    assert (route.include_request_attempt_count, route.include_attempt_count_in_response) == (True, True)
    limits = [each.description.request_body_buffer_limit for each in (route, second)]
    assert limits == [10, 5]


def filters(route: Route, choice: RouteChoice | None = None) -> list[Any]:
    return route.per_filter_configs("f", choice)


@pytest.mark.usefixtures("string_configs")
def test_filter_configs_of_all_levels() -> None:
    where = table(
        f"typed_per_filter_config: {{f: {value('table')}, g: {value('g')}}}\n"
        f"virtual_hosts: [{{name: v, domains: ['*'], typed_per_filter_config: {{f: {value('host')}}}, routes: ["
        f"{{match: {{prefix: /}}, typed_per_filter_config: {{f: {value('route')}}}, route: {{weighted_clusters: {{clusters: ["
        f"{{name: a, weight: 1, typed_per_filter_config: {{f: {value('cluster')}}}}}, {{name: b, weight: 1}}]}}}}}}]}}]"
    )
    route = route_for(where, get("/"))
    assert route.forward is not None
    first, second = (route.forward.choose(get("/"), stream_info(), number) for number in (0, 1))
    assert filters(route) == ["table", "host", "route"]
    assert filters(route, first) == ["table", "host", "route", "cluster"]
    assert filters(route, second) == ["table", "host", "route"]
    assert [route.most_specific("f", choice) for choice in (None, first, second)] == ["route", "cluster", "route"]
    assert (route.most_specific("g"), route.most_specific("none")) == ("g", None)
    assert route.per_filter_config == {"f": "route"}
    assert route.has_filter_configs()


@pytest.mark.usefixtures("string_configs")
def test_filter_config_wrapper() -> None:
    where = table(
        "virtual_hosts: [{name: v, domains: ['*'], typed_per_filter_config: {"
        f"quiet: {{'@type': {FILTER_CONFIG}, disabled: true}},"
        f"loud: {{'@type': {FILTER_CONFIG}, config: {value('wrapped')}}},"
        f"woken: {{'@type': {FILTER_CONFIG}, config: {{}}}},"
        f"absent: {{'@type': {FILTER_CONFIG}, is_optional: true}},"
        f"unknown: {{'@type': {FILTER_CONFIG}, is_optional: true, config: {{'@type': type.googleapis.com/google.protobuf.Empty"
        "}}}, routes: [{match: {prefix: /}, route: {cluster: a}}]}]"
    )
    route = route_for(where, get("/"))
    assert route.most_specific("loud") == "wrapped"
    assert [route.is_filter_disabled(name) for name in ("quiet", "loud", "woken", "absent", "other")] == [
        True,
        False,
        False,
        None,
        None,
    ]
    assert [route.most_specific(name) for name in ("quiet", "woken", "unknown")] == [None, None, None]


def test_route_without_filter_configs_says_so() -> None:
    where = table("virtual_hosts: [{name: v, domains: ['*'], routes: [{match: {prefix: /}, route: {cluster: a}}]}]")
    assert not route_for(where, get("/")).has_filter_configs()


def test_mirrors_are_inherited() -> None:
    where = table(
        "request_mirror_policies: [{cluster: t}]\nvirtual_hosts:\n"
        "- {name: a, domains: [a], routes: [{match: {prefix: /}, route: {cluster: c}}]}\n"
        "- {name: b, domains: [b], request_mirror_policies: [{cluster: h}], routes: [{match: {prefix: /}, route: {cluster: c}},"
        " {match: {prefix: /}, route: {cluster: c, request_mirror_policies: [{cluster: r}]}}]}\n"
    )
    found = [
        [policy.cluster for policy in route.forward.shadow_policies]
        for host in where.virtual_hosts
        for route in host.routes
        if route.forward is not None
    ]
    assert found == [["t"], ["h"], ["r"]]


def plugin(text: str, is_optional: str = "false") -> str:
    return f"{{is_optional: {is_optional}, extension: {{name: p, typed_config: {value(text)}}}}}"


def test_cluster_specifier_plugins() -> None:
    ANY_EXTENSION.register("google.protobuf.StringValue")(lambda message, context: FixedCluster(message.value))
    try:
        where = table(
            f"cluster_specifier_plugins: [{plugin('named')}]\nvirtual_hosts: [{{name: v, domains: ['*'], routes: ["
            "{match: {prefix: /a}, route: {cluster_specifier_plugin: p}},"
            f"{{match: {{prefix: /b}}, route: {{inline_cluster_specifier_plugin: {plugin('inline')}}}}}]}}]"
        )
    finally:
        del ANY_EXTENSION.entries["google.protobuf.StringValue"]
    names = []
    for path in ("/a", "/b"):
        forward = route_for(where, get(path)).forward
        assert forward is not None
        names.append(forward.choose(get(path), stream_info(), 0).cluster_name)
    assert names == ["named", "inline"]


def test_route_of_an_unknown_optional_plugin_is_passed_over() -> None:
    where = table(
        f"cluster_specifier_plugins: [{plugin('x', 'true')}]\nvirtual_hosts: [{{name: v, domains: ['*'], routes: ["
        "{name: first, match: {prefix: /}, route: {cluster_specifier_plugin: p}},"
        "{name: second, match: {prefix: /}, route: {cluster: a}}]}]"
    )
    assert matched(where, get("/")) == "second"


def complaints(text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        table(text)
    return [str(error) for error in caught.value.errors]


def test_domains_are_unique() -> None:
    assert complaints(
        "name: rc\nvirtual_hosts: [{name: a, domains: [a.test, '*']}, {name: b, domains: [ok, A.test, '*']},"
        " {name: c, domains: ['*.x', '*.X', 'p*', 'P*']}]"
    ) == [
        "virtual_hosts[1].domains[1]: Only unique values for domains are permitted. Duplicate entry of domain a.test in route rc",
        "virtual_hosts[1].domains[2]: Only a single wildcard domain is permitted in route rc",
        "virtual_hosts[2].domains[1]: Only unique values for domains are permitted. Duplicate entry of domain *.x in route rc",
        "virtual_hosts[2].domains[3]: Only unique values for domains are permitted. Duplicate entry of domain p* in route rc",
    ]


def test_every_complaint_is_reported_with_its_path() -> None:
    found = complaints(
        """
request_headers_to_add: [{header: {key: ":x", value: a}}]
virtual_hosts:
- name: v
  domains: ["*"]
  request_headers_to_remove: [host]
  virtual_clusters: [{name: x}]
  routes:
  - match: {safe_regex: {regex: "("}}
    route: {cluster: a, regex_rewrite: {pattern: {regex: "["}}}
  - match: {prefix: /}
  - match: {prefix: /}
    route: {weighted_clusters: {clusters: [{name: a}]}}
    response_headers_to_add: [{header: {key: x, value: "%NOPE%"}}]
  - match: {prefix: /}
    route: {cluster_specifier_plugin: none}
  - match: {prefix: /}
    route: {timeout: 1s}
"""
    )
    assert [text.partition(": ")[0] for text in found] == [
        "request_headers_to_add[0].header.key",
        "virtual_hosts[0].request_headers_to_remove[0]",
        "virtual_hosts[0].virtual_clusters[0].headers",
        "virtual_hosts[0].routes[0].match.safe_regex.regex",
        "virtual_hosts[0].routes[0].route.regex_rewrite.pattern.regex",
        "virtual_hosts[0].routes[1].action",
        "virtual_hosts[0].routes[2].response_headers_to_add[0].header.value",
        "virtual_hosts[0].routes[2].route.weighted_clusters.clusters[0].weight",
        "virtual_hosts[0].routes[3].route.cluster_specifier_plugin",
        "virtual_hosts[0].routes[4].route.cluster_specifier",
    ]


ROUTE = "type.googleapis.com/envoy.config.route.v3.Route"


@pytest.mark.parametrize(
    ("host", "text"),
    [
        (
            (
                "routes: [{match: {prefix: /}, route: {cluster: a}}], matcher: {on_no_match: {action: {name: x,"
                f" typed_config: {{'@type': {ROUTE}, match: {{prefix: /}}, route: {{cluster: a}}}}}}}}}}"
            ),
            "matcher: cannot set both matcher and routes on virtual host",
        ),
        (
            f"matcher: {{on_no_match: {{action: {{name: x, typed_config: {value('x')}}}}}}}",
            "matcher.on_no_match.action.typed_config: 'google.protobuf.StringValue' is no action here",
        ),
        (
            (
                "matcher: {on_no_match: {action: {name: x, typed_config: {'@type': "
                f"{ROUTE}, match: {{}}, route: {{cluster: a}}}}}}}}}}"
            ),
            "matcher.on_no_match.action.typed_config.match.path_specifier: is required",
        ),
        (
            (
                "matcher: {matcher_tree: {input: {name: i, typed_config: {'@type':"
                " type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.SourceIPInput}},"
                f" exact_match_map: {{map: {{a: {{action: {{name: x, typed_config: {value('x')}}}}}}}}}}}}}"
            ),
            "matcher.matcher_tree.input.typed_config: Route table can only match on request headers, saw type.googleapis.com/",
        ),
        (
            f"typed_per_filter_config: {{baz: {{'@type': {FILTER_CONFIG}}}}}",
            'typed_per_filter_config["baz"]: Empty route/virtual host per filter configuration for baz filter',
        ),
        (
            f"typed_per_filter_config: {{baz: {value('x')}}}",
            'typed_per_filter_config["baz"]: Didn\'t find a registered implementation of envoy.filters.http.route',
        ),
    ],
)
def test_wrong_virtual_hosts(host: str, text: str) -> None:
    assert complaints(f"virtual_hosts: [{{name: v, domains: ['*'], {host}}}]")[0].startswith("virtual_hosts[0]." + text)


def test_wrong_plugins() -> None:
    assert complaints(f"cluster_specifier_plugins: [{plugin('x')}]")[0].startswith(
        "cluster_specifier_plugins[0].extension.typed_config: Didn't find a registered implementation for 'p' with type URL:"
    )
