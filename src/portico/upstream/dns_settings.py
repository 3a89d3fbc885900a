"""What to resolve for a cluster, and how often: settled values."""

from __future__ import annotations

from typing import Final

from portico.api.dns import LookupFamily, ResolverSettings

# Source: cluster.proto, dns_refresh_rate.
DEFAULT_REFRESH_S: Final = 5.0
# Source: cluster.proto, dns_failure_refresh_rate: without max_interval, ten times the base.
MAX_OVER_BASE: Final = 10

Place = tuple[int, int]  # of an endpoint in its assignment: index in endpoints, index in lb_endpoints


class DnsTarget:
    """One name to resolve: an endpoint of the assignment."""

    def __init__(self, place: Place, name: str, port: int) -> None:
        self.place = place
        self.name = name
        self.port = port

    def __repr__(self) -> str:
        return f"DnsTarget({self.name}:{self.port})"


class DnsSettings:
    """One cluster's discovery by DNS."""

    def __init__(self, cluster: str, is_logical: bool) -> None:
        self.cluster = cluster
        self.is_logical = is_logical  # one host, at the first address
        self.targets: list[DnsTarget] = []
        self.family = LookupFamily.AUTO
        self.refresh_s = DEFAULT_REFRESH_S
        self.min_refresh_s = 0.0  # a time to live below this is not honoured
        self.failure_base_s = 0.0  # 0.0 = after a failure the refresh rate goes on
        self.failure_max_s = 0.0
        self.jitter_s = 0.0
        self.respects_ttl = False
        self.resolver = ResolverSettings()
