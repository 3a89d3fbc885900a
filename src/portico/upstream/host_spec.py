"""What discovery says about one endpoint: plain values, from which hosts are made and updated."""

from __future__ import annotations

from typing import Any

from portico.api.address import Address
from portico.api.host import Locality


class HostSpec:
    """One endpoint of an assignment, its address resolved."""

    def __init__(self, address: Address, locality: Locality, priority: int = 0, weight: int = 1) -> None:
        self.address = address
        self.locality = locality
        self.priority = priority
        self.weight = weight
        self.additional_addresses: list[Address] = []
        self.hostname = ""
        self.metadata: dict[str, Any] = {}
        self.canary = False
        self.eds_health = 0  # the HealthFlag bits that EDS may set

    def __eq__(self, other: object) -> bool:
        return isinstance(other, HostSpec) and self._values() == other._values()

    def __repr__(self) -> str:
        return f"HostSpec({self.address.text})"

    def _values(self) -> tuple[Any, ...]:
        return (
            self.address, self.locality, self.priority, self.weight, self.additional_addresses, self.hostname,
            self.metadata, self.canary, self.eds_health,
        )  # fmt: skip


class Assignment:
    """All endpoints of a cluster, and how load is spread over them."""

    def __init__(self, hosts: list[HostSpec]) -> None:
        self.hosts = hosts
        self.locality_weights: dict[tuple[int, Locality], int] = {}  # by priority and locality; 0 or absent = no load
        self.overprovisioning_percent = 140  # Source: ClusterLoadAssignment.Policy.overprovisioning_factor
        self.is_weighted_priority_health = False
        self.drop_share = 0.0  # of all requests, answered without a host; 1.0 = every one
