"""Which filter chain a connection gets."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.stream_info import ConnectionInfo
from portico.listener.filter_chain import FilterChain
from portico.matching.tree.data import MatchData
from portico.matching.tree.matcher import Matcher


@mypyc_attr(allow_interpreted_subclasses=True)
class ChainMatcher:
    """The chain whose criteria a connection meets."""

    def match(self, info: ConnectionInfo) -> FilterChain | None:
        raise NotImplementedError


class AnyConnection(ChainMatcher):
    """A single chain without criteria."""

    def __init__(self, chain: FilterChain) -> None:
        self._chain = chain

    def match(self, info: ConnectionInfo) -> FilterChain | None:
        return self._chain


class NamedChain:
    """Where a branch of a matcher tree ends. None: it names a chain that does not exist."""

    def __init__(self, chain: FilterChain | None) -> None:
        self.chain = chain


class ChainSelection:
    """``filter_chains`` under their criteria or a matcher tree, then ``default_filter_chain``."""

    def __init__(self, matcher: ChainMatcher | None = None, default: FilterChain | None = None) -> None:
        self.matcher = matcher
        self.default = default
        self.tree: Matcher | None = None  # takes the place of ``matcher``

    def choose(self, info: ConnectionInfo) -> FilterChain | None:
        """None = the connection is closed: nothing matches it."""
        if self.tree is not None:
            named: NamedChain | None = self.tree.find(MatchData(info))
            return self.default if named is None else named.chain
        found = self.matcher.match(info) if self.matcher is not None else None
        return found if found is not None else self.default
