"""Yes or no about one header of a block, however often it occurs."""

from __future__ import annotations

from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.headers import HeaderMap
from portico.matching.string import StringMatcher

_INT64_MAX: Final = (1 << 63) - 1
_INT64_MIN: Final = -(1 << 63)
_INT64_DIGITS: Final = 19
_BLANKS: Final = b" \t\r\n\v\f"


@mypyc_attr(allow_interpreted_subclasses=True)
class HeaderMatcher:
    """One compiled ``HeaderMatcher``."""

    def matches(self, headers: HeaderMap) -> bool:
        raise NotImplementedError


class HeaderPresence(HeaderMatcher):
    """``present_match``, or no specifier at all; ``invert_match`` is folded into ``wanted``."""

    def __init__(self, name: bytes, wanted: bool) -> None:
        self.name = name
        self.wanted = wanted

    def matches(self, headers: HeaderMap) -> bool:
        return headers.has(self.name) == self.wanted


class HeaderAlways(HeaderMatcher):
    """A presence matcher that treats a missing header as an empty one: its answer never depends on the request."""

    def __init__(self, answer: bool) -> None:
        self.answer = answer

    def matches(self, headers: HeaderMap) -> bool:
        return self.answer


class HeaderValue(HeaderMatcher):
    """A string matcher: one of the values has to match; inverted, none may.

    Values are looked at one by one, never joined (measured on Envoy 1.40). An absent header matches neither way
    unless it is treated as empty.
    """

    def __init__(self, name: bytes, matcher: StringMatcher, invert: bool, missing_is_empty: bool) -> None:
        self.name = name
        self.matcher = matcher
        self.invert = invert
        self.missing_is_empty = missing_is_empty

    def matches(self, headers: HeaderMap) -> bool:
        value = headers.get(self.name)
        if value is None:
            if not self.missing_is_empty:
                return False
            value = b""
        if self.matcher.matches(value):
            return not self.invert
        for each in headers.get_all(self.name):
            if self.matcher.matches(each):
                return not self.invert
        return self.invert


class IntegerRange(StringMatcher):
    """``range_match``: a decimal integer in [start, end)."""

    def __init__(self, start: int, end: int) -> None:
        self.start = start
        self.end = end

    def matches(self, value: bytes) -> bool:
        number = parse_int64(value)
        return number is not None and self.start <= number < self.end


class AnyValue(StringMatcher):
    """The deprecated ``exact_match: ""``, which asks for nothing but the header's presence."""

    def matches(self, value: bytes) -> bool:
        return True


def match_all(matchers: list[HeaderMatcher], headers: HeaderMap) -> bool:
    return all(matcher.matches(headers) for matcher in matchers)


def parse_int64(value: bytes) -> int | None:
    """What absl::SimpleAtoi reads: optional blanks and one sign around digits; None when it is not an int64."""
    text = value.strip(_BLANKS)
    digits = text[1:] if text[:1] in (b"+", b"-") else text
    # isdigit() of bytes knows ASCII only; leading zeros do not count.
    if not digits.isdigit() or len(digits.lstrip(b"0")) > _INT64_DIGITS:
        return None
    number = int(digits.lstrip(b"0") or b"0")
    if text[:1] == b"-":
        number = -number
    return number if _INT64_MIN <= number <= _INT64_MAX else None
