"""What every configuration level may carry: table, virtual host, route; weighted clusters do as well."""

from __future__ import annotations

from typing import Any

from portico.api.inline_headers import REQUEST, RESPONSE
from portico.router.mutation.header_mutation import HeaderMutations


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


class Level:
    """Header mutations and filter configurations of one level."""

    def __init__(self) -> None:
        self.request_mutations: HeaderMutations = HeaderMutations([], [], REQUEST)
        self.response_mutations: HeaderMutations = HeaderMutations([], [], RESPONSE)
        self.filter_configs: FilterConfigs = FilterConfigs()
