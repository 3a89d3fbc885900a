"""What a worker makes of main's messages."""

import asyncio
import socket
from collections.abc import Sequence
from typing import Any

from portico.api.errors import ConfigError
from portico.api.log import COMPONENTS
from portico.api.shared import SharedCells
from portico.ipc.channel import Channel
from portico.ipc.log_sink import apply_levels
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
from portico.ipc.shared_table import create_table
from portico.worker.application import Application
from portico.worker.worker import Worker


class Recording(Application):
    """Writes down what it was told."""

    def __init__(self, welcome: Welcome, cells: SharedCells) -> None:
        self.calls: list[tuple[Any, ...]] = [("index", welcome.index)]
        self.cells = cells
        self.hosts: list[Any] = ["host"]

    def update_cluster(self, name: str, cluster: bytes) -> None:
        if cluster == b"bad":
            raise ConfigError("cluster 'c'", "type", "is bad")
        self.calls.append(("update_cluster", name, cluster))

    def remove_cluster(self, name: str) -> None:
        self.calls.append(("remove_cluster", name))

    def update_hosts(self, cluster: str, assignment: bytes) -> None:
        self.calls.append(("update_hosts", cluster, assignment))

    def set_health(self, cluster: str, address: str, flags: int) -> None:
        self.hosts.append(object())
        self.calls.append(("set_health", cluster, address, flags))

    def update_listener(self, update: ListenerUpdate, sockets: Sequence[socket.socket]) -> None:
        self.calls.append(("update_listener", update.name, [each.getsockname()[1] for each in sockets]))
        for each in sockets:
            each.close()

    def remove_listener(self, name: str, drain_time_s: float) -> None:
        self.calls.append(("remove_listener", name, drain_time_s))

    def stop_listener(self, name: str) -> None:
        self.calls.append(("stop_listener", name))

    def set_runtime(self, values: dict[str, str]) -> None:
        self.calls.append(("set_runtime", values))

    def set_drain(self, change: DrainChange) -> None:
        self.calls.append(("set_drain", change.is_draining))

    def start(self) -> None:
        self.calls.append(("start",))

    def reopen_logs(self) -> None:
        self.calls.append(("reopen_logs",))

    def count_watchdog_miss(self, is_mega: bool) -> None:
        pass

    def stats_changes(self) -> Any:
        return {"a": 1}

    def host_stats(self) -> Any:
        return self.hosts


WELCOME = Welcome(
    index=1,
    concurrency=2,
    main_pid=0,
    node=("n", "c", "z", "127.0.0.1"),
    log=("%v", False, ""),
    flush=(1000, 64),
    watchdog=(10_000, 20_000),
    drain=(600, True),
    stats_config=b"",
)


levels: dict[str, int] = {}  # at the end of the last conversation


def converse(*messages: tuple[Message, list[int]], answers: int) -> tuple[Recording, list[Message]]:
    """The application, and the worker's answers."""
    made: list[Recording] = []
    heard: list[Message] = []
    table = create_table(2)

    def make(welcome: Welcome, cells: SharedCells, loop: asyncio.AbstractEventLoop) -> Recording:
        made.append(Recording(welcome, cells))
        return made[-1]

    async def body() -> None:
        loop = asyncio.get_running_loop()
        arrived = asyncio.Event()

        def on_message(message: Message, descriptors: list[int]) -> None:
            heard.append(message)
            arrived.set()

        ours, theirs = socket.socketpair()
        main = Channel(ours, loop, on_message, lambda: None)
        gone = asyncio.Event()
        Worker(loop, theirs, make, gone.set)
        main.send(WELCOME, [table.descriptor])
        for message, descriptors in messages:
            main.send(message, descriptors)
        while len(heard) < answers:
            arrived.clear()
            await asyncio.wait_for(arrived.wait(), 5)
        levels.update(COMPONENTS.levels())
        main.close()
        await asyncio.wait_for(gone.wait(), 5)

    before = COMPONENTS.sink, COMPONENTS.levels()
    try:
        asyncio.run(body())
    finally:
        COMPONENTS.sink = before[0]
        apply_levels(before[1])
    return made[0], heard


def test_changes_reach_the_application_in_order() -> None:
    told: list[tuple[Message, list[int]]] = [
        (RuntimeValues({"a": "1"}), []),
        (ClusterUpdate(1, "c", b"cluster"), []),
        (HostsUpdate("c", b"hosts"), []),
        (HealthFlip("c", "127.0.0.1:80", 1), []),
        (ConfigurationEnd(), []),
        (DrainChange(True, False), []),
        (ListenersStop(("l", "m")), []),
        (ListenerRemoval("l", 5.0), []),
        (ClusterRemoval("c"), []),
        (ReopenLogs(), []),
        (StatsRequest(9), []),
    ]
    application, answers = converse(*told, answers=3)
    assert application.calls == [
        ("index", 1),
        ("set_runtime", {"a": "1"}),
        ("update_cluster", "c", b"cluster"),
        ("update_hosts", "c", b"hosts"),
        ("set_health", "c", "127.0.0.1:80", 1),
        ("start",),
        ("set_drain", True),
        ("stop_listener", "l"),
        ("stop_listener", "m"),
        ("remove_listener", "l", 5.0),
        ("remove_cluster", "c"),
        ("reopen_logs",),
    ]
    assert answers == [Applied(1), Ready(), StatsReport(9, {"a": 1})]


def test_what_cannot_be_built_is_reported_and_costs_nothing_else() -> None:
    _, answers = converse(
        (ClusterUpdate(1, "c", b"bad"), []), (ClusterUpdate(2, "d", b"good"), []), (ConfigurationEnd(), []), answers=3
    )
    assert answers == [Failed(1, "cluster 'c': type: is bad"), Applied(2), Ready()]


def test_a_listener_comes_with_its_sockets() -> None:
    with socket.socket() as one, socket.socket() as two:
        ports = []
        for each in (one, two):
            each.bind(("127.0.0.1", 0))
            ports.append(each.getsockname()[1])
        update = ListenerUpdate(3, "l", b"", (("127.0.0.1", ports[0], ""), ("127.0.0.1", ports[1], "")))
        application, answers = converse((update, [one.fileno(), two.fileno()]), answers=1)
    assert answers == [Applied(3)]
    assert application.calls[-1] == ("update_listener", "l", ports)


def test_cells_are_shared_in_the_columns_main_named() -> None:
    application, _ = converse((Cells({"a": 5}), []), (StatsRequest(1), []), answers=1)
    application.cells.cell("a").add(2)
    assert application.cells.cell("a").total() == 2


def test_host_stats_are_answered() -> None:
    _, answers = converse((HostStatsRequest(4), []), answers=1)
    assert answers == [HostStatsReport(4, ["host"])]


def test_a_report_that_cannot_travel_is_lost_and_the_worker_lives() -> None:
    spoil = HealthFlip("c", "127.0.0.1:80", 1)
    _, answers = converse((spoil, []), (HostStatsRequest(4), []), (StatsRequest(5), []), answers=1)
    assert answers == [StatsReport(5, {"a": 1})]


def test_log_levels_are_set() -> None:
    converse((LogLevels({"upstream": 0, "main": 5}), []), (StatsRequest(1), []), answers=1)
    assert (levels["upstream"], levels["main"]) == (0, 5)
