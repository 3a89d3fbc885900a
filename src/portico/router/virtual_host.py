"""Routes of a set of domains."""

from __future__ import annotations

from enum import Enum
from typing import Any

from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.matching.tree.data import MatchData
from portico.matching.tree.matcher import Matcher
from portico.router.action.redirect import TlsRedirectAction
from portico.router.level import Level
from portico.router.match.path import PrefixPath
from portico.router.match.route_match import RouteMatch
from portico.router.route import Route, RouteDescription
from portico.router.route_index import WORTH_AN_INDEX, RouteIndex
from portico.router.virtual_cluster import VirtualCluster


class TlsRequirement(Enum):
    """``VirtualHost.TlsRequirementType``, by number."""

    NONE = 0
    EXTERNAL_ONLY = 1
    ALL = 2


class VirtualHost:
    """A compiled ``VirtualHost``: routes in order, or a matcher tree whose actions are lists of routes."""

    include_request_attempt_count: bool = False
    include_attempt_count_in_response: bool = False
    include_is_timeout_retry_header: bool = False
    request_body_buffer_limit: int | None = None
    retry_policy: Any = None
    hedge_policy: Any = None

    def __init__(self, name: str, level: Level, require_tls: TlsRequirement = TlsRequirement.NONE) -> None:
        self.name = name
        self.level = level
        self.require_tls = require_tls
        self.domains: list[str] = []
        self.routes: list[Route] = []
        self._index: RouteIndex | None = None  # of a long list of routes
        self._asks_for_tls = require_tls is not TlsRequirement.NONE
        self.matcher: Matcher | None = None
        self.virtual_clusters: list[VirtualCluster] = []
        self.metadata: dict[str, Any] = {}
        self.rate_limits: list[Any] = []
        everything = RouteMatch(PrefixPath(b""), [])
        self.tls_redirect = Route(everything, TlsRedirectAction(), RouteDescription(), Level())
        self.tls_redirect.virtual_host_name = name

    def set_routes(self, routes: list[Route]) -> None:
        self.routes = routes
        self._index = RouteIndex(routes) if len(routes) >= WORTH_AN_INDEX else None

    def find(self, path: bytes, headers: RequestHeaders, info: StreamInfo, random_value: int) -> Route | None:
        """The route for a request; ``path`` is its path as matchers see it, without query."""
        if self._asks_for_tls and self._must_use_tls(headers):
            return self.tls_redirect
        routes = self.routes
        if self.matcher is not None:
            found = self.matcher.find(MatchData(info.connection, info, headers))
            if found is None:
                return None
            routes = found
        elif self._index is not None and path:
            routes = self._index.candidates(path)
        if not path:
            return _first_pathless(routes, headers, info, random_value)
        for route in routes:
            match = route.match
            if match.path.matches(path) and (not match.criteria or match.meets_criteria(headers, info, random_value)):
                return route
        return None

    def draws(self) -> bool:
        """Whether choosing among the routes, or among a route's clusters, is left to chance."""
        return self.matcher is not None or any([route.draws() for route in self.routes])

    def virtual_cluster(self, headers: RequestHeaders) -> VirtualCluster | None:
        """The first that matches; None when the host has none."""
        for cluster in self.virtual_clusters:
            if cluster.matches(headers):
                return cluster
        return None

    def _must_use_tls(self, headers: RequestHeaders) -> bool:
        if headers.get(b"x-forwarded-proto") == b"https":
            return False
        return self.require_tls is TlsRequirement.ALL or headers.get(b"x-envoy-internal") != b"true"

    def __repr__(self) -> str:
        return f"VirtualHost({self.name})"


def _first_pathless(routes: list[Route], headers: RequestHeaders, info: StreamInfo, random_value: int) -> Route | None:
    for route in routes:
        if route.match.takes_pathless and route.match.meets_criteria(headers, info, random_value):
            return route
    return None
