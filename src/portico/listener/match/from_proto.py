"""FilterChainMatch, the filter chain matcher tree and ListenerFilterChainMatchPredicate into what answers them."""

from __future__ import annotations

from typing import Any, Final

from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.config.protos import unpack
from portico.listener.filter_chain import FilterChain
from portico.listener.match.chain_selection import NamedChain
from portico.listener.match.criteria import Criteria, Range, SourceType
from portico.listener.match.filter_predicate import (
    AllPredicate,
    AlwaysPredicate,
    AnyPredicate,
    FilterPredicate,
    NotPredicate,
    PortRangePredicate,
)
from portico.matching.from_proto import cidr_range
from portico.matching.tree.from_proto import TreeBuilder
from portico.matching.tree.matcher import Matcher

_CHAIN_NAME: Final = "google.protobuf.StringValue"

SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.listener.v3.FilterChainMatch": frozenset(
        {
            "destination_port",
            "prefix_ranges",
            "direct_source_prefix_ranges",
            "source_type",
            "source_prefix_ranges",
            "source_ports",
            "server_names",
            "transport_protocol",
            "application_protocols",
        }
    ),
    "envoy.config.listener.v3.ListenerFilterChainMatchPredicate": frozenset(
        {"or_match", "and_match", "not_match", "any_match", "destination_port_range"}
    ),
    "envoy.config.listener.v3.ListenerFilterChainMatchPredicate.MatchSet": frozenset({"rules"}),
    "envoy.config.core.v3.CidrRange": frozenset({"address_prefix", "prefix_len"}),
    _CHAIN_NAME: frozenset({"value"}),
}


def chain_tree(message: Any, by_name: dict[str, FilterChain], context: FactoryContext) -> Matcher:
    """A tree whose actions name chains. Raises ConfigErrors."""

    def action(config: Any) -> NamedChain:
        if config.DESCRIPTOR.full_name != _CHAIN_NAME:
            name = config.DESCRIPTOR.full_name
            raise ConfigError("", "", f"must be a {_CHAIN_NAME} that names a filter chain, got {name}")
        return NamedChain(by_name.get(config.value))

    return TreeBuilder(context, unpack, action).matcher(message)


def criteria(message: Any, chain_name: str) -> Criteria:
    """FilterChainMatch. Raises ConfigErrors."""
    if message.address_suffix or message.HasField("suffix_len"):
        raise ConfigError("", "", f"filter chain '{chain_name}' contains unimplemented fields")
    found = Criteria()
    problems = Problems()
    found.destination_port = message.destination_port.value
    found.destinations = ranges(message, "prefix_ranges", problems)
    found.direct_sources = ranges(message, "direct_source_prefix_ranges", problems)
    found.sources = ranges(message, "source_prefix_ranges", problems)
    for index, name in enumerate(message.server_names):
        with problems.at(f"server_names[{index}]"):
            found.server_names.append(server_name(name))
    found.transport_protocol = message.transport_protocol
    found.application_protocols = list(message.application_protocols)
    found.source_type = SourceType(message.source_type)
    found.source_ports = list(message.source_ports)
    problems.raise_if_any()
    return found


def ranges(message: Any, field: str, problems: Problems) -> list[Range]:
    found: list[Range] = []
    for index, each in enumerate(getattr(message, field)):
        with problems.at(f"{field}[{index}]"):
            found.append(Range(*cidr_range(each)))
    return found


def server_name(name: str) -> str:
    if "*" in name[1:] or (name.startswith("*") and not name.startswith("*.")) or name == "*":
        raise ConfigError("", "", 'partial wildcards are not supported in "server_names"')
    return name.removeprefix("*").lower()


def filter_predicate(message: Any) -> FilterPredicate:
    """ListenerFilterChainMatchPredicate."""
    kind = message.WhichOneof("rule")
    if kind == "any_match":
        return AlwaysPredicate()
    if kind == "destination_port_range":
        return PortRangePredicate(message.destination_port_range.start, message.destination_port_range.end)
    if kind == "not_match":
        with inside("not_match"):
            return NotPredicate(filter_predicate(message.not_match))
    if kind not in ("and_match", "or_match"):
        raise ConfigError(
            "", "rule", "is required: one of or_match, and_match, not_match, any_match, destination_port_range"
        )
    problems = Problems()
    parts: list[FilterPredicate] = []
    for index, each in enumerate(getattr(message, kind).rules):
        with problems.at(f"{kind}.rules[{index}]"):
            parts.append(filter_predicate(each))
    problems.raise_if_any()
    return AllPredicate(parts) if kind == "and_match" else AnyPredicate(parts)
