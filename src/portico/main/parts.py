"""What a running main process is made of, and how the parts are put together once the bootstrap is read."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from typing import Any

from portico.admin.server import AdminServer
from portico.admin.state import ProcessState, ServerState
from portico.api.log import COMPONENTS
from portico.config.load import LoadedBootstrap
from portico.ipc.messages import Cells, ClusterUpdate, LogLevels
from portico.ipc.shared_table import ColumnNames, create_table
from portico.ipc.watchdog import Watchdog
from portico.main.admin_interface import start_admin
from portico.main.config_source import StaticConfig
from portico.main.discovery import Discovery
from portico.main.guard_dog import GuardDog
from portico.main.listeners import Listeners
from portico.main.log_control import WorkersLogControl
from portico.main.memory import memory_of
from portico.main.node_identity import sign
from portico.main.options import Options
from portico.main.own_stats import OwnStats
from portico.main.process_control import MainProcess
from portico.main.runtime_control import WorkersRuntime
from portico.main.sections import Sections, worker_settings
from portico.main.starter import Starter
from portico.main.supervisor import Supervisor
from portico.main.surroundings import Surroundings
from portico.main.trial import Trial
from portico.main.worker_handle import WorkerHandle
from portico.main.worker_stats import WorkerStats
from portico.net.dns import CaresResolvers
from portico.stats.store import StatsStore
from portico.upstream.dns_discovery import DnsServices


class Parts:
    """One of each. Raises ConfigErrors about what only the parts can judge."""

    def __init__(
        self, options: Options, loop: asyncio.AbstractEventLoop, starter: Starter, loaded: LoadedBootstrap
    ) -> None:
        bootstrap, concurrency = loaded.bootstrap, options.process.concurrency
        sign(bootstrap.node)
        self.options = options
        self.sections = Sections(options, loaded)
        store = StatsStore(self.sections.stats_config.matcher)
        self.own = OwnStats(store)
        self.surroundings = Surroundings(options, bootstrap, loop, store)
        self.columns = ColumnNames()
        settings = worker_settings(options, bootstrap, self.surroundings.context.local_info.ip)
        table = create_table(concurrency)
        self.supervisor = Supervisor(loop, starter, table, self.columns, settings)
        self.guard_dog = GuardDog(loop, table, self.supervisor, self.sections.worker_kill_ms)
        self.watchdog = Watchdog(loop, self.sections.main_watchdog, self.own.count_watchdog_miss)
        self.supervisor.tell(LogLevels(COMPONENTS.levels()))
        self.listeners = Listeners(concurrency, self.supervisor, self.own.listener_manager)
        self.stats = WorkerStats(self.sections.stats_config, store, self.supervisor)
        self.supervisor.events.on_message = self.stats.on_message
        self.supervisor.events.on_gone = self._on_worker_gone
        self.trial = Trial(bootstrap, loop, self.columns)
        self.discovery = Discovery(self._dns_services(loop, store), self.supervisor)
        clock = self.surroundings.clock
        self.config = StaticConfig(bootstrap, clock.wall(), self.supervisor, self.listeners, self.discovery.assignments)
        self.runtime = WorkersRuntime(
            self.sections.runtime, self.surroundings.runtime, self.supervisor, self.own.runtime
        )
        self.process = MainProcess(options, loop, self.supervisor, self.listeners)
        self.process.node = bootstrap.node
        self.process.memory_now = lambda: memory_of(self.pids())
        self._admin: AdminServer | None = None
        self.own.describe(options, loaded)
        self.enter(ProcessState.PRE_INITIALIZING)

    async def start_admin(self) -> None:
        """Raises ConfigError."""
        settings = self.sections.admin
        if settings is not None:
            state = ServerState(self.process, self.stats, self.config, self.runtime, WorkersLogControl(self.supervisor))
            self._admin = await start_admin(settings, state, self.surroundings.context, self.options.admin_address_path)

    def enter(self, state: ProcessState) -> None:
        self.process.enter(state)
        self.own.server.state.set(state.value)
        self.own.server.live.set(1 if state is ProcessState.LIVE else 0)
        if state is ProcessState.LIVE:
            self.own.server.initialization_time_ms.record(self.process.age_ms())

    def tell_clusters(self, clusters: Sequence[Any]) -> None:
        """The trial of the same clusters has named the cells they count in."""
        self.supervisor.tell(Cells(dict(self.columns.columns)))
        for cluster in clusters:
            serialized = cluster.SerializeToString(deterministic=True)
            self.supervisor.tell(ClusterUpdate(self.supervisor.ticket(), cluster.name, serialized))
            self.own.cluster_manager.cluster_added.add()
        self.own.cluster_manager.active_clusters.set(len(clusters))
        self.own.clusters_inflated.set(len(clusters))

    def pids(self) -> list[int]:
        return [os.getpid(), *(worker.pid for worker in self.supervisor.workers)]

    async def flush_stats(self) -> None:
        """Main's own numbers brought up to date, all numbers summed, the histograms' interval closed."""
        merged = await self.stats.fresh()
        self.own.update(self.process.uptime_s(), memory_of(self.pids()), merged)
        merged.flush()

    async def flush_stats_forever(self) -> None:
        while True:
            await asyncio.sleep(self.sections.flush_interval_s)
            await self.flush_stats()

    async def stop(self) -> None:
        """At once: what clients had open ends with EOF."""
        self.watchdog.stop()
        self.discovery.stop()
        self.listeners.close_all()
        await self.supervisor.stop()
        if self._admin is not None:
            await self._admin.close()
        self.surroundings.logs.close()

    def _dns_services(self, loop: asyncio.AbstractEventLoop, store: StatsStore) -> DnsServices:
        resolvers = CaresResolvers(loop, store)
        return DnsServices(resolvers.resolver_for, self.surroundings.clock, self.surroundings.random, store)

    def _on_worker_gone(self, worker: WorkerHandle) -> None:
        self.stats.on_gone(worker)
        if worker.was_ready:
            self.own.worker_restarts.add()
