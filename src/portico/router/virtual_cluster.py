"""Virtual clusters: named groups of requests that get upstream stats of their own."""

from __future__ import annotations

from portico.api.headers import RequestHeaders
from portico.api.stats import StatsScope
from portico.matching.header import HeaderMatcher, match_all
from portico.stats.response_codes import ResponseCodeStats
from portico.stats.route_stats import RouteStats


class RequestStats(RouteStats):
    """``vhost.<name>.vcluster.<name>.`` or ``vhost.<name>.route.<prefix>.``, with its responses by status."""

    def __init__(self, scope: StatsScope) -> None:
        super().__init__(scope)
        self.codes = ResponseCodeStats(scope)


class VirtualCluster:
    """One entry; the catch-all has neither name nor matchers, and so takes every request that is left."""

    def __init__(self, name: str, matchers: list[HeaderMatcher], stats: RequestStats) -> None:
        self.name = name
        self.matchers = matchers
        self.stats = stats

    def matches(self, headers: RequestHeaders) -> bool:
        return match_all(self.matchers, headers)
