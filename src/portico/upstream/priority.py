"""All hosts of a cluster, by priority. A host that stays in the assignment stays the same object."""

from __future__ import annotations

from portico.api.address import Address
from portico.api.host import Host
from portico.upstream.host_set import EDS_FLAGS, HostSet
from portico.upstream.host_spec import Assignment, HostSpec

# Address and which of several endpoints with that address: a static assignment may repeat one.
HostKey = tuple[str, int]


class HostsChange:
    """What an update did to the membership."""

    def __init__(self) -> None:
        self.added: list[Host] = []
        self.removed: list[Host] = []
        self.moved: list[Host] = []  # logical hosts that have another address
        self.is_rebuild_needed = False  # a balancer's input changed: members, order, weights or health

    def __repr__(self) -> str:
        return f"HostsChange(+{len(self.added)} -{len(self.removed)})"


class PrioritySet:
    """Host sets from priority 0 on, without gaps: a priority nobody has is an empty set."""

    def __init__(self, is_logical: bool = False) -> None:
        # A logical host is a name: it stays the same host whatever its address is today.
        self.is_logical = is_logical
        self.host_sets: list[HostSet] = [HostSet(0)]
        self._hosts: dict[HostKey, Host] = {}

    def update(self, assignment: Assignment) -> HostsChange:
        """Make the assignment the membership."""
        change = HostsChange()
        before = [list(host_set.hosts) for host_set in self.host_sets]
        hosts: dict[HostKey, Host] = {}
        for spec in assignment.hosts:
            key = self._key(spec.address, hosts)
            host = self._hosts.get(key)
            if host is None:
                host = new_host(spec)
                change.added.append(host)
            else:
                if host.address != spec.address:
                    change.moved.append(host)
                change.is_rebuild_needed |= renew(host, spec)
            hosts[key] = host
        change.removed = [host for key, host in self._hosts.items() if key not in hosts]
        self._hosts = hosts
        change.is_rebuild_needed |= self._arrange(assignment)
        change.is_rebuild_needed |= before != [host_set.hosts for host_set in self.host_sets]
        return change

    def hosts(self) -> list[Host]:
        return list(self._hosts.values())

    def find(self, address: str) -> list[Host]:
        """Hosts whose address prints so; several only in an assignment that repeats it."""
        return [host for host in self._hosts.values() if host.address.text == address]

    def sort(self) -> None:
        """After health flags changed."""
        for host_set in self.host_sets:
            host_set.sort()

    def _key(self, address: Address, taken: dict[HostKey, Host]) -> HostKey:
        text = "" if self.is_logical else address.text
        repetition = 0
        while (text, repetition) in taken:
            repetition += 1
        return (text, repetition)

    def _arrange(self, assignment: Assignment) -> bool:
        """Sort the hosts into sets; whether what is not a host (weights, factors) changed."""
        top = max([host.priority for host in self._hosts.values()], default=0)
        top = max([top, *(priority for priority, _ in assignment.locality_weights)])
        sets = [HostSet(priority) for priority in range(top + 1)]
        for host in self._hosts.values():
            sets[host.priority].hosts.append(host)
        for (priority, locality), weight in assignment.locality_weights.items():
            sets[priority].locality_weights[locality] = weight
        is_changed = len(sets) != len(self.host_sets)
        for host_set in sets:
            host_set.overprovisioning_percent = assignment.overprovisioning_percent
            host_set.is_weighted_priority_health = assignment.is_weighted_priority_health
            host_set.sort()
        for old, new in zip(self.host_sets, sets, strict=False):
            is_changed |= settings(old) != settings(new)
        self.host_sets = sets
        return is_changed


def settings(host_set: HostSet) -> tuple[object, ...]:
    return (host_set.locality_weights, host_set.overprovisioning_percent, host_set.is_weighted_priority_health)


def new_host(spec: HostSpec) -> Host:
    host = Host(spec.address, spec.locality, spec.weight, spec.hostname, spec.metadata)
    host.priority = spec.priority
    host.canary = spec.canary
    host.unhealthy = spec.eds_health
    return host


def renew(host: Host, spec: HostSpec) -> bool:
    """Bring a host up to date in place; whether a balancer must know."""
    health = host.unhealthy & ~EDS_FLAGS | spec.eds_health
    is_changed = (
        host.weight != spec.weight
        or host.priority != spec.priority
        or host.unhealthy != health
        or host.locality != spec.locality
        or host.metadata != spec.metadata
    )
    host.address = spec.address
    host.weight = spec.weight
    host.priority = spec.priority
    host.unhealthy = health
    host.locality = spec.locality
    host.metadata = spec.metadata
    host.hostname = spec.hostname
    host.canary = spec.canary
    return is_changed
