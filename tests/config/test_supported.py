"""What a configuration uses beyond what is implemented."""

from __future__ import annotations

from typing import Any

import pytest

from portico.config.json_mapping import Findings, parse_message
from portico.config.supported import ALL, Rows, SupportTable, Unimplemented, find_unimplemented
from portico.config.unknown_fields import UnknownFields
from portico.config.yaml_reader import read_yaml

CLUSTER = "envoy.config.cluster.v3.Cluster"
LISTENER = "envoy.config.listener.v3.Listener"
ECHO = "envoy.extensions.filters.network.echo.v3.Echo"
CHAIN: Rows = {
    LISTENER: frozenset({"filter_chains"}),
    "envoy.config.listener.v3.FilterChain": frozenset({"filters"}),
    "envoy.config.listener.v3.Filter": ALL,
}


def search(text: str, full_name: str, table: SupportTable) -> list[Unimplemented]:
    findings = Findings()
    message: Any = parse_message(read_yaml(text, "f").root, full_name, UnknownFields.REJECT, findings)
    assert findings.errors == []
    return find_unimplemented(message, table)


def test_a_field_in_no_row_is_named_and_not_entered() -> None:
    found = search("{name: c, health_checks: [{timeout: 1s}]}", CLUSTER, SupportTable([{CLUSTER: frozenset({"name"})}]))
    assert [(each.path, each.is_error) for each in found] == [("health_checks", False)]
    assert found[0].text == f"'health_checks' of {CLUSTER} is not implemented and is ignored"


def test_a_message_without_a_row_has_no_implemented_field() -> None:
    found = search("{health_checks: [{timeout: 1s}]}", CLUSTER, SupportTable([{CLUSTER: ALL}]))
    assert [each.path for each in found] == ["health_checks[0].timeout"]


def test_rows_of_one_message_add_up() -> None:
    table = SupportTable([{CLUSTER: frozenset({"name"})}, {CLUSTER: frozenset({"type"})}])
    assert search("{name: c, type: EDS}", CLUSTER, table) == []


def test_pure_data_needs_no_row() -> None:
    table = SupportTable([{CLUSTER: ALL, "envoy.config.core.v3.Metadata": ALL}])
    text = "{connect_timeout: 1s, metadata: {filter_metadata: {a: {b: 1}}}, lb_subset_config: {default_subset: {a: b}}}"
    found = search(text, CLUSTER, table)
    assert [each.path for each in found] == ["lb_subset_config.default_subset"]


def test_a_row_may_be_stricter_than_pure_data() -> None:
    table = SupportTable([{"envoy.type.matcher.v3.StringMatcher": frozenset({"exact"})}])
    found = search("{custom: {name: a}}", "envoy.type.matcher.v3.StringMatcher", table)
    assert [each.path for each in found] == ["custom"]


@pytest.mark.parametrize(
    ("text", "full_name", "path"),
    [
        ("{transport_socket: {name: tls}}", CLUSTER, "transport_socket"),
        ("{require_tls: ALL}", "envoy.config.route.v3.VirtualHost", "require_tls"),
        ("{tls_context: {presented: true}}", "envoy.config.route.v3.RouteMatch", "tls_context"),
    ],
)
def test_what_weakens_security_is_an_error(text: str, full_name: str, path: str) -> None:
    (found,) = search(text, full_name, SupportTable([]))
    assert (found.path, found.is_error) == (path, True)
    assert found.text.endswith("is not implemented, and ignoring it would weaken security")


CHAIN_TEXT = """
filter_chains:
- filters:
  - name: envoy.filters.network.echo
    typed_config: {'@type': type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}
"""


def test_an_extension_that_nobody_claims_is_an_error() -> None:
    (found,) = search(CHAIN_TEXT, LISTENER, SupportTable([CHAIN]))
    assert (found.path, found.is_error) == ("filter_chains[0].filters[0].typed_config", True)
    assert found.text == (
        f"Didn't find a registered implementation for 'envoy.filters.network.echo' with type URL: {ECHO!r}"
        "; Envoy has it, portico does not implement it"
    )


def test_an_extension_is_asked_for_once_and_brings_its_rows() -> None:
    asked: list[str] = []

    def rows_of(name: str) -> Rows | None:
        asked.append(name)
        return {} if name == ECHO else None

    table = SupportTable([CHAIN], rows_of)
    assert search(CHAIN_TEXT, LISTENER, table) == []
    assert search(CHAIN_TEXT, LISTENER, table) == []
    assert asked == [ECHO]


def test_a_v2_extension_is_answered_with_its_v3_name() -> None:
    name = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
    v2 = "envoy.config.filter.network.tcp_proxy.v2.TcpProxy"
    text = CHAIN_TEXT.replace(ECHO, v2)
    (found,) = search(text, LISTENER, SupportTable([CHAIN, {name: ALL}]))
    assert found.text.endswith(f"with type URL: {v2!r}; did you mean {name!r}?")


def test_fields_inside_an_extension_are_named_with_their_path() -> None:
    name = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
    table = SupportTable([CHAIN], lambda asked: {name: frozenset({"cluster"})} if asked == name else None)
    text = """
filter_chains:
- filters:
  - name: t
    typed_config:
      '@type': type.googleapis.com/xds.type.v3.TypedStruct
      type_url: type.googleapis.com/envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy
      value: {cluster: c, stat_prefix: s}
"""
    assert [each.path for each in search(text, LISTENER, table)] == [
        "filter_chains[0].filters[0].typed_config.value.stat_prefix"
    ]


def test_an_optional_extension_may_be_unknown() -> None:
    text = "{name: a, is_optional: true, typed_config: {'@type': type.googleapis.com/envoy.config.core.v3.Locality}}"
    name = "envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter"
    (found,) = search(text, name, SupportTable([{name: ALL}]))
    assert not found.is_error


def test_a_name_alone_selects_nothing() -> None:
    (found,) = search("{name: envoy.filters.network.echo}", "envoy.config.listener.v3.Filter", SupportTable([CHAIN]))
    assert found.text == (
        "Didn't find a registered implementation for 'envoy.filters.network.echo' with type URL: ''; set 'typed_config'"
    )


def test_a_config_that_has_no_name_is_not_asked_for_one() -> None:
    name = "envoy.extensions.filters.network.http_connection_manager.v3.RequestIDExtension"
    assert search("{}", name, SupportTable([{name: ALL}])) == []


def test_an_empty_filter_config_only_enables_its_filter() -> None:
    name = "envoy.config.route.v3.FilterConfig"
    assert search("{config: {}}", name, SupportTable([{name: ALL}])) == []


def test_data_in_an_any_needs_no_extension() -> None:
    text = "{typed_filter_metadata: {a: {'@type': type.googleapis.com/envoy.config.core.v3.Locality, zone: z}}}"
    name = "envoy.config.core.v3.Metadata"
    assert search(text, name, SupportTable([{name: ALL}])) == []
