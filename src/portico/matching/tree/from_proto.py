"""xds.type.matcher.v3.Matcher into a compiled tree."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.registries import ANY_EXTENSION
from portico.matching.cidr import CidrMap
from portico.matching.from_proto import (
    cidr_range,
    cidr_set,
    runtime_fraction,
    string_matcher,
)
from portico.matching.tree import http_inputs, network_inputs
from portico.matching.tree.custom import ConsistentHashingPredicate, IpPredicate, RuntimeFractionPredicate
from portico.matching.tree.data import MatchInput, ValuePredicate
from portico.matching.tree.matcher import (
    ExactMap,
    IpMap,
    IpRange,
    Matcher,
    MatcherList,
    OnMatch,
    PrefixMap,
    ServerNameMap,
)
from portico.matching.tree.predicate import (
    AndPredicate,
    NotPredicate,
    OrPredicate,
    Predicate,
    SinglePredicate,
    TextPredicate,
)

_NETWORK = "envoy.extensions.matching.common_inputs.network.v3."
_HTTP = "envoy.type.matcher.v3."
_CUSTOM = "envoy.extensions.matching.input_matchers."

INPUTS: dict[str, Callable[[Any], MatchInput]] = {
    _HTTP + "HttpRequestHeaderMatchInput": lambda m: http_inputs.RequestHeaderInput(_name(m.header_name)),
    _HTTP + "HttpResponseHeaderMatchInput": lambda m: http_inputs.ResponseHeaderInput(_name(m.header_name)),
    _HTTP + "HttpRequestTrailerMatchInput": lambda m: http_inputs.RequestTrailerInput(_name(m.header_name)),
    _HTTP + "HttpResponseTrailerMatchInput": lambda m: http_inputs.ResponseTrailerInput(_name(m.header_name)),
    _HTTP + "HttpRequestQueryParamMatchInput": lambda m: http_inputs.QueryParameterInput(m.query_param.encode()),
    _HTTP + "HttpResponseStatusCodeMatchInput": lambda m: http_inputs.StatusInput(by_class=False),
    _HTTP + "HttpResponseStatusCodeClassMatchInput": lambda m: http_inputs.StatusInput(by_class=True),
    _NETWORK + "DynamicMetadataInput": lambda m: http_inputs.DynamicMetadataInput(m.filter, [s.key for s in m.path]),
    _NETWORK + "FilterStateInput": lambda m: http_inputs.FilterStateInput(m.key),
    _NETWORK + "DestinationIPInput": lambda m: network_inputs.DestinationIpInput(),
    _NETWORK + "DestinationPortInput": lambda m: network_inputs.DestinationPortInput(),
    _NETWORK + "SourceIPInput": lambda m: network_inputs.SourceIpInput(),
    _NETWORK + "SourcePortInput": lambda m: network_inputs.SourcePortInput(),
    _NETWORK + "DirectSourceIPInput": lambda m: network_inputs.DirectSourceIpInput(),
    _NETWORK + "SourceTypeInput": lambda m: network_inputs.SourceTypeInput(),
    _NETWORK + "ServerNameInput": lambda m: network_inputs.ServerNameInput(),
    _NETWORK + "TransportProtocolInput": lambda m: network_inputs.TransportProtocolInput(),
    _NETWORK + "ApplicationProtocolInput": lambda m: network_inputs.ApplicationProtocolInput(),
}


# envoy.type and xds.type hold plain data for the config package; these rows say that their inputs are read from an Any.
SUPPORTED: dict[str, frozenset[str]] = {
    **dict.fromkeys(INPUTS, frozenset({"*"})),
    _NETWORK + "FilterStateInput": frozenset({"key"}),
    _NETWORK + "DynamicMetadataInput.PathSegment": frozenset({"key"}),
    _CUSTOM + "ip.v3.Ip": frozenset({"cidr_ranges", "stat_prefix"}),
    _CUSTOM + "runtime_fraction.v3.RuntimeFraction": frozenset({"runtime_fraction", "seed"}),
    _CUSTOM + "consistent_hashing.v3.ConsistentHashing": frozenset({"threshold", "modulo", "seed"}),
    "xds.type.matcher.v3.IPMatcher": frozenset({"*"}),
    "xds.type.matcher.v3.ServerNameMatcher": frozenset({"*"}),
    "envoy.config.core.v3.CidrRange": frozenset({"*"}),
    "envoy.config.core.v3.RuntimeFractionalPercent": frozenset({"*"}),
}


def _name(header_name: str) -> bytes:
    name = header_name.lower().encode()
    return b":authority" if name == b"host" else name


class TreeRules:
    """What the owner of a tree lets it hold. Envoy refuses what would never match at that place."""

    def __init__(self, inputs: frozenset[str] | None = None, complaint: str = "", keeps: bool = True) -> None:
        self.inputs = inputs  # full names of the inputs that may be used; None = all
        self.complaint = complaint  # what is said before the type URL of another
        self.keeps = keeps  # keep_matching may be used


ANY_TREE = TreeRules()


class TreeBuilder:
    """Builds trees whose actions its owner makes.

    ``unpack`` turns an Any into its message; ``action`` turns the action's message into an object that is not None.
    """

    def __init__(
        self,
        context: FactoryContext,
        unpack: Callable[[Any], Any],
        action: Callable[[Any], Any],
        rules: TreeRules = ANY_TREE,
    ) -> None:
        self.rules = rules
        self.context = context
        self.unpack = unpack
        self.action = action

    def matcher(self, message: Any) -> Matcher:
        """Raises ConfigErrors with every complaint about the tree."""
        problems = Problems()
        on_no_match: OnMatch | None = None
        if message.HasField("on_no_match"):
            with problems.at("on_no_match"):
                on_no_match = self._on_match(message.on_no_match)
        kind = message.WhichOneof("matcher_type")
        if kind == "matcher_list":
            fields: list[tuple[Predicate, OnMatch]] = []
            for index, field in enumerate(message.matcher_list.matchers):
                with problems.at(f"matcher_list.matchers[{index}]"):
                    fields.append((self._at_predicate(field.predicate), self._at_on_match(field.on_match)))
            problems.raise_if_any()
            return MatcherList(fields, on_no_match)
        if kind == "matcher_tree":
            tree: Matcher | None = None
            with problems.at("matcher_tree"):
                tree = self._tree(message.matcher_tree, on_no_match)
            problems.raise_if_any()
            assert tree is not None
            return tree
        problems.raise_if_any()
        # A tree of nothing but on_no_match is legal: it always answers that.
        return MatcherList([], on_no_match)

    def _on_match(self, message: Any) -> OnMatch:
        kind = message.WhichOneof("on_match")
        if message.keep_matching and not self.rules.keeps:
            raise ConfigError("", "keep_matching", "keep_matching is not supported in this context")
        if kind == "matcher":
            with inside("matcher"):
                return OnMatch(None, self.matcher(message.matcher), message.keep_matching)
        if kind == "action":
            with inside("action.typed_config"):
                return OnMatch(self.action(self.unpack(message.action.typed_config)), None, message.keep_matching)
        raise ConfigError("", "on_match", "is required: one of matcher, action")

    def _at_on_match(self, message: Any) -> OnMatch:
        with inside("on_match"):
            return self._on_match(message)

    def _at_predicate(self, message: Any) -> Predicate:
        with inside("predicate"):
            return self._predicate(message)

    def _predicate(self, message: Any) -> Predicate:
        kind = message.WhichOneof("match_type")
        if kind == "single_predicate":
            with inside("single_predicate"):
                return self._single(message.single_predicate)
        if kind == "and_matcher":
            return AndPredicate(self._predicates("and_matcher", message.and_matcher.predicate))
        if kind == "or_matcher":
            return OrPredicate(self._predicates("or_matcher", message.or_matcher.predicate))
        if kind == "not_matcher":
            with inside("not_matcher"):
                return NotPredicate(self._predicate(message.not_matcher))
        raise ConfigError(
            "", "match_type", "is required: one of single_predicate, or_matcher, and_matcher, not_matcher"
        )

    def _predicates(self, field: str, messages: Any) -> list[Predicate]:
        problems = Problems()
        parts: list[Predicate] = []
        for index, message in enumerate(messages):
            with problems.at(f"{field}.predicate[{index}]"):
                parts.append(self._predicate(message))
        problems.raise_if_any()
        return parts

    def _single(self, message: Any) -> Predicate:
        source = self._input(message.input)
        kind = message.WhichOneof("matcher")
        if kind == "value_match":
            with inside("value_match"):
                return SinglePredicate(source, TextPredicate(string_matcher(message.value_match)))
        if kind == "custom_match":
            with inside("custom_match.typed_config"):
                return SinglePredicate(source, self._custom(self.unpack(message.custom_match.typed_config)))
        raise ConfigError("", "matcher", "is required: one of value_match, custom_match")

    def _input(self, message: Any) -> MatchInput:
        with inside("input.typed_config"):
            config = self.unpack(message.typed_config)
            type_name: str = config.DESCRIPTOR.full_name
            if self.rules.inputs is not None and type_name not in self.rules.inputs:
                raise ConfigError("", "", f"{self.rules.complaint} type.googleapis.com/{type_name}")
            if type_name in INPUTS:
                return INPUTS[type_name](config)
            made = ANY_EXTENSION.lookup(type_name).factory(config, self.context)
            if not isinstance(made, MatchInput):
                raise ConfigError("", "", f"{type_name!r} is not an input")
            return made

    def _custom(self, config: Any) -> ValuePredicate:
        type_name: str = config.DESCRIPTOR.full_name
        if type_name == _CUSTOM + "ip.v3.Ip":
            return IpPredicate(cidr_set(config.cidr_ranges, "cidr_ranges"))
        if type_name == _CUSTOM + "runtime_fraction.v3.RuntimeFraction":
            share = runtime_fraction(config.runtime_fraction, self.context.server.runtime)
            return RuntimeFractionPredicate(share, config.seed)
        if type_name == _CUSTOM + "metadata.v3.Metadata":
            # Its only input in Envoy hands over protobuf metadata, which no input of portico's does.
            raise ConfigError("", "", f"{type_name!r} is not supported; use a DynamicMetadataInput with value_match")
        if type_name == _CUSTOM + "consistent_hashing.v3.ConsistentHashing":
            return ConsistentHashingPredicate(config.threshold, config.modulo, config.seed)
        made = ANY_EXTENSION.lookup(type_name).factory(config, self.context)
        if not isinstance(made, ValuePredicate):
            raise ConfigError("", "", f"{type_name!r} is not an input matcher")
        return made

    def _tree(self, message: Any, on_no_match: OnMatch | None) -> Matcher:
        source = self._input(message.input)
        kind = message.WhichOneof("tree_type")
        if kind == "exact_match_map":
            return ExactMap(source, self._map(kind, message.exact_match_map), on_no_match)
        if kind == "prefix_match_map":
            return PrefixMap(source, self._map(kind, message.prefix_match_map), on_no_match)
        if kind == "custom_match":
            with inside("custom_match.typed_config"):
                return self._custom_tree(self.unpack(message.custom_match.typed_config), source, on_no_match)
        raise ConfigError("", "tree_type", "is required: one of exact_match_map, prefix_match_map, custom_match")

    def _map(self, field: str, message: Any) -> dict[bytes, OnMatch]:
        problems = Problems()
        entries: dict[bytes, OnMatch] = {}
        for key in sorted(message.map):
            with problems.at(f"{field}.map[{json.dumps(key, ensure_ascii=False)}]"):
                entries[key.encode()] = self._on_match(message.map[key])
        problems.raise_if_any()
        return entries

    def _custom_tree(self, config: Any, source: MatchInput, on_no_match: OnMatch | None) -> Matcher:
        type_name: str = config.DESCRIPTOR.full_name
        problems = Problems()
        if type_name == "xds.type.matcher.v3.IPMatcher":
            ranges = CidrMap()
            for index, entry in enumerate(config.range_matchers):
                with problems.at(f"range_matchers[{index}]"):
                    target = IpRange(self._at_on_match(entry.on_match), entry.exclusive)
                    for position, each in enumerate(entry.ranges):
                        with problems.at(f"range_matchers[{index}].ranges[{position}]"):
                            address, length = cidr_range(each)
                            ranges.add(address, length, target)
            problems.raise_if_any()
            return IpMap(source, ranges, on_no_match)
        if type_name == "xds.type.matcher.v3.ServerNameMatcher":
            names: dict[bytes, OnMatch] = {}
            for index, entry in enumerate(config.domain_matchers):
                with problems.at(f"domain_matchers[{index}]"):
                    on_match = self._at_on_match(entry.on_match)
                    for domain in entry.domains:
                        if names.setdefault(domain.lower().encode(), on_match) is not on_match:
                            raise ConfigError("", "domains", f"{domain!r} is in more than one domain matcher")
            problems.raise_if_any()
            return ServerNameMap(source, names, on_no_match)
        raise ConfigError(
            "",
            "",
            f"{type_name!r} is not supported as a tree; xds.type.matcher.v3.IPMatcher and "
            "xds.type.matcher.v3.ServerNameMatcher are",
        )
