"""One route: what it matches, what it does, and everything above it that has a say."""

from __future__ import annotations

from typing import Any

from portico.api.access_log import LogEntry
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.stream_info import StreamInfo
from portico.router.action.action import Action
from portico.router.action.cluster_specifier import FixedCluster, RouteChoice
from portico.router.action.forward import ForwardAction
from portico.router.level import FilterConfigChain, FilterConfigs, Level
from portico.router.match.criteria import RuntimeCriterion
from portico.router.match.route_match import RouteMatch
from portico.router.virtual_cluster import RequestStats, VirtualCluster


class RouteDescription:
    """What a route says about itself, for logs, traces and stats."""

    def __init__(self, name: str = "", metadata: dict[str, Any] | None = None) -> None:
        self.name = name
        self.metadata: dict[str, Any] = metadata if metadata is not None else {}
        self.stat_prefix = ""
        # The smallest body in bytes that is too large to keep for a retry or a mirror; None = the listener's limit.
        self.request_body_buffer_limit: int | None = None


class Route:
    """A route a request was matched to. Shared by all requests; finished when its table is."""

    # The virtual host's word, copied here so that a request asks one object.
    include_request_attempt_count: bool = False
    include_attempt_count_in_response: bool = False

    def __init__(self, match: RouteMatch, action: Action, description: RouteDescription, level: Level) -> None:
        self.match = match
        self.action = action
        self.forward: ForwardAction | None = action if isinstance(action, ForwardAction) else None
        self.name = description.name
        self.metadata = description.metadata
        self.description = description
        self.level = level
        self.virtual_host_name = ""
        self.stats: RequestStats | None = None  # with a stat_prefix
        self.virtual_clusters: list[VirtualCluster] = []  # the virtual host's
        self._levels: list[Level] = [level]
        self._filter_chain = FilterConfigChain([level.filter_configs])
        self._request_order: list[Level] = []
        self._response_order: list[Level] = []
        self._has_request_work = False

    @property
    def per_filter_config(self) -> dict[str, Any]:
        """What this level alone says; ``most_specific`` asks all of them."""
        return self.level.filter_configs.configs

    def attach(self, levels_above: list[Level], most_specific_wins: bool) -> None:
        """Called once by the table: ``levels_above`` are the table's and the virtual host's, in this order.

        Mutations run from the most to the least specific level, so that the least specific wins a name that both
        overwrite, unless most_specific_header_mutations_wins turns them round.
        """
        self._levels = [*levels_above, self.level]
        self._filter_chain = FilterConfigChain([level.filter_configs for level in self._levels])
        order = self._levels if most_specific_wins else self._levels[::-1]
        self._request_order = [level for level in order if not level.request_mutations.is_empty()]
        self._response_order = [level for level in order if not level.response_mutations.is_empty()]
        forward = self.forward
        self._has_request_work = bool(self._request_order) or (
            forward is not None and (forward.path_rewrite is not None or forward.host_rewrite is not None)
        )

    def draws(self) -> bool:
        """Whether matching it, or its choice of a cluster, needs the request's random value."""
        forward = self.forward
        if forward is not None and not isinstance(forward.cluster, FixedCluster):
            return True
        return any([isinstance(criterion, RuntimeCriterion) for criterion in self.match.criteria])

    def is_charged(self) -> bool:
        return self.stats is not None or len(self.virtual_clusters) > 0

    def charged_stats(self, headers: RequestHeaders, info: StreamInfo) -> list[RequestStats]:
        """What a request is counted in besides its cluster: the route's own, and its virtual cluster's."""
        charged = [] if self.stats is None else [self.stats]
        for cluster in self.virtual_clusters:
            if cluster.matches(headers):
                info.virtual_cluster_name = cluster.name
                charged.append(cluster.stats)
                break
        return charged

    def per_filter_configs(self, filter_name: str, choice: RouteChoice | None = None) -> list[Any]:
        """typed_per_filter_config of a filter at every level that has one, the least specific first."""
        found = self._filter_chain.all_of(filter_name)
        extra = _weighted_configs(choice)
        if extra is not None and filter_name in extra.configs:
            found.append(extra.configs[filter_name])
        return found

    def most_specific(self, filter_name: str, choice: RouteChoice | None = None) -> Any:
        extra = _weighted_configs(choice)
        if extra is not None and filter_name in extra.configs:
            return extra.configs[filter_name]
        return self._filter_chain.most_specific(filter_name)

    def is_filter_disabled(self, filter_name: str, choice: RouteChoice | None = None) -> bool | None:
        """None = no level says anything, so the filter's own default holds."""
        extra = _weighted_configs(choice)
        if extra is not None and filter_name in extra.disabled:
            return extra.disabled[filter_name]
        return self._filter_chain.is_disabled(filter_name)

    def has_filter_configs(self, choice: RouteChoice | None = None) -> bool:
        extra = _weighted_configs(choice)
        return bool(self._filter_chain.levels) or (extra is not None and not extra.is_empty())

    def finalize_request_headers(
        self, headers: RequestHeaders, info: StreamInfo, choice: RouteChoice, insert_envoy_original: bool
    ) -> None:
        """Make the block the upstream gets.

        Order, measured on Envoy 1.40: the weighted cluster's mutations and its host, then route, virtual host and
        table mutations, then the route's host, then its path. So values formatted from :path see the client's path.
        ``insert_envoy_original``: add x-envoy-original-path and -host where they were rewritten.
        """
        weighted = choice.weighted
        if weighted is not None:
            if not weighted.request_mutations.is_empty():
                weighted.request_mutations.apply(headers, LogEntry(info, headers))
            if weighted.host_rewrite:
                headers.authority = weighted.host_rewrite
        if not self._has_request_work:
            return
        if self._request_order:
            entry = LogEntry(info, headers)
            for level in self._request_order:
                level.request_mutations.apply(headers, entry)
        if self.forward is not None:
            _rewrite(self.forward, headers, info, insert_envoy_original)

    def finalize_response_headers(
        self,
        headers: ResponseHeaders,
        request: RequestHeaders | None,
        info: StreamInfo,
        choice: RouteChoice | None = None,
    ) -> None:
        """Apply the response mutations of every level; ``request`` is what ``%REQ()%`` reads."""
        weighted = choice.weighted if choice is not None else None
        if weighted is not None and not weighted.response_mutations.is_empty():
            weighted.response_mutations.apply(headers, LogEntry(info, request, headers))
        if self._response_order:
            entry = LogEntry(info, request, headers)
            for level in self._response_order:
                level.response_mutations.apply(headers, entry)

    def __repr__(self) -> str:
        return f"Route({self.virtual_host_name}/{self.name or type(self.action).__name__})"


