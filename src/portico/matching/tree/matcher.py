"""The tree itself: lists, exact and prefix maps, IP ranges, server names; each ends in an action or a nested tree."""

from __future__ import annotations

from typing import Any

from mypy_extensions import mypyc_attr

from portico.matching.cidr import CidrMap, parse_ip
from portico.matching.tree.data import MatchData, MatchInput
from portico.matching.tree.predicate import Predicate


@mypyc_attr(allow_interpreted_subclasses=True)
class Matcher:
    """One compiled ``Matcher``, generic over its actions: they are whatever the tree's owner builds, never None."""

    def find(self, data: MatchData) -> Any | None:
        """The action of the first match; None = no match, or undecided when ``data.is_incomplete`` is set."""
        raise NotImplementedError


class OnMatch:
    """An action or a nested tree. ``keep_matching``: found, but the search goes on as if it were not."""

    def __init__(self, action: Any | None, nested: Matcher | None, keep_matching: bool) -> None:
        self.action = action
        self.nested = nested
        self.keep_matching = keep_matching

    def resolve(self, data: MatchData) -> Any | None:
        found = self.action if self.nested is None else self.nested.find(data)
        return None if self.keep_matching else found


class MatcherList(Matcher):
    """The first field matcher whose predicate is met and whose tree decides."""

    def __init__(self, fields: list[tuple[Predicate, OnMatch]], on_no_match: OnMatch | None) -> None:
        self.fields = fields
        self.on_no_match = on_no_match

    def find(self, data: MatchData) -> Any | None:
        for predicate, on_match in self.fields:
            met = predicate.is_met(data)
            if data.is_incomplete:
                return None
            if met:
                found = on_match.resolve(data)
                if found is not None or data.is_incomplete:
                    return found
        return None if self.on_no_match is None else self.on_no_match.resolve(data)


@mypyc_attr(allow_interpreted_subclasses=True)
class TreeMatcher(Matcher):
    """What the maps share: one input, candidates from most to least specific, then ``on_no_match``."""

    def __init__(self, source: MatchInput, on_no_match: OnMatch | None) -> None:
        self.source = source
        self.on_no_match = on_no_match

    def candidates(self, value: bytes) -> list[OnMatch]:
        """Every entry that holds ``value``, most specific first."""
        raise NotImplementedError

    def find(self, data: MatchData) -> Any | None:
        value = self.source.value(data)
        if data.is_incomplete:
            return None
        if value is not None:
            for on_match in self.candidates(value):
                found = on_match.resolve(data)
                if found is not None or data.is_incomplete:
                    return found
        return None if self.on_no_match is None else self.on_no_match.resolve(data)


class ExactMap(TreeMatcher):
    """``exact_match_map``."""

    def __init__(self, source: MatchInput, entries: dict[bytes, OnMatch], on_no_match: OnMatch | None) -> None:
        super().__init__(source, on_no_match)
        self.entries = entries

    def candidates(self, value: bytes) -> list[OnMatch]:
        entry = self.entries.get(value)
        return [] if entry is None else [entry]


class PrefixMap(TreeMatcher):
    """``prefix_match_map``: the longest prefix first, shorter ones while nothing decided."""

    def __init__(self, source: MatchInput, entries: dict[bytes, OnMatch], on_no_match: OnMatch | None) -> None:
        super().__init__(source, on_no_match)
        self.entries = entries
        self.lengths = sorted({len(prefix) for prefix in entries}, reverse=True)

    def candidates(self, value: bytes) -> list[OnMatch]:
        found: list[OnMatch] = []
        for length in self.lengths:
            if length <= len(value):
                entry = self.entries.get(value[:length])
                if entry is not None:
                    found.append(entry)
        return found


class IpRange:
    """What an address in a range leads to. ``exclusive``: only where no narrower range holds the address."""

    def __init__(self, on_match: OnMatch, exclusive: bool) -> None:
        self.on_match = on_match
        self.exclusive = exclusive


class IpMap(TreeMatcher):
    """``xds.type.matcher.v3.IPMatcher``: the narrowest range first. A value that is no address matches none."""

    def __init__(self, source: MatchInput, ranges: CidrMap, on_no_match: OnMatch | None) -> None:
        super().__init__(source, on_no_match)
        self.ranges = ranges

    def candidates(self, value: bytes) -> list[OnMatch]:
        address = parse_ip(value.decode("latin-1"))
        found: list[OnMatch] = []
        if address is not None:
            for each in self.ranges.lookup(address):
                if not found or not each.exclusive:
                    found.append(each.on_match)
        return found


class ServerNameMap(TreeMatcher):
    """``xds.type.matcher.v3.ServerNameMatcher``: the name, then ``*.`` wildcards, longest first, then ``*``."""

    def __init__(self, source: MatchInput, entries: dict[bytes, OnMatch], on_no_match: OnMatch | None) -> None:
        super().__init__(source, on_no_match)
        self.entries = entries

    def candidates(self, value: bytes) -> list[OnMatch]:
        found: list[OnMatch] = []
        name = value.lower()
        self._add(found, name)
        dot = name.find(b".")
        while dot >= 0:
            self._add(found, b"*" + name[dot:])
            dot = name.find(b".", dot + 1)
        self._add(found, b"*")
        return found

    def _add(self, found: list[OnMatch], key: bytes) -> None:
        entry = self.entries.get(key)
        if entry is not None:
            found.append(entry)
