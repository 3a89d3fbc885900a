"""The admin listener, on the main process's loop and never in its way: all it takes in and gives out is bounded."""

from __future__ import annotations

import asyncio
import os
import socket
from contextlib import suppress
from itertools import count
from pathlib import Path

from portico.admin.connection import AdminConnection, AdminSite
from portico.admin.from_proto import AdminSettings
from portico.api.address import NO_ADDRESS, Address, pipe
from portico.api.errors import ConfigError
from portico.api.log import logger
from portico.api.stream_info import ConnectionInfo

LOG = logger("admin", __name__)

# Enough for every scraper and dashboard; each costs a task and two buffers.
MAX_CONNECTIONS = 128
BACKLOG = 128


def bind(settings: AdminSettings) -> socket.socket:
    """A bound and listening socket. Raises ConfigError with the system's reason."""
    address = settings.address
    family = socket.AF_UNIX if address.is_pipe else socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setblocking(False)
        if address.is_pipe:
            bind_pipe(sock, address.path, settings.pipe_mode)
        else:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            for option in settings.socket_options:
                sock.setsockopt(option.level, option.name, option.value)
            sock.bind((address.ip, address.port))
        sock.listen(BACKLOG)
    except OSError as error:
        sock.close()
        raise ConfigError("admin", "address", f"cannot bind '{address.text}': {error.strerror}") from None
    return sock


def bind_pipe(sock: socket.socket, path: str, mode: int) -> None:
    if path.startswith("@"):
        sock.bind("\0" + path[1:])
        return
    if is_stale(path):
        os.unlink(path)
    sock.bind(path)
    if mode:
        os.chmod(path, mode)


def is_stale(path: str) -> bool:
    """A socket file that nobody listens on any more: left by a process that was killed."""
    if not Path(path).is_socket():
        return False
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(path)
        except ConnectionRefusedError:
            return True
        except OSError:
            return False
    return False


class AdminServer:
    """Accepts on one socket until closed."""

    def __init__(self, site: AdminSite, sock: socket.socket) -> None:
        self.site = site
        self.sock = sock
        self.local = address_of(sock.getsockname())
        self.connections: set[asyncio.Task[None]] = set()
        self.ids = count(1)
        self.server: asyncio.Server | None = None

    async def start(self) -> None:
        if self.sock.family == socket.AF_UNIX:
            self.server = await asyncio.start_unix_server(self.accepted, sock=self.sock)
        else:
            self.server = await asyncio.start_server(self.accepted, sock=self.sock)
        LOG.info(f"admin address: {self.local.text}")

    async def close(self) -> None:
        """Stop accepting and cut what is open: a hot restart's child, or the end, does not wait for scrapers."""
        if self.server is not None:
            self.server.close()
        for task in list(self.connections):
            task.cancel()
        if self.connections:
            await asyncio.wait(self.connections)

    async def accepted(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        if len(self.connections) >= MAX_CONNECTIONS:
            self.site.stats.listener.downstream_cx_overflow.add()
            writer.close()
            return
        self.connections.add(task)
        self.site.stats.connection_opened()
        remote = address_of(writer.get_extra_info("peername"))
        info = ConnectionInfo(next(self.ids), remote, self.local)
        connection = AdminConnection(reader, writer, self.site, info)
        started = self.site.clock.now()
        try:
            # A cancelled task would be reported by asyncio's stream callback.
            with suppress(asyncio.CancelledError):
                await connection.serve()
        finally:
            self.connections.discard(task)
            elapsed_ms = int((self.site.clock.now() - started) * 1000)
            self.site.stats.connection_closed(connection.closed_by_peer, elapsed_ms)


def address_of(name: object) -> Address:
    """What the socket module calls an address. An unnamed unix peer has none."""
    if isinstance(name, tuple):
        return Address(str(name[0]), int(name[1]))
    if isinstance(name, bytes):
        return pipe("@" + name[1:].decode(errors="replace")) if name else NO_ADDRESS
    return pipe(name) if isinstance(name, str) and name else NO_ADDRESS