def _weighted_configs(choice: RouteChoice | None) -> FilterConfigs | None:
    return None if choice is None or choice.weighted is None else choice.weighted.filter_configs


def _rewrite(forward: ForwardAction, headers: RequestHeaders, info: StreamInfo, insert_envoy_original: bool) -> None:
    if forward.host_rewrite is not None:
        host = forward.host_rewrite.host(headers, info)
        if host:
            rewrite_host(headers, host, forward.append_x_forwarded_host, insert_envoy_original)
    if forward.path_rewrite is not None:
        path = forward.path_rewrite.rewrite(headers, info)
        if path:
            if insert_envoy_original:
                headers.set(b"x-envoy-original-path", headers.path)
            headers.path = path


def rewrite_host(headers: RequestHeaders, host: bytes, append_forwarded: bool, insert_envoy_original: bool) -> None:
    """Change the authority. auto_host_rewrite calls this with the chosen endpoint's name.

    x-forwarded-host gets the old one unless that is already its last element (blanks count).
    """
    old = headers.authority
    if old and insert_envoy_original:
        headers.set(b"x-envoy-original-host", old)
    if old and append_forwarded:
        present = headers.get(b"x-forwarded-host")
        elements = [element for element in present.split(b",") if element] if present else []
        if not elements or elements[-1] != old:
            headers.append(b"x-forwarded-host", old)
    headers.authority = host
