"""A compiled ``RouteConfiguration``: authority to virtual host, path to route."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.router.action.redirect import port_start
from portico.router.domains import DomainTable
from portico.router.level import Level
from portico.router.route import Route
from portico.router.virtual_host import VirtualHost


class ClusterReference:
    """A cluster that a table names: where, and in which of Envoy's words it is missed."""

    def __init__(self, field_path: str, cluster: str, what: str) -> None:
        self.field_path = field_path
        self.cluster = cluster
        self.what = what  # "cluster", "shadow cluster" or "weighted cluster"


class RouteTable:
    """Routes requests. Immutable once built; a new version is a new table."""

    def __init__(self, name: str, level: Level) -> None:
        self.name = name
        self.level = level
        self.domains = DomainTable()
        self.virtual_hosts: list[VirtualHost] = []
        self.ignore_port_in_host_matching = False
        self.ignore_path_parameters = False
        self.vhost_header = b""  # b"" = :authority chooses the virtual host
        self.validate_clusters: bool | None = None  # None = yes when static, no when from RDS
        self.cluster_references: list[ClusterReference] = []
        self.internal_only_headers: list[bytes] = []
        self.metadata: dict[str, Any] = {}

    def route(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> Route | None:
        """None = no virtual host or no route: 404, NR, route_not_found.

        ``random_value``: 0 … 2^64-1, the same at every call for one request, so that fractions hold still.
        """
        domains = self.domains
        host = domains.default if domains.only_default else self.virtual_host(headers)
        if host is None:
            return None
        path = headers.path
        if b"?" in path:
            path = path[: path.find(b"?")]
        if b"#" in path:
            path = path[: path.find(b"#")]
        if self.ignore_path_parameters and b";" in path:
            path = path[: path.find(b";")]
        return host.find(path, headers, info, random_value)

    def virtual_host(self, headers: RequestHeaders) -> VirtualHost | None:
        domains = self.domains
        if domains.only_default:
            return domains.default
        authority = headers.get(self.vhost_header) if self.vhost_header else headers.authority
        if authority is None:
            return None
        if self.ignore_port_in_host_matching:
            start = port_start(authority)
            if start >= 0:
                authority = authority[:start]
        return domains.find(authority)

    def check_clusters(self, exists: Callable[[str], bool]) -> None:
        """Raises ConfigErrors naming every reference to a cluster that does not exist."""
        missing = [
            ConfigError(
                f"route configuration {self.name!r}", each.field_path, f"route: unknown {each.what} {each.cluster!r}"
            )
            for each in self.cluster_references
            if not exists(each.cluster)
        ]
        if missing:
            raise ConfigErrors(missing)

    def __repr__(self) -> str:
        return f"RouteTable({self.name})"
