"""Cookies of a request as Envoy reads them."""

from __future__ import annotations

from typing import Final

from portico.api.headers import HeaderMap
from portico.matching.string import StringMatcher

_QUOTE: Final = b'"'


class CookieMatcher:
    """One compiled ``CookieMatcher``; an absent cookie does not match, inverted it does."""

    def __init__(self, name: bytes, matcher: StringMatcher, invert: bool) -> None:
        self.name = name
        self.matcher = matcher
        self.invert = invert

    def matches(self, headers: HeaderMap) -> bool:
        value = cookie(headers, self.name)
        return (value is not None and self.matcher.matches(value)) != self.invert


def cookie(headers: HeaderMap, name: bytes) -> bytes | None:
    """The first cookie of that name over all ``cookie`` fields, without its quotes; None when absent.

    Blanks before a name are skipped, all others belong to it or to the value.
    Source: envoy source/common/http/utility.cc, forEachCookie.
    """
    for field in headers.get_all(b"cookie"):
        for pair in field.split(b";"):
            key, equals, value = pair.partition(b"=")
            if equals and key.lstrip(b" ") == name:
                if len(value) >= 2 and value.startswith(_QUOTE) and value.endswith(_QUOTE):
                    return value[1:-1]
                return value
    return None
