"""Discovery by DNS, once for all workers: main asks, everyone hears the hosts."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from portico.ipc.messages import HostsUpdate
from portico.main.supervisor import Supervisor
from portico.upstream.dns_discovery import DnsDiscovery, DnsServices
from portico.upstream.resolution.from_proto import dns_discovery


class Discovery:
    """The clusters whose hosts come from DNS."""

    def __init__(self, services: DnsServices, supervisor: Supervisor) -> None:
        self._services = services
        self._supervisor = supervisor
        self._running: dict[str, DnsDiscovery] = {}
        self.waiting: set[str] = set()  # those without a first answer
        self.assignments: dict[str, bytes] = {}  # by cluster: its hosts as last heard
        self._all_known = asyncio.Event()

    def start(self, clusters: Iterable[Any]) -> None:
        for cluster in clusters:
            discovery = dns_discovery(cluster, self._services, self._on_assignment)
            if discovery is not None:
                self._running[cluster.name] = discovery
                self.waiting.add(cluster.name)
        for discovery in self._running.values():
            discovery.start()
        self._check()

    async def first_answers(self) -> None:
        """Until every cluster has an answer, be it a failure: the resolver's own timeouts bound the wait."""
        await self._all_known.wait()

    def stop(self) -> None:
        for discovery in self._running.values():
            discovery.stop()

    def _on_assignment(self, cluster: str, assignment: bytes) -> None:
        self.assignments[cluster] = assignment
        self._supervisor.tell(HostsUpdate(cluster, assignment))
        self.waiting.discard(cluster)
        self._check()

    def _check(self) -> None:
        if not self.waiting:
            self._all_known.set()
