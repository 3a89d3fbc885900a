"""Lists of ``HeaderMutation``: each is done when its turn comes, and sees what the ones before it did."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.access_log import LogEntry
from portico.api.headers import HeaderMap
from portico.matching.string import StringMatcher
from portico.router.mutation.header_mutation import HeaderMutations


@mypyc_attr(allow_interpreted_subclasses=True)
class HeaderMutation:
    """One step."""

    def apply(self, headers: HeaderMap, entry: LogEntry) -> None:
        raise NotImplementedError


class Append(HeaderMutation):
    """``append`` and ``remove``: one addition, or one removal."""

    def __init__(self, mutations: HeaderMutations) -> None:
        self.mutations = mutations

    def apply(self, headers: HeaderMap, entry: LogEntry) -> None:
        self.mutations.apply(headers, entry)


class RemoveOnMatch(HeaderMutation):
    """``remove_on_match``: every header whose name matches."""

    def __init__(self, name: StringMatcher) -> None:
        self.name = name

    def apply(self, headers: HeaderMap, entry: LogEntry) -> None:
        for name in headers.names():
            if self.name.matches(name):
                headers.remove(name)


def apply_all(mutations: list[HeaderMutation], headers: HeaderMap, entry: LogEntry) -> None:
    for mutation in mutations:
        mutation.apply(headers, entry)
