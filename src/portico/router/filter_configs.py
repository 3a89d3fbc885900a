"""What one configuration level says about HTTP filters: their own configuration there, and whether they run."""

from __future__ import annotations

from typing import Any


class FilterConfigs:
    """typed_per_filter_config of one level, by filter name."""

    def __init__(self) -> None:
        self.configs: dict[str, Any] = {}
        self.disabled: dict[str, bool] = {}  # only where a FilterConfig says so, either way

    def is_empty(self) -> bool:
        return not self.configs and not self.disabled


class FilterConfigChain:
    """The levels above a request, from the least to the most specific."""

    def __init__(self, levels: list[FilterConfigs]) -> None:
        self.levels = [level for level in levels if not level.is_empty()]

    def all_of(self, filter_name: str) -> list[Any]:
        """The configurations of a filter, the least specific first."""
        return [level.configs[filter_name] for level in self.levels if filter_name in level.configs]

    def most_specific(self, filter_name: str) -> Any:
        """None when no level has one."""
        for level in reversed(self.levels):
            if filter_name in level.configs:
                return level.configs[filter_name]
        return None

    def is_disabled(self, filter_name: str) -> bool | None:
        """What the most specific level with an opinion says; None when none has one."""
        for level in reversed(self.levels):
            if filter_name in level.disabled:
                return level.disabled[filter_name]
        return None
