"""What runs in main runs in: clock, chance, runtime, log files; the same that a worker gives its listeners."""

from __future__ import annotations

import asyncio
from typing import Any

from portico.api.context import LocalInfo, ServerContext
from portico.api.upstream import Cluster, ClusterManager
from portico.ipc.random import BatchedRandom
from portico.ipc.runtime import RuntimeSnapshot
from portico.main.local_address import local_ip
from portico.main.options import Options
from portico.net.log_writer import LogWriter
from portico.net.timers import SlotClock
from portico.stats.store import StatsStore


class NoClusters(ClusterManager):
    """Main carries no traffic."""

    def get(self, name: str) -> Cluster | None:
        return None


class Surroundings:
    """``context`` is what factories get; runtime and log files also under their own types."""

    def __init__(self, options: Options, bootstrap: Any, loop: asyncio.AbstractEventLoop, store: StatsStore) -> None:
        node, process = bootstrap.node, options.process
        local_info = LocalInfo(node.id, node.cluster, node.locality.zone, local_ip(options.local_address_ip_version))
        self.clock = SlotClock(loop)
        self.random = BatchedRandom()
        self.runtime = RuntimeSnapshot()
        interval_s, min_bytes = process.file_flush_interval_ms / 1000, process.file_flush_min_kib * 1024
        self.logs = LogWriter(store, self.clock, interval_s, min_bytes)
        self.context = ServerContext(store, self.clock, self.random, self.runtime, NoClusters(), local_info)
        self.context.log_files = self.logs
        self.context.worker_name = "main_thread"
