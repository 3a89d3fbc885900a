"""Which filter chain a connection gets."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.stream_info import ConnectionInfo
from portico.listener.filter_chain import FilterChain


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


class ChainSelection:
    """``filter_chains`` under their criteria, then ``default_filter_chain``."""

    def __init__(self, matcher: ChainMatcher | None = None, default: FilterChain | None = None) -> None:
        self.matcher = matcher
        self.default = default

    def choose(self, info: ConnectionInfo) -> FilterChain | None:
        """None = the connection is closed: nothing matches it."""
        found = self.matcher.match(info) if self.matcher is not None else None
        return found if found is not None else self.default
