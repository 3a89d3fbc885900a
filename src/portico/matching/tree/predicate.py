"""Predicates of a matcher list: one value, and, or, not."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.matching.string import StringMatcher
from portico.matching.tree.data import MatchData, MatchInput, ValuePredicate


@mypyc_attr(allow_interpreted_subclasses=True)
class Predicate:
    """Yes or no; while ``data.is_incomplete`` is set the answer means nothing."""

    def is_met(self, data: MatchData) -> bool:
        raise NotImplementedError


class SinglePredicate(Predicate):
    def __init__(self, source: MatchInput, accepted: ValuePredicate) -> None:
        self.source = source
        self.accepted = accepted

    def is_met(self, data: MatchData) -> bool:
        return self.accepted.accepts(self.source.value(data))


class AndPredicate(Predicate):
    def __init__(self, parts: list[Predicate]) -> None:
        self.parts = parts

    def is_met(self, data: MatchData) -> bool:
        return all(part.is_met(data) for part in self.parts)


class OrPredicate(Predicate):
    def __init__(self, parts: list[Predicate]) -> None:
        self.parts = parts

    def is_met(self, data: MatchData) -> bool:
        return any(part.is_met(data) for part in self.parts)


class NotPredicate(Predicate):
    def __init__(self, part: Predicate) -> None:
        self.part = part

    def is_met(self, data: MatchData) -> bool:
        return not self.part.is_met(data)


class TextPredicate(ValuePredicate):
    """``value_match``: an absent value does not match."""

    def __init__(self, matcher: StringMatcher) -> None:
        self.matcher = matcher

    def accepts(self, value: bytes | None) -> bool:
        return value is not None and self.matcher.matches(value)
