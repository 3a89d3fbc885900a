from typing import Any

import pytest
import yaml
from google.protobuf import json_format

from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, ConfigErrors
from portico.config.protos import message_class, pool
from portico.listener.filter_chain import FilterChain
from portico.listener.match.chain_selection import ChainSelection
from portico.listener.match.criteria import SourceType
from portico.listener.match.from_proto import chain_tree, criteria, filter_predicate
from tests.listener.surroundings import Process, info

LISTENER = "envoy.config.listener.v3."


def message(name: str, text: str) -> Any:
    return json_format.ParseDict(yaml.safe_load(text), message_class(name)(), descriptor_pool=pool)


def test_every_criterion_is_read() -> None:
    text = """
    {destination_port: 443, prefix_ranges: [{address_prefix: 10.0.0.0, prefix_len: 8}],
     server_names: ["*.Example.com", API.com], transport_protocol: tls, application_protocols: [h2],
     direct_source_prefix_ranges: [{address_prefix: "fd00::", prefix_len: 8}], source_type: EXTERNAL,
     source_prefix_ranges: [{address_prefix: 11.0.0.0}], source_ports: [7]}
    """
    found = criteria(message(LISTENER + "FilterChainMatch", text), "main")
    assert found.destination_port == 443
    assert [each.key for each in found.destinations] == ["32:10/8"]
    assert found.server_names == [".example.com", "api.com"]
    assert (found.transport_protocol, found.application_protocols) == ("tls", ["h2"])
    assert [each.key for each in found.direct_sources] == ["128:253/8"]
    assert found.source_type is SourceType.EXTERNAL
    assert [each.key for each in found.sources] == ["32:0/0"]
    assert found.source_ports == [7]


@pytest.mark.parametrize("name", ["*", "*example.com", "a.*.com", "*.*.com"])
def test_partial_wildcards_are_refused(name: str) -> None:
    with pytest.raises(ConfigErrors) as caught:
        criteria(message(LISTENER + "FilterChainMatch", f"server_names: [ok.com, '{name}']"), "main")
    assert str(caught.value) == 'server_names[1]: partial wildcards are not supported in "server_names"'


def test_every_wrong_range_is_named() -> None:
    text = "{prefix_ranges: [{address_prefix: 1.2.3.x}], source_prefix_ranges: [{address_prefix: y}]}"
    with pytest.raises(ConfigErrors) as caught:
        criteria(message(LISTENER + "FilterChainMatch", text), "main")
    assert [error.field_path for error in caught.value.errors] == [
        "prefix_ranges[0].address_prefix",
        "source_prefix_ranges[0].address_prefix",
    ]


@pytest.mark.parametrize("text", ["address_suffix: 10.0.0.1", "suffix_len: 3"])
def test_what_envoy_never_implemented_is_refused_as_there(text: str) -> None:
    with pytest.raises(ConfigError, match="filter chain 'main' contains unimplemented fields"):
        criteria(message(LISTENER + "FilterChainMatch", text), "main")


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("any_match: true", True),
        ("destination_port_range: {start: 80, end: 81}", True),
        ("destination_port_range: {start: 81, end: 90}", False),
        ("not_match: {any_match: true}", False),
        ("and_match: {rules: [{any_match: true}, {destination_port_range: {start: 1, end: 2}}]}", False),
        ("or_match: {rules: [{any_match: true}, {destination_port_range: {start: 1, end: 2}}]}", True),
    ],
)
def test_filter_predicates(text: str, matches: bool) -> None:
    predicate = filter_predicate(message(LISTENER + "ListenerFilterChainMatchPredicate", text))
    assert predicate.matches(info(local="10.0.0.1:80")) is matches


def test_predicate_without_a_rule_is_located() -> None:
    with pytest.raises(ConfigErrors) as caught:
        filter_predicate(message(LISTENER + "ListenerFilterChainMatchPredicate", "and_match: {rules: [{}, {}]}"))
    assert [error.field_path for error in caught.value.errors] == ["and_match.rules[0].rule", "and_match.rules[1].rule"]


TREE = """
matcher_tree:
  input:
    name: port
    typed_config: {"@type": type.googleapis.com/envoy.extensions.matching.common_inputs.network.v3.DestinationPortInput}
  exact_match_map:
    map: {"80": {action: {name: a, typed_config: {"@type": type.googleapis.com/TYPE, value: VALUE}}}}
"""


def selection(value: str, kind: str = "google.protobuf.StringValue") -> ChainSelection:
    process = Process()
    context = FactoryContext(process.context, process.store)
    text = TREE.replace("TYPE", kind).replace("VALUE", value)
    made = ChainSelection(None, FilterChain("default", []))
    by_name = {"web": FilterChain("web", [])}
    made.tree = chain_tree(message("xds.type.matcher.v3.Matcher", text), by_name, context)
    return made


def test_tree_names_chains() -> None:
    chain = selection("web").choose(info(local="10.0.0.1:80"))
    other = selection("web").choose(info(local="10.0.0.1:81"))
    assert chain is not None
    assert other is not None
    assert (chain.name, other.name) == ("web", "default")


def test_tree_may_name_a_chain_that_is_not_there() -> None:
    assert selection("nowhere").choose(info(local="10.0.0.1:80")) is None


def test_tree_may_end_in_nothing_but_names() -> None:
    with pytest.raises(ConfigErrors) as caught:
        selection("7", "google.protobuf.Int64Value")
    assert "must be a google.protobuf.StringValue that names a filter chain" in str(caught.value)
