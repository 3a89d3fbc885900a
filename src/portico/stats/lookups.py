"""/stats/recentlookups: which names were asked for by their text, a slow way that should not happen per request."""

from __future__ import annotations

from typing import Final

CAPACITY: Final = 100  # Source: envoy RecentLookups::setCapacity in AdminImpl.


class RecentLookups:
    """Counts always, remembers names only while enabled."""

    def __init__(self) -> None:
        self.is_enabled = False
        self.total = 0
        self.by_name: dict[str, int] = {}

    def record(self, name: str) -> None:
        self.total += 1
        if not self.is_enabled:
            return
        self.by_name[name] = self.by_name.pop(name, 0) + 1
        if len(self.by_name) > CAPACITY:
            del self.by_name[next(iter(self.by_name))]  # the one not asked for the longest

    def enable(self) -> None:
        self.is_enabled = True

    def disable(self) -> None:
        self.is_enabled = False
        self.by_name.clear()

    def clear(self) -> None:
        self.total = 0
        self.by_name.clear()

    def counted(self) -> list[tuple[int, str]]:
        """Fewest first, as Envoy lists them."""
        return sorted((count, name) for name, count in self.by_name.items())
