"""Matchers over metadata: values as JSON has them, found by a path of keys."""

from __future__ import annotations

from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.matching.string import StringMatcher


class Missing:
    """Stands for "there is no such value", which is not the value null."""

    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = Missing()


@mypyc_attr(allow_interpreted_subclasses=True)
class ValueMatcher:
    """One compiled ``ValueMatcher``; values are None, bool, float, str, list, dict or MISSING."""

    def matches(self, value: Any) -> bool:
        raise NotImplementedError


class NullMatcher(ValueMatcher):
    def matches(self, value: Any) -> bool:
        return value is None


class BoolMatcher(ValueMatcher):
    def __init__(self, expected: bool) -> None:
        self.expected = expected

    def matches(self, value: Any) -> bool:
        return isinstance(value, bool) and value == self.expected


class PresentMatcher(ValueMatcher):
    """``present_match: false`` never matches, present or not (measured on Envoy 1.40)."""

    def __init__(self, expected: bool) -> None:
        self.expected = expected

    def matches(self, value: Any) -> bool:
        return self.expected and value is not MISSING


class DoubleRange(ValueMatcher):
    """A number in [start, end)."""

    def __init__(self, start: float, end: float) -> None:
        self.start = start
        self.end = end

    def matches(self, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and self.start <= value < self.end


class DoubleExact(ValueMatcher):
    def __init__(self, expected: float) -> None:
        self.expected = expected

    def matches(self, value: Any) -> bool:
        return isinstance(value, int | float) and not isinstance(value, bool) and value == self.expected


class TextMatcher(ValueMatcher):
    """``string_match`` of a string value."""

    def __init__(self, matcher: StringMatcher) -> None:
        self.matcher = matcher

    def matches(self, value: Any) -> bool:
        return isinstance(value, str) and self.matcher.matches(value.encode("utf-8", "surrogateescape"))


class ListMatcher(ValueMatcher):
    """At least one element of a list matches."""

    def __init__(self, one_of: ValueMatcher) -> None:
        self.one_of = one_of

    def matches(self, value: Any) -> bool:
        if not isinstance(value, list):
            return False
        return any(self.one_of.matches(element) for element in value)


class OrMatcher(ValueMatcher):
    def __init__(self, matchers: list[ValueMatcher]) -> None:
        self.matchers = matchers

    def matches(self, value: Any) -> bool:
        return any(matcher.matches(value) for matcher in self.matchers)


class MetadataMatcher:
    """One compiled ``MetadataMatcher``: filter namespace, path of keys, value."""

    def __init__(self, namespace: str, path: list[str], value: ValueMatcher, invert: bool) -> None:
        self.namespace = namespace
        self.path = path
        self.value = value
        self.invert = invert

    def matches(self, metadata: dict[str, Any] | None) -> bool:
        found = metadata_value(metadata, self.namespace, self.path)
        return self.value.matches(found) != self.invert


def metadata_value(metadata: dict[str, Any] | None, namespace: str, path: list[str]) -> Any:
    """The value at ``path`` inside the namespace's struct; MISSING when a key on the way is."""
    value: Any = MISSING if metadata is None else metadata.get(namespace, MISSING)
    for key in path:
        if not isinstance(value, dict):
            return MISSING
        value = value.get(key, MISSING)
    return value
