"""Query parameters as Envoy reads them: split at ``&``, the first of a name counts, nothing is decoded."""

from __future__ import annotations

from urllib.parse import unquote_to_bytes

from mypy_extensions import mypyc_attr

from portico.matching.string import StringMatcher


@mypyc_attr(allow_interpreted_subclasses=True)
class QueryMatcher:
    """One compiled ``QueryParameterMatcher``, asked about a whole query string."""

    def matches(self, query: bytes) -> bool:
        raise NotImplementedError


class QueryPresence(QueryMatcher):
    """``present_match``, or no specifier at all."""

    def __init__(self, name: bytes, wanted: bool) -> None:
        self.name = name
        self.wanted = wanted

    def matches(self, query: bytes) -> bool:
        return (query_parameter(query, self.name) is not None) == self.wanted


class QueryValue(QueryMatcher):
    """``string_match``; an absent parameter does not match."""

    def __init__(self, name: bytes, matcher: StringMatcher) -> None:
        self.name = name
        self.matcher = matcher

    def matches(self, query: bytes) -> bool:
        value = query_parameter(query, self.name)
        return value is not None and self.matcher.matches(value)


def query_of(path: bytes) -> bytes:
    """What follows the first ``?``; empty when there is none."""
    start = path.find(b"?")
    return b"" if start < 0 else path[start + 1 :]


def query_parameter(query: bytes, name: bytes) -> bytes | None:
    """The first value of ``name`` as it stands in the request; None when absent, empty for ``?name``."""
    for parameter in query.split(b"&"):
        key, _, value = parameter.partition(b"=")
        if key == name and parameter:
            return value
    return None


def decoded_query_parameter(query: bytes, name: bytes) -> bytes | None:
    """The same, with percent-escapes decoded in names and values, as matcher trees see it; ``+`` stays."""
    for parameter in query.split(b"&"):
        key, _, value = parameter.partition(b"=")
        if parameter and unquote_to_bytes(key) == name:
            return unquote_to_bytes(value)
    return None
