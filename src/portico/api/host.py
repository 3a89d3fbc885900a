"""One endpoint of a cluster, as this worker sees it."""

from __future__ import annotations

from enum import IntFlag
from typing import Any

from portico.api.address import Address


class HealthFlag(IntFlag):
    """Why a host is not plainly healthy; the printed names are in ``admin``'s ``/clusters``."""

    FAILED_ACTIVE_HC = 1
    FAILED_OUTLIER_CHECK = 2
    FAILED_EDS_HEALTH = 4
    DEGRADED_ACTIVE_HC = 8
    DEGRADED_EDS_HEALTH = 16
    PENDING_DYNAMIC_REMOVAL = 32
    PENDING_ACTIVE_HC = 64
    EXCLUDED_VIA_IMMEDIATE_HC_FAIL = 128
    ACTIVE_HC_TIMEOUT = 256
    EDS_STATUS_DRAINING = 512


class Locality:
    """Region, zone and sub-zone; "" where not known."""

    def __init__(self, region: str = "", zone: str = "", sub_zone: str = "") -> None:
        self.region = region
        self.zone = zone
        self.sub_zone = sub_zone

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Locality) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Locality({self.region}/{self.zone}/{self.sub_zone})"

    def _key(self) -> tuple[str, str, str]:
        return (self.region, self.zone, self.sub_zone)


class Host:
    """An endpoint as this worker sees it. Identity survives updates; fields change in place."""

    def __init__(
        self,
        address: Address,
        locality: Locality,
        weight: int,
        hostname: str = "",
        metadata: dict[str, Any] | None = None,
    ) -> None:
        self.address = address
        self.locality = locality
        self.weight = weight  # >= 1, as in EDS
        self.hostname = hostname  # "" when the configuration gave an address only
        self.metadata: dict[str, Any] = metadata if metadata is not None else {}
        self.priority = 0
        self.canary = False
        self.unhealthy = 0  # bit set of HealthFlag; 0 = healthy
        # Envoy's per-host stats, the names of /clusters.
        self.cx_active = 0
        self.cx_connect_fail = 0
        self.cx_total = 0
        self.rq_active = 0
        self.rq_error = 0
        self.rq_pending_active = 0
        self.rq_success = 0
        self.rq_timeout = 0
        self.rq_total = 0

    def __repr__(self) -> str:
        return f"Host({self.address.text})"
