"""What is configured, as /config_dump, /clusters and /listeners show it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from portico.admin.state import (
    CertificateStatus,
    CircuitBreakerLimits,
    ClusterStatus,
    ConfigEntry,
    ConfigKind,
    ConfigSource,
    HostStats,
    HostStatus,
    ListenerStatus,
)
from portico.api.address import Address, pipe
from portico.api.host import HealthFlag
from portico.config.json_mapping import Findings
from portico.config.message_walk import Visit, walk
from portico.config.unknown_fields import UnknownFields
from portico.ipc.messages import HostStatsReport, HostStatsRequest
from portico.main.endpoint_dump import endpoint_dump
from portico.main.listeners import Listeners
from portico.main.supervisor import Supervisor
from portico.upstream.cluster_status import ClusterStatus as WorkerClusterStatus
from portico.upstream.cluster_status import HostStatus as WorkerHostStatus
from portico.upstream.cluster_status import add_up, from_plain

ROUTES = "envoy.config.route.v3.RouteConfiguration"


class StaticConfig(ConfigSource):
    """The bootstrap's resources. The workers' hosts are asked for when somebody wants to see them."""

    def __init__(
        self,
        bootstrap: Any,
        loaded_at: float,
        supervisor: Supervisor,
        listeners: Listeners,
        discovered: Mapping[str, bytes],
    ) -> None:
        self._bootstrap = bootstrap
        self._loaded_at = loaded_at
        self._supervisor = supervisor
        self._listeners = listeners
        self._discovered = discovered  # assignments with resolved addresses, by cluster
        self.waiting: dict[str, list[str]] = {}

    def entries(self) -> list[ConfigEntry]:
        resources = self._bootstrap.static_resources
        found = [self._entry(ConfigKind.BOOTSTRAP, "", self._bootstrap)]
        for cluster in resources.clusters:
            found.append(self._entry(ConfigKind.CLUSTER, cluster.name, cluster))
            found.append(self._entry(ConfigKind.ENDPOINT, cluster.name, self._endpoints(cluster)))
        for listener in resources.listeners:
            found.append(self._entry(ConfigKind.LISTENER, listener.name, listener))
            found += [self._entry(ConfigKind.ROUTE, each.name, each) for each in inline_routes(listener)]
        return found

    def listeners(self) -> list[ListenerStatus]:
        return self._listeners.status()

    async def clusters(self) -> list[ClusterStatus]:
        answers = await self._supervisor.ask(HostStatsRequest)
        reports = [
            [from_plain(each) for each in answer.clusters] for answer in answers if isinstance(answer, HostStatsReport)
        ]
        if not reports:
            return []
        total = reports[0]
        for report in reports[1:]:
            add_up(total, report)
        return [shown(each) for each in sorted(total, key=lambda each: each.name)]  # Envoy: a hash map's order

    def version_of(self, kind: ConfigKind) -> str:
        return ""

    def unready_targets(self) -> dict[str, list[str]]:
        return self.waiting

    def certificates(self) -> list[CertificateStatus]:
        return []

    def _endpoints(self, cluster: Any) -> Any:
        resolved = self._discovered.get(cluster.name)
        assignment = cluster.load_assignment if resolved is None else type(cluster.load_assignment).FromString(resolved)
        return endpoint_dump(cluster.name, assignment, self._bootstrap.node.locality, resolved is not None)

    def _entry(self, kind: ConfigKind, name: str, message: Any) -> ConfigEntry:
        return ConfigEntry(kind, name, message.SerializeToString(deterministic=True), self._loaded_at)


def inline_routes(listener: Any) -> list[Any]:
    """Route configurations inside a listener's filters, whatever filter has them."""
    found: list[Any] = []

    def visit(each: Visit) -> None:
        if each.message.DESCRIPTOR.full_name == ROUTES:
            found.append(each.message)

    walk(listener, visit, Findings(), UnknownFields.IGNORE)
    return found


def shown(cluster: WorkerClusterStatus) -> ClusterStatus:
    """A cluster as workers tell it, as the admin interface shows it."""
    return ClusterStatus(
        name=cluster.name,
        observability_name=cluster.observability_name,
        hosts=tuple(shown_host(host) for host in cluster.hosts),
        added_via_api=cluster.added_via_api,
        default_limits=CircuitBreakerLimits(*cluster.default_limits),
        high_limits=CircuitBreakerLimits(*cluster.high_limits),
    )


def shown_host(host: WorkerHostStatus) -> HostStatus:
    region, zone, sub_zone = host.locality
    return HostStatus(
        address=address_of(host.address),
        stats=HostStats(*host.counters),
        hostname=host.hostname,
        health_flags=host.health_flags,
        eds_health=eds_health_of(host.health_flags),
        weight=host.weight,
        region=region,
        zone=zone,
        sub_zone=sub_zone,
        canary=host.canary,
        priority=host.priority,
    )


def address_of(text: str) -> Address:
    """Address.text, back again."""
    ip, colon, port = text.rpartition(":")
    if not colon or not port.isdigit() or text.startswith(("/", "@")):
        return pipe(text)
    return Address(ip.strip("[]"), int(port))


def eds_health_of(flags: int) -> str:
    if flags & HealthFlag.EDS_STATUS_DRAINING:
        return "DRAINING"
    if flags & HealthFlag.FAILED_EDS_HEALTH:
        return "UNHEALTHY"
    return "DEGRADED" if flags & HealthFlag.DEGRADED_EDS_HEALTH else "HEALTHY"
