"""Matchers over filter state: objects that filters left on the stream or the connection."""

from __future__ import annotations

from typing import Any

from mypy_extensions import mypyc_attr

from portico.api.address import Address
from portico.api.stream_info import StreamInfo
from portico.matching.cidr import CidrSet
from portico.matching.string import StringMatcher


@mypyc_attr(allow_interpreted_subclasses=True)
class FilterStateMatcher:
    """One compiled ``FilterStateMatcher``; an absent object does not match."""

    def matches(self, info: StreamInfo) -> bool:
        raise NotImplementedError


class FilterStateText(FilterStateMatcher):
    """``string_match`` of the object's serialized form."""

    def __init__(self, key: str, matcher: StringMatcher) -> None:
        self.key = key
        self.matcher = matcher

    def matches(self, info: StreamInfo) -> bool:
        found = filter_state_object(info, self.key)
        return found is not None and self.matcher.matches(serialized(found))


class FilterStateAddress(FilterStateMatcher):
    """``address_match`` of an object that is an address; other objects do not match, inverted or not."""

    def __init__(self, key: str, ranges: CidrSet, invert: bool) -> None:
        self.key = key
        self.ranges = ranges
        self.invert = invert

    def matches(self, info: StreamInfo) -> bool:
        found = filter_state_object(info, self.key)
        if not isinstance(found, Address) or found.is_pipe:
            return False
        return self.ranges.contains(found.ip) != self.invert


def filter_state_object(info: StreamInfo, key: str) -> Any:
    """The stream's object, else its connection's; None when neither has one."""
    if info.filter_state is not None and key in info.filter_state:
        return info.filter_state[key]
    state = info.connection.filter_state
    return None if state is None else state.get(key)


def serialized(value: Any) -> bytes:
    """What ``%FILTER_STATE(key:PLAIN)%`` prints for an object."""
    if isinstance(value, bytes):
        return value
    if isinstance(value, Address):
        return value.wire
    return str(value).encode("utf-8", "surrogateescape")
