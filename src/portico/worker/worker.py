"""One worker process: the channel to main, and the application that main's messages change."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
from collections.abc import Callable
from typing import Final

import uvloop

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.log import logger
from portico.ipc.channel import Channel
from portico.ipc.frames import close_all
from portico.ipc.log_sink import DescriptorSink, apply_levels, install_sink
from portico.ipc.messages import (
    Applied,
    Cells,
    ClusterRemoval,
    ClusterUpdate,
    ConfigurationEnd,
    DrainChange,
    Failed,
    HealthFlip,
    HostStatsReport,
    HostStatsRequest,
    HostsUpdate,
    ListenerRemoval,
    ListenersStop,
    ListenerUpdate,
    LogLevels,
    Message,
    Ready,
    ReopenLogs,
    RuntimeValues,
    StatsReport,
    StatsRequest,
    Welcome,
)
from portico.ipc.parent_death import die_with
from portico.ipc.shared_table import HEARTBEAT, SharedTable, TableCells
from portico.ipc.watchdog import Watchdog
from portico.worker.allocator import keep_freed_buffers
from portico.worker.application import Application, ApplicationFactory

LOG: Final = logger("main", __name__)


def run(end: socket.socket, make_application: ApplicationFactory) -> None:
    """The life of a worker: until main closes the channel, or is gone."""
    keep_freed_buffers()
    loop = uvloop.new_event_loop()
    asyncio.set_event_loop(loop)
    worker = Worker(loop, end, make_application, loop.stop)
    loop.run_forever()
    worker.close()


class Worker:
    """Welcome comes first and makes the application; every later message is a change to it."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        end: socket.socket,
        make_application: ApplicationFactory,
        on_main_gone: Callable[[], None],
    ) -> None:
        self._loop = loop
        self._make_application = make_application
        self._application: Application | None = None
        self._cells: TableCells
        self._watchdog: Watchdog
        self._sink: DescriptorSink
        self._channel = Channel(end, loop, self._on_message, on_main_gone)

    def close(self) -> None:
        if self._application is not None:
            self._application.close()

    def _on_message(self, message: Message, descriptors: list[int]) -> None:
        if isinstance(message, Welcome):
            self._on_welcome(message, descriptors)
            return
        application = self._application
        assert application is not None, "the first message is Welcome"
        if isinstance(message, ClusterUpdate | ListenerUpdate):
            self._build(application, message, descriptors)
            return
        close_all(descriptors)
        self._change(application, message)

    def _on_welcome(self, welcome: Welcome, descriptors: list[int]) -> None:
        # Main sends this after the fork is complete, so it is our parent now, where orphans are adopted.
        if os.getppid() == welcome.main_pid:
            die_with(welcome.main_pid)
        pattern, is_escaped, path = welcome.log
        self._sink = DescriptorSink(pattern, is_escaped, path)
        install_sink(self._sink, {})
        table = SharedTable(descriptors[0], welcome.concurrency)
        close_all(descriptors)  # the mapping outlives it
        self._cells = TableCells(table, welcome.index)
        self._application = self._make_application(welcome, self._cells, self._loop)
        row = table.row(welcome.index)
        on_miss = self._application.count_watchdog_miss
        self._watchdog = Watchdog(
            self._loop, welcome.watchdog, on_miss, lambda now_ms: row.__setitem__(HEARTBEAT, now_ms)
        )
        self._watchdog.start()

    def _build(self, application: Application, message: ClusterUpdate | ListenerUpdate, descriptors: list[int]) -> None:
        try:
            if isinstance(message, ListenerUpdate):
                application.update_listener(message, [socket.socket(fileno=each) for each in descriptors])
            else:
                application.update_cluster(message.name, message.cluster)
        except (ConfigError, ConfigErrors) as error:
            # Main built the same resource from the same bytes: only this process's own limits can differ.
            self._channel.send(Failed(message.ticket, str(error)))
            return
        self._channel.send(Applied(message.ticket))

    def _change(self, application: Application, message: Message) -> None:
        match message:
            case HostsUpdate(cluster, assignment):
                application.update_hosts(cluster, assignment)
            case HealthFlip(cluster, address, flags):
                application.set_health(cluster, address, flags)
            case StatsRequest(ticket):
                self._report(StatsReport(ticket, application.stats_changes()))
            case HostStatsRequest(ticket):
                self._report(HostStatsReport(ticket, application.host_stats()))
            case ClusterRemoval(name):
                application.remove_cluster(name)
            case ListenerRemoval(name, drain_time_s):
                application.remove_listener(name, drain_time_s)
            case ListenersStop(names):
                for name in names:
                    application.stop_listener(name)
            case _:
                self._change_process(application, message)

    def _report(self, report: Message) -> None:
        try:
            self._channel.send(report)
        except ValueError as error:
            # An application put something into its report that cannot travel: our bug, but no reason to stop serving.
            LOG.critical(f"a report for the admin interface is lost: {error}")

    def _change_process(self, application: Application, message: Message) -> None:
        match message:
            case Cells(cells):
                self._cells.columns |= cells
            case RuntimeValues(values):
                application.set_runtime(values)
            case LogLevels(levels):
                apply_levels(levels)
            case DrainChange():
                application.set_drain(message)
            case ReopenLogs():
                self._sink.reopen()
                application.reopen_logs()
            case ConfigurationEnd():
                application.start()
                gc.collect()
                gc.freeze()  # the configuration lives as long as the process: never walk it again
                self._channel.send(Ready())
            case _:
                raise AssertionError(f"main sent a worker {message!r}")
