"""From the chains' criteria to the levels that choose among them."""

from __future__ import annotations

from itertools import product
from typing import Any, Final

from portico.listener.filter_chain import FilterChain
from portico.listener.match.chain_selection import AnyConnection, ChainMatcher
from portico.listener.match.criteria import (
    AddressOf,
    ApplicationProtocolLevel,
    Criteria,
    CriteriaMatcher,
    DestinationPortLevel,
    Found,
    IpLevel,
    Level,
    Range,
    ServerNameLevel,
    SourcePortLevel,
    SourceType,
    SourceTypeLevel,
    TransportProtocolLevel,
)
from portico.matching.cidr import CidrMap, IpNumber

OVERLAP: Final = "multiple filter chains with overlapping matching rules are defined"

# Any criterion left open, in the order of the levels.
_OPEN: Final[tuple[Any, ...]] = (0, "", "", "", "", "", SourceType.ANY, "", 0)
_ANY_V4: Final = Range(IpNumber(32, 0), 0)
_ANY_V6: Final = Range(IpNumber(128, 0), 0)


class CriteriaTree:
    """Collects chains; every combination of a chain's alternatives leads to it, and to no other."""

    def __init__(self) -> None:
        self._root: dict[Any, Any] = {}
        self._ranges: dict[str, Range] = {}

    def add(self, criteria: Criteria, chain: FilterChain) -> bool:
        """False: another chain claims one of the combinations."""
        for keys in product(*self._alternatives(criteria)):
            node = self._root
            for key in keys[:-1]:
                node = node.setdefault(key, {})
            if keys[-1] in node:
                return False
            node[keys[-1]] = chain
        return True

    def matcher(self) -> ChainMatcher | None:
        """None: there are no chains."""
        if not self._root:
            return None
        first = self._level(0, self._root)
        return AnyConnection(first.chain) if isinstance(first, Found) else CriteriaMatcher(first)

    def _alternatives(self, criteria: Criteria) -> list[list[Any]]:
        return [
            [criteria.destination_port],
            self._keys(criteria.destinations),
            criteria.server_names or [""],
            [criteria.transport_protocol],
            criteria.application_protocols or [""],
            self._keys(criteria.direct_sources),
            [criteria.source_type],
            self._keys(criteria.sources),
            list(criteria.source_ports) or [0],
        ]

    def _keys(self, ranges: list[Range]) -> list[str]:
        for each in ranges:
            self._ranges[each.key] = each
        return [each.key for each in ranges] or [""]

    def _level(self, depth: int, node: Any) -> Level:
        if depth == len(_OPEN):
            return Found(node)
        levels = {key: self._level(depth + 1, inner) for key, inner in node.items()}
        if list(levels) == [_OPEN[depth]]:
            return levels[_OPEN[depth]]  # every chain that comes here leaves it open
        match depth:
            case 0:
                return DestinationPortLevel(levels)
            case 1:
                return IpLevel(AddressOf.DESTINATION, self._by_prefix(levels))
            case 2:
                return ServerNameLevel(levels)
            case 3:
                return TransportProtocolLevel(levels)
            case 4:
                return ApplicationProtocolLevel(levels)
            case 5:
                return IpLevel(AddressOf.DIRECT_SOURCE, self._by_prefix(levels))
            case 6:
                return SourceTypeLevel(levels)
            case 7:
                return IpLevel(AddressOf.SOURCE, self._by_prefix(levels))
            case _:
                return SourcePortLevel(levels)

    def _by_prefix(self, levels: dict[str, Level]) -> CidrMap:
        by_prefix = CidrMap()
        for key, level in levels.items():
            for each in [self._ranges[key]] if key else [_ANY_V4, _ANY_V6]:
                by_prefix.add(each.prefix, each.length, level)
        return by_prefix
