"""``filter_disabled`` of a listener filter: which connections pass it by."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.stream_info import ConnectionInfo


@mypyc_attr(allow_interpreted_subclasses=True)
class FilterPredicate:
    """Yes or no about a connection whose filter chain is not chosen yet."""

    def matches(self, info: ConnectionInfo) -> bool:
        raise NotImplementedError


class AlwaysPredicate(FilterPredicate):
    def matches(self, info: ConnectionInfo) -> bool:
        return True


class PortRangePredicate(FilterPredicate):
    """The destination port is in [start, end)."""

    def __init__(self, start: int, end: int) -> None:
        self._start = start
        self._end = end

    def matches(self, info: ConnectionInfo) -> bool:
        return self._start <= info.local_address.port < self._end


class AllPredicate(FilterPredicate):
    def __init__(self, parts: list[FilterPredicate]) -> None:
        self._parts = parts

    def matches(self, info: ConnectionInfo) -> bool:
        return all(each.matches(info) for each in self._parts)


class AnyPredicate(FilterPredicate):
    def __init__(self, parts: list[FilterPredicate]) -> None:
        self._parts = parts

    def matches(self, info: ConnectionInfo) -> bool:
        return any(each.matches(info) for each in self._parts)


class NotPredicate(FilterPredicate):
    def __init__(self, part: FilterPredicate) -> None:
        self._part = part

    def matches(self, info: ConnectionInfo) -> bool:
        return not self._part.matches(info)
