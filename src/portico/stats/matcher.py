"""Which stats exist at all: bootstrap's `stats_config.stats_matcher`, asked once per name, when it is created."""

from __future__ import annotations

from collections.abc import Callable

NamePredicate = Callable[[str], bool]


class StatsMatcher:
    """Rejects a name when one of ``patterns`` matches, or, for an inclusion list, when none does."""

    def __init__(self, patterns: list[NamePredicate], is_inclusion: bool) -> None:
        self.patterns = patterns
        self.is_inclusion = is_inclusion

    def rejects(self, name: str) -> bool:
        for matches in self.patterns:
            if matches(name):
                return not self.is_inclusion
        return self.is_inclusion


ACCEPT_ALL = StatsMatcher([], is_inclusion=False)
REJECT_ALL = StatsMatcher([], is_inclusion=True)
