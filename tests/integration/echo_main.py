"""The process layer around an application that echoes: no configuration, no HTTP. Prints what tests steer by.

python -m tests.integration.echo_main CONCURRENCY
"""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Sequence
from typing import Any

from portico.api.errors import ConfigError
from portico.api.shared import SharedCells
from portico.config.protos import message_class
from portico.ipc.log_sink import DescriptorSink, install_sink
from portico.ipc.messages import Cells, ClusterUpdate, DrainChange, ListenerUpdate, StatsRequest, Welcome
from portico.ipc.shared_table import ColumnNames, create_table
from portico.main.listen_sockets import bind_listener
from portico.main.starter import Starter, StarterProcess, fork_starter, serve
from portico.main.supervisor import Supervisor, WorkerSettings
from portico.worker.application import Application
from portico.worker.worker import run


class EchoProtocol(asyncio.Protocol):
    """Says its pid, then echoes; `crash` and `hang` do what they say."""

    def __init__(self, application: "EchoApplication") -> None:
        self.application = application

    def connection_made(self, transport: Any) -> None:
        self.transport = transport
        self.application.connections += 1
        self.application.shared.add(1)
        transport.write(f"{os.getpid()}\n".encode())

    def data_received(self, data: bytes) -> None:
        if data == b"crash\n":
            os._exit(3)
        if data == b"hang\n":
            signal.pause()
        if data == b"total\n":
            data = f"{self.application.shared.total()}\n".encode()
        if data == b"modules\n":
            data = " ".join(sorted(sys.modules)).encode() + b"\n"
        self.transport.write(data)

    def connection_lost(self, exc: Exception | None) -> None:
        self.application.shared.add(-1)


class EchoApplication(Application):
    def __init__(self, welcome: Welcome, cells: SharedCells, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self.cells = cells
        self.shared = SharedCells().cell("not told yet")
        self.connections = 0
        self.sockets: list[socket.socket] = []

    def update_cluster(self, name: str, cluster: bytes) -> None:
        if cluster == b"bad":
            raise ConfigError(f"cluster '{name}'", "", "is bad")

    def update_listener(self, update: ListenerUpdate, sockets: Sequence[socket.socket]) -> None:
        self.sockets += sockets

    def set_drain(self, change: DrainChange) -> None:
        pass

    def start(self) -> None:
        self.shared = self.cells.cell("connections")
        for each in self.sockets:
            self.loop.create_task(self.loop.create_server(lambda: EchoProtocol(self), sock=each))

    def stats_changes(self) -> Any:
        changes, self.connections = {"connections": self.connections}, 0
        return changes

    def count_watchdog_miss(self, is_mega: bool) -> None:
        print("mega miss" if is_mega else "miss", flush=True)

    def reopen_logs(self) -> None:
        print("reopened", flush=True)

    def close(self) -> None:
        pass


def worker_main(end: socket.socket) -> None:
    run(end, EchoApplication)


def starter_main() -> None:
    serve(socket.socket(fileno=int(sys.argv[1])), worker_main)


async def serve_echo(process: StarterProcess, concurrency: int) -> None:
    loop = asyncio.get_running_loop()
    code = f"import sys; sys.path[:0] = {sys.path!r}; from tests.integration import echo_main; echo_main.starter_main()"
    starter = Starter(loop, process, [sys.executable, "-c", code])
    columns = ColumnNames()
    supervisor = Supervisor(loop, starter, create_table(concurrency), columns, WorkerSettings(concurrency))
    listener = message_class("envoy.config.listener.v3.Listener")(name="echo")
    listener.address.socket_address.address = "127.0.0.1"
    bound = bind_listener(listener, concurrency)
    bound.listen()
    addresses = tuple((each.ip, each.port, each.path) for each in bound.addresses)
    supervisor.tell(Cells({"connections": columns.allocate("connections")}))
    supervisor.tell(ListenerUpdate(1, "echo", b"", addresses), bound.rows)
    supervisor.tell(ClusterUpdate(2, "c", b"bad"))
    await supervisor.start()
    stopped = asyncio.Event()
    loop.add_signal_handler(signal.SIGTERM, stopped.set)
    loop.add_signal_handler(signal.SIGUSR2, lambda: asyncio.ensure_future(show_stats(supervisor)))
    # Last: who reads this may send a signal at once.
    print("ready", bound.addresses[0].port, *[worker.pid for worker in supervisor.workers], process.pid, flush=True)
    await stopped.wait()
    await supervisor.stop()


async def show_stats(supervisor: Supervisor) -> None:
    reports = await supervisor.ask(StatsRequest)
    print("stats", sum(report.changes["connections"] for report in reports), flush=True)  # type: ignore[attr-defined]


if __name__ == "__main__":
    install_sink(DescriptorSink("%v"), {})
    forked = fork_starter(worker_main)
    asyncio.run(serve_echo(forked, int(sys.argv[1])))
