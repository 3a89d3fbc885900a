"""``Route.route``: send the request to a cluster."""

from __future__ import annotations

from typing import Any

from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.api.upstream import ResourcePriority
from portico.matching.fraction import RuntimeFraction
from portico.router.action.action import Action
from portico.router.action.cluster_specifier import ClusterSpecifier, RouteChoice
from portico.router.action.rewrite import HostRewrite, PathRewrite
from portico.router.mutation.ordered import HeaderMutation


class ShadowPolicy:
    """One request_mirror_policy."""

    def __init__(self, cluster: str, cluster_header: bytes, fraction: RuntimeFraction) -> None:
        self.cluster = cluster
        self.cluster_header = cluster_header  # used when ``cluster`` is ""
        self.fraction = fraction
        self.trace_sampled: bool | None = None  # None = as the mirrored request
        self.appends_host_suffix = True  # "-shadow"
        self.host_rewrite = b""
        self.mutations: list[HeaderMutation] = []

    def cluster_name(self, headers: RequestHeaders) -> str:
        """ "" when the header that should name the cluster is absent: nothing is mirrored."""
        if self.cluster:
            return self.cluster
        value = headers.get(self.cluster_header)
        return "" if value is None else value.decode("utf-8", "surrogateescape")


class UpgradeConfig:
    """One upgrade_config of a route; ``upgrade_type`` is lower case."""

    def __init__(self, upgrade_type: bytes, enabled: bool) -> None:
        self.upgrade_type = upgrade_type
        self.enabled = enabled
        self.terminates_connect = False  # connect_config is set
        self.allow_post = False


class ForwardAction(Action):
    """A compiled ``RouteAction``. Defaults stand in the class body; times are seconds."""

    timeout_s: float = 15.0  # 0.0 = no limit. Source: RouteAction.timeout default
    per_try_timeout_s: float = 0.0
    idle_timeout_s: float | None = None  # None = the connection manager's; 0.0 = none
    flush_timeout_s: float | None = None
    max_stream_duration_s: float | None = None  # None = the connection manager's
    grpc_timeout_header_max_s: float | None = None  # None = grpc-timeout is not looked at; 0.0 = no maximum
    grpc_timeout_header_offset_s: float = 0.0
    max_grpc_timeout_s: float | None = None  # deprecated pair, used when max_stream_duration is absent
    grpc_timeout_offset_s: float = 0.0

    priority: ResourcePriority = ResourcePriority.DEFAULT
    cluster_not_found_status: int = 503
    metadata_match: dict[str, Any] | None = None
    auto_host_rewrite: bool = False
    append_x_forwarded_host: bool = False
    path_rewrite: PathRewrite | None = None
    host_rewrite: HostRewrite | None = None

    retry_policy: Any = None
    hedge_policy: Any = None
    internal_redirect_policy: Any = None

    def __init__(self, cluster: ClusterSpecifier) -> None:
        self.cluster = cluster
        self.shadow_policies: list[ShadowPolicy] = []
        self.upgrade_configs: dict[bytes, UpgradeConfig] = {}
        self.hash_policy: list[Any] = []
        self.rate_limits: list[Any] = []

    def choose(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> RouteChoice:
        return self.cluster.choose(headers, info, random_value)

    def metadata_match_for(self, choice: RouteChoice) -> dict[str, Any] | None:
        """The weighted cluster's criteria, which hold the route's, else the route's."""
        if choice.weighted is not None and choice.weighted.metadata_match is not None:
            return choice.weighted.metadata_match
        return self.metadata_match
