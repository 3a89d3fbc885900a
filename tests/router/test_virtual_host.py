"""What a virtual host does before and besides its routes."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

import pytest

from portico.router.action.redirect import TlsRedirectAction
from tests.router.tables import get, matched, route_for, stream_info, table

ROUTE = "{name: plain, match: {prefix: /}, direct_response: {status: 200}}"


@pytest.mark.parametrize(
    ("require_tls", "fields", "redirected"),
    [
        ("NONE", {}, False),
        ("ALL", {"x_forwarded_proto": "http"}, True),
        ("ALL", {"x_forwarded_proto": "https"}, False),
        ("ALL", {"x_forwarded_proto": "http", "x_envoy_internal": "true"}, True),
        ("EXTERNAL_ONLY", {"x_forwarded_proto": "http"}, True),
        ("EXTERNAL_ONLY", {"x_forwarded_proto": "http", "x_envoy_internal": "true"}, False),
        ("EXTERNAL_ONLY", {"x_forwarded_proto": "https"}, False),
    ],
)
def test_require_tls(require_tls: str, fields: dict[str, str], redirected: bool) -> None:
    where = table(f"virtual_hosts: [{{name: v, domains: ['*'], require_tls: {require_tls}, routes: [{ROUTE}]}}]")
    route = route_for(where, get("/", **fields))
    assert isinstance(route.action, TlsRedirectAction) is redirected
    assert route.virtual_host_name == "v"


def test_tls_redirect_keeps_host_port_path_and_query() -> None:
    where = table(f"virtual_hosts: [{{name: v, domains: ['*'], require_tls: ALL, routes: [{ROUTE}]}}]")
    headers = get("/a?b", "TLS.test:8080", x_forwarded_proto="http")
    action = route_for(where, headers).action
    assert isinstance(action, TlsRedirectAction)
    assert (action.status, action.location(headers, stream_info())) == (301, b"https://TLS.test:8080/a?b")


HEADER = "{name: i, typed_config: {'@type': type.googleapis.com/envoy.type.matcher.v3.HttpRequestHeaderMatchInput, header_name: x}}"
TREE = f"""
virtual_hosts:
- name: v
  domains: ["*"]
  matcher:
    matcher_tree:
      input: {HEADER}
      exact_match_map:
        map:
          one: {{action: {{name: a, typed_config: {{"@type": type.googleapis.com/envoy.config.route.v3.Route, name: single,
            match: {{prefix: /a}}, direct_response: {{status: 200}}}}}}}}
          two: {{action: {{name: a, typed_config: {{"@type": type.googleapis.com/envoy.config.route.v3.RouteList, routes: [
            {{name: first, match: {{prefix: /a}}, direct_response: {{status: 200}}}},
            {{name: second, match: {{prefix: /}}, direct_response: {{status: 200}}}}]}}}}}}
"""


def test_matcher_tree_leads_to_a_route_or_a_list() -> None:
    where = table(TREE)
    assert matched(where, get("/a", x="one")) == "single"
    assert matched(where, get("/b", x="one")) == "-"  # its own match has to hold as well
    assert matched(where, get("/a", x="two")) == "first"
    assert matched(where, get("/b", x="two")) == "second"
    assert matched(where, get("/a", x="three")) == "-"
    assert matched(where, get("/a")) == "-"


def test_virtual_clusters_in_order_then_the_nameless_rest() -> None:
    where = table(
        "virtual_hosts: [{name: v, domains: ['*'], virtual_clusters: [{name: gets, headers: [{name: ':method',"
        " string_match: {exact: GET}}]}, {name: a, headers: [{name: ':path', string_match: {prefix: /a}}]}]}]"
    )
    host = where.virtual_hosts[0]
    found = [host.virtual_cluster(headers) for headers in (get("/a"), get("/a", method="PUT"), get("/", method="PUT"))]
    assert [cluster.name for cluster in found if cluster is not None] == ["gets", "a", ""]
    assert table("virtual_hosts: [{name: v, domains: ['*']}]").virtual_hosts[0].virtual_cluster(get("/")) is None
    assert repr(host) == "VirtualHost(v)"
