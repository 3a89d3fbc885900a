"""Yes or no about one value: exact, prefix, suffix, contains, regex, each with or without case."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.matching.regex import Regex


@mypyc_attr(allow_interpreted_subclasses=True)
class StringMatcher:
    """One compiled ``StringMatcher``. Open: extensions bring their own (``StringMatcher.custom``)."""

    def matches(self, value: bytes) -> bool:
        raise NotImplementedError


class ExactMatcher(StringMatcher):
    def __init__(self, expected: bytes) -> None:
        self.expected = expected

    def matches(self, value: bytes) -> bool:
        return value == self.expected


class PrefixMatcher(StringMatcher):
    def __init__(self, prefix: bytes) -> None:
        self.prefix = prefix

    def matches(self, value: bytes) -> bool:
        return value.startswith(self.prefix)


class SuffixMatcher(StringMatcher):
    def __init__(self, suffix: bytes) -> None:
        self.suffix = suffix

    def matches(self, value: bytes) -> bool:
        return value.endswith(self.suffix)


class ContainsMatcher(StringMatcher):
    def __init__(self, part: bytes) -> None:
        self.part = part

    def matches(self, value: bytes) -> bool:
        return self.part in value


class RegexMatcher(StringMatcher):
    def __init__(self, regex: Regex) -> None:
        self.regex = regex

    def matches(self, value: bytes) -> bool:
        return self.regex.full_match(value)


class IgnoreCaseMatcher(StringMatcher):
    """Lowers ASCII letters, as Envoy does, and asks a matcher whose pattern is lower case already."""

    def __init__(self, lower: StringMatcher) -> None:
        self.lower = lower

    def matches(self, value: bytes) -> bool:
        return self.lower.matches(value.lower())
