"""The proxy as an application: listeners and clusters built from messages, their stats, their logs."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import Sequence
from typing import Any, Final

from portico.api.address import Address
from portico.api.context import LocalInfo, ServerContext
from portico.api.log import logger
from portico.api.shared import SharedCells
from portico.config.protos import message_class
from portico.ipc.messages import DrainChange, ListenerUpdate, Welcome
from portico.ipc.random import BatchedRandom
from portico.ipc.runtime import RuntimeSnapshot
from portico.listener import from_proto as listener_from_proto
from portico.listener.listener import Listener
from portico.net.accept import AcceptServices
from portico.net.connect import LoopConnector
from portico.net.log_writer import LogWriter
from portico.net.timers import SlotClock
from portico.stats import from_proto as stats_from_proto
from portico.stats.process_stats import WatchdogStats
from portico.stats.store import StatsStore
from portico.upstream.cluster_manager import WorkerClusterManager
from portico.upstream.endpoints import from_proto as endpoints_from_proto
from portico.upstream.from_proto import parse_cluster
from portico.worker.application import Application
from portico.worker.drain import ProcessDrain

LOG: Final = logger("config", __name__)

LISTENER: Final = "envoy.config.listener.v3.Listener"
STATS_CONFIG: Final = "envoy.config.metrics.v3.StatsConfig"


class ProxyApplication(Application):
    """Everything of one worker. Listeners accept from ``start`` on: no request meets half a configuration."""

    def __init__(self, welcome: Welcome, cells: SharedCells, loop: asyncio.AbstractEventLoop) -> None:
        message = message_class(STATS_CONFIG).FromString(welcome.stats_config)
        self._store = StatsStore(stats_from_proto.stats_config(message).matcher)
        self._clock = SlotClock(loop)
        next_id = itertools.count(1).__next__
        self._accept = AcceptServices(loop, self._clock, next_id)
        self._clusters = WorkerClusterManager(LoopConnector(loop, self._clock, next_id))
        self._runtime = RuntimeSnapshot()
        interval_ms, min_kib = welcome.flush
        self._logs = LogWriter(self._store, self._clock, interval_ms / 1000, min_kib * 1024)
        node_id, cluster, zone, ip = welcome.node
        self._context = ServerContext(
            self._store,
            self._clock,
            BatchedRandom(),
            self._runtime,
            self._clusters,
            LocalInfo(node_id, cluster, zone, ip),
        )
        self._context.cells = cells
        self._context.log_files = self._logs
        self._context.worker_name = f"worker_{welcome.index}"
        random = self._context.random
        self._drain = self._context.drain = ProcessDrain(self._clock, random, *welcome.drain)
        self._clusters.attach(self._context)
        server = self._store.scope("server").scope(self._context.worker_name)
        self._watchdogs = (WatchdogStats(self._store.scope("workers")), WatchdogStats(server))
        thread = self._store.scope("thread_local_cluster_manager").scope(self._context.worker_name)
        self._inflated = thread.gauge("clusters_inflated")
        self._listeners: dict[str, Listener] = {}
        self._draining: set[Listener] = set()
        self._waiting: list[tuple[Listener, Sequence[socket.socket]]] = []
        self._is_started = False

    def update_cluster(self, name: str, cluster: bytes) -> None:
        self._clusters.add_or_update(parse_cluster(cluster))
        self._count_clusters()

    def remove_cluster(self, name: str) -> None:
        self._clusters.remove(name)
        self._count_clusters()

    def update_hosts(self, cluster: str, assignment: bytes) -> None:
        self._clusters.update_hosts(cluster, endpoints_from_proto.parse_assignment(assignment))

    def set_health(self, cluster: str, address: str, flags: int) -> None:
        self._clusters.set_health(cluster, address, flags)

    def update_listener(self, update: ListenerUpdate, sockets: Sequence[socket.socket]) -> None:
        message = message_class(LISTENER).FromString(update.listener)
        try:
            listener = listener_from_proto.listener(message, self._context)
        except BaseException:  # whatever went wrong, the sockets are ours to close
            for each in sockets:
                each.close()
            raise
        listener.config.addresses = [Address(*each) for each in update.addresses]
        before = self._listeners.get(listener.name)
        self._listeners[listener.name] = listener
        if sockets:
            self._waiting.append((listener, sockets))
            if self._is_started:
                self._accept_waiting()
        if before is not None:
            before.stop_accepting()
            before.drain()
            self._draining.add(before)

    def remove_listener(self, name: str, drain_time_s: float) -> None:
        listener = self._listeners.pop(name, None)
        if listener is not None:
            listener.stop_accepting()
            listener.drain()
            self._draining.add(listener)
            self._clock.timer(lambda: self._close(listener)).start(drain_time_s)

    def stop_listener(self, name: str) -> None:
        listener = self._listeners.get(name)
        if listener is not None:
            listener.stop_accepting()

    def set_runtime(self, values: dict[str, str]) -> None:
        self._runtime.load(values)
        self._clusters.read_runtime()

    def set_drain(self, change: DrainChange) -> None:
        self._drain.set_draining(change.is_draining)
        self._drain.health_check_failed = change.health_check_failed

    def start(self) -> None:
        self._is_started = True
        self._accept_waiting()

    def reopen_logs(self) -> None:
        self._logs.reopen()

    def count_watchdog_miss(self, is_mega: bool) -> None:
        for stats in self._watchdogs:
            (stats.watchdog_mega_miss if is_mega else stats.watchdog_miss).add()

    def stats_changes(self) -> Any:
        return self._store.export().payload()

    def host_stats(self) -> Any:
        return [status.plain() for status in self._clusters.status()]

    def close(self) -> None:
        # First the connections: what they were at is logged as they end.
        for listener in [*self._listeners.values(), *self._draining]:
            listener.close()
        self._logs.close()

    def _count_clusters(self) -> None:
        """Envoy can put off building a cluster until a worker needs it; here they are all built at once."""
        self._inflated.set(len(self._clusters.names()) + len(self._clusters.warming_names()))

    def _accept_waiting(self) -> None:
        waiting, self._waiting = self._waiting, []
        for listener, sockets in waiting:
            listener.start(self._accept, list(sockets))

    def _close(self, listener: Listener) -> None:
        self._draining.discard(listener)
        listener.close()
        address = listener.config.addresses[0]  # its stats bear the address, not the name
        if all(each.config.addresses[0] != address for each in [*self._listeners.values(), *self._draining]):
            listener.config.scope.forget()
