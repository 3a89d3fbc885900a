"""The hosts of one priority, sorted by health and by locality."""

from __future__ import annotations

from typing import Final

from portico.api.host import HealthFlag, Host, Locality

# Source: envoy source/common/upstream/upstream_impl.h, HostImpl::coarseHealth.
UNHEALTHY: Final = int(
    HealthFlag.FAILED_ACTIVE_HC
    | HealthFlag.FAILED_OUTLIER_CHECK
    | HealthFlag.FAILED_EDS_HEALTH
    | HealthFlag.EDS_STATUS_DRAINING
)
DEGRADED: Final = int(HealthFlag.DEGRADED_ACTIVE_HC | HealthFlag.DEGRADED_EDS_HEALTH)
# Hosts that say nothing about how well a priority fares: one not checked yet, one that asked to be left out, one that
# its discovery is taking away.
EXCLUDED: Final = int(
    HealthFlag.EXCLUDED_VIA_IMMEDIATE_HC_FAIL | HealthFlag.PENDING_ACTIVE_HC | HealthFlag.EDS_STATUS_DRAINING
)
EDS_FLAGS: Final = int(HealthFlag.FAILED_EDS_HEALTH | HealthFlag.DEGRADED_EDS_HEALTH | HealthFlag.EDS_STATUS_DRAINING)


class HostSet:
    """Lists of one priority. ``sort`` brings them up to date after a health flag or the membership changed."""

    def __init__(self, priority: int) -> None:
        self.priority = priority
        self.hosts: list[Host] = []
        self.healthy: list[Host] = []
        self.degraded: list[Host] = []
        self.excluded: list[Host] = []
        self.locality_weights: dict[Locality, int] = {}
        self.overprovisioning_percent = 140
        self.is_weighted_priority_health = False

    def sort(self) -> None:
        self.healthy = [host for host in self.hosts if not host.unhealthy & (UNHEALTHY | DEGRADED)]
        self.degraded = [host for host in self.hosts if is_degraded(host)]
        self.excluded = [host for host in self.hosts if host.unhealthy & EXCLUDED]

    def localities(self) -> list[Locality]:
        """In the order they first appear among the hosts."""
        return list(dict.fromkeys(host.locality for host in self.hosts))

    def __repr__(self) -> str:
        return f"HostSet({self.priority}: {len(self.healthy)} of {len(self.hosts)} healthy)"


def is_degraded(host: Host) -> bool:
    return not host.unhealthy & UNHEALTHY and host.unhealthy & DEGRADED != 0
