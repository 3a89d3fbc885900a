"""Names that point at nothing, or are taken twice. The texts are compared with Envoy's by the golden files."""

from __future__ import annotations

from portico.config.json_mapping import Findings, parse_message
from portico.config.message_walk import walk
from portico.config.unknown_fields import UnknownFields
from portico.config.validate import NODE_REQUIRED, ReferenceChecker
from portico.config.yaml_reader import read_yaml

ROUTES = """
static_resources:
  clusters: [{{name: service}}]
  listeners:
  - name: l
    filter_chains:
    - filters:
      - name: h
        typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          route_config: {routes}
"""
AT_ROUTES = "static_resources.listeners[0].filter_chains[0].filters[0].typed_config.route_config"


def check(text: str) -> ReferenceChecker:
    findings = Findings()
    name = "envoy.config.bootstrap.v3.Bootstrap"
    bootstrap = parse_message(read_yaml(text, "f").root, name, UnknownFields.REJECT, findings)
    assert findings.errors == []
    checker = ReferenceChecker(bootstrap)
    walk(bootstrap, checker.visit, findings, UnknownFields.REJECT)
    return checker


def errors(text: str) -> list[str]:
    return [str(error) for error in check(text).errors]


def route_errors(routes: str) -> list[str]:
    return [error.removeprefix(AT_ROUTES + ".") for error in errors(ROUTES.format(routes=routes))]


def test_a_route_names_a_static_cluster() -> None:
    routes = "{virtual_hosts: [{domains: [a], routes: [{route: {cluster: servise}}, {route: {cluster: service}}]}]}"
    assert route_errors(routes) == [
        "virtual_hosts[0].routes[0].route.cluster: route: unknown cluster 'servise'; did you mean 'service'?"
    ]


def test_weighted_and_shadow_clusters_are_clusters() -> None:
    routes = """{request_mirror_policies: [{cluster: x}], virtual_hosts: [{domains: [a],
        request_mirror_policies: [{cluster: v}], routes: [{route: {weighted_clusters: {clusters: [{name: z}]},
        request_mirror_policies: [{cluster: w}]}}]}]}"""
    assert [error.partition(": ")[2] for error in route_errors(routes)] == [
        "route: unknown shadow cluster 'x'",
        "route: unknown shadow cluster 'v'",
        "route: unknown weighted cluster 'z'",
        "route: unknown shadow cluster 'w'",
    ]


def test_routes_may_ask_not_to_be_validated() -> None:
    hosts = "[{domains: [a], routes: [{route: {cluster: x}}]}]"
    assert len(route_errors(f"{{virtual_hosts: {hosts}}}")) == 1
    assert route_errors(f"{{validate_clusters: false, virtual_hosts: {hosts}}}") == []


def test_a_domain_belongs_to_one_virtual_host() -> None:
    routes = "{name: r, virtual_hosts: [{domains: [a.b, '*']}, {domains: [A.B, '*']}]}"
    assert route_errors(routes) == [
        (
            "virtual_hosts[1].domains[0]: Only unique values for domains are permitted. "
            "Duplicate entry of domain a.b in route r"
        ),
        "virtual_hosts[1].domains[1]: Only a single wildcard domain is permitted in route r",
    ]


def test_a_cluster_name_is_taken_once() -> None:
    assert errors("static_resources: {clusters: [{name: a}, {name: b}, {name: a}]}") == [
        "static_resources.clusters[2].name: cluster manager: duplicate cluster 'a'"
    ]


def test_a_listener_name_twice_is_a_warning_and_an_address_twice_an_error() -> None:
    address = "address: {socket_address: {address: 127.0.0.1, port_value: 80}}"
    text = f"static_resources: {{listeners: [{{name: a, {address}}}, {{name: a, {address}}}, {{name: b, {address}}}]}}"
    checker = check(text)
    assert [str(warning) for warning in checker.warnings] == [
        "static_resources.listeners[1].name: listener 'a' is defined twice: the last one counts"
    ]
    assert [str(error) for error in checker.errors] == [
        "static_resources.listeners[2].address: listener 'b' has duplicate address as existing listener 'a'"
    ]


def test_listeners_may_share_port_0_but_not_a_pipe() -> None:
    address = "address: {socket_address: {address: 127.0.0.1, port_value: 0}}"
    assert errors(f"static_resources: {{listeners: [{{name: a, {address}}}, {{name: b, {address}}}]}}") == []
    pipe = "address: {pipe: {path: /tmp/x}}"
    assert len(errors(f"static_resources: {{listeners: [{{name: a, {pipe}}}, {{name: b, {pipe}}}]}}")) == 1


def test_a_tcp_proxy_without_its_cluster_is_a_warning() -> None:
    text = """
static_resources:
  listeners:
  - filter_chains:
    - filters:
      - typed_config:
          '@type': type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
          weighted_clusters: {clusters: [{name: x}]}
"""
    checker = check(text)
    assert checker.errors == []
    assert [warning.field_path.partition("typed_config.")[2] for warning in checker.warnings] == [
        "weighted_clusters.clusters[0].name"
    ]


def test_an_eds_cluster_says_where_from() -> None:
    assert errors("static_resources: {clusters: [{name: a, type: EDS}]}") == [
        "static_resources.clusters[0]: cannot create an EDS cluster without an EDS config"
    ]


def test_subscriptions_need_a_node() -> None:
    text = "dynamic_resources: {lds_config: {path_config_source: {path: /x}}, ads_config: {api_type: GRPC}}"
    assert errors(text) == [
        f"dynamic_resources.lds_config: {NODE_REQUIRED}",
        f"dynamic_resources.ads_config: ads: {NODE_REQUIRED}",
    ]
    assert errors("node: {id: a, cluster: b}\n" + text) == []


def test_servers_of_configuration_are_static_clusters_and_not_eds() -> None:
    text = """
node: {id: a, cluster: b}
static_resources:
  clusters: [{name: xds}, {name: eds, type: EDS, eds_cluster_config: {service_name: x}}]
dynamic_resources:
  ads_config: {grpc_services: [{envoy_grpc: {cluster_name: xdss}}, {envoy_grpc: {cluster_name: xds}}]}
  cds_config: {api_config_source: {cluster_names: [eds]}}
"""
    assert sorted(error.partition(": ")[0] for error in errors(text)) == [
        "dynamic_resources.ads_config.grpc_services[0].envoy_grpc.cluster_name",
        "dynamic_resources.cds_config.api_config_source.cluster_names[0]",
    ]


def test_the_local_cluster_exists_and_runtime_layers_have_names_of_their_own() -> None:
    text = "{cluster_manager: {local_cluster_name: x}, layered_runtime: {layers: [{name: a}, {name: a}]}}"
    assert errors(text) == [
        "cluster_manager.local_cluster_name: local cluster 'x' must be defined",
        "layered_runtime.layers[1].name: Duplicate layer name: a",
    ]
