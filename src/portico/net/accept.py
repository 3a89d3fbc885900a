"""Listening sockets: every connection they take becomes a TcpConnection, announced before its first byte."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.api.address import NO_ADDRESS, Address, pipe
from portico.api.clock import Clock
from portico.api.log import logger
from portico.api.stats import Counter, Histogram
from portico.api.stream_info import ConnectionInfo
from portico.net.connection import ArrivalHandler, ByteCounters, TcpConnection, run_detached
from portico.net.departures import Departures
from portico.net.exact_balance import BalancedServer, ExactBalance

LOG: Final = logger("conn_handler", __name__)

# Source: Listener.tcp_backlog_size: the system's maximum, to which the kernel cuts this.
MAX_BACKLOG: Final = 65535

_NOT_ARRIVED: Final = ConnectionInfo(0, NO_ADDRESS, NO_ADDRESS)
# Whoever reads a connection counts its bytes under a name of its own; listeners have no such stat.
_UNNAMED_BYTES: Final = ByteCounters(Counter(""), Counter(""))
_V4_MAPPED: Final = "::ffff:"
_WILDCARDS: Final = ("0.0.0.0", "::")


@mypyc_attr(allow_interpreted_subclasses=True)
class AcceptHandler:
    """Who is told of accepted connections: a listener."""

    def on_accept(self, connection: TcpConnection) -> None:
        """Must set ``connection.handler``, or close the connection."""
        raise NotImplementedError

    def on_accept_failure(self, connection: TcpConnection, error: Exception) -> None:
        """``on_accept`` raised: our bug. The connection is closed after this."""
        raise NotImplementedError


class AcceptServices:
    """What all listeners of a process accept with."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, next_id: Callable[[], int]) -> None:
        self.loop = loop
        self.clock = clock
        self.next_id = next_id  # of connections, both ways: unique in this process
        self.departures = Departures(loop)


class AcceptOptions:
    """How a listener's connections are taken."""

    def __init__(self, buffer_limit_bytes: int, batch_sizes: Histogram) -> None:
        self.backlog = MAX_BACKLOG
        self.buffer_limit_bytes = buffer_limit_bytes
        self.batch_sizes = batch_sizes  # connections accepted per socket event
        self.socket_options: list[tuple[int, int, int | bytes]] = []  # accepted sockets inherit them
        self.balance: ExactBalance | None = None  # None: whoever is there first accepts


class Acceptor:
    """The listening sockets of one listener on one worker.

    The kernel's queue is accepted whole at each event; a process without free descriptors refuses what comes
    (libuv keeps one in reserve for that) and goes on listening.
    """

    def __init__(self, services: AcceptServices, handler: AcceptHandler, options: AcceptOptions) -> None:
        self.services = services
        self.handler = handler
        self.options = options
        self._doors: list[Door] = []

    def listen(self, one: socket.socket) -> None:
        """Accept from ``one``, which is bound and from here on this object's to close."""
        if one.family != socket.AF_UNIX:
            for level, name, value in self.options.socket_options:
                one.setsockopt(level, name, value)
        door = Door(self, one)
        self._doors.append(door)
        door.open()

    def pause(self) -> None:
        """Leave connections in the kernel's queue until ``resume``."""
        for door in self._doors:
            door.shut()

    def resume(self) -> None:
        for door in self._doors:
            door.open()

    def close(self) -> None:
        """Accept no more. Connections that came in are not touched."""
        for door in self._doors:
            door.shut()
            door.socket.close()
        self._doors = []


class Door(ArrivalHandler):
    """One listening socket."""

    def __init__(self, acceptor: Acceptor, one: socket.socket) -> None:
        self.socket = one
        self._services = acceptor.services
        self._options = acceptor.options
        self._handler = acceptor.handler
        self._address = address = bound_address(one)
        # Connections to a wildcard address have one of their own; asking for it costs a system call.
        self._is_wildcard = address.ip in _WILDCARDS
        self._server: asyncio.AbstractServer | BalancedServer | None = None
        self._is_open = False
        self._batch = 0  # accepted since the last arrival was announced

    def open(self) -> None:
        """Begin accepting in the next turn of the loop."""
        if not self._is_open:
            self._is_open = True
            run_detached(self._services.loop, self._serve())

    def shut(self) -> None:
        self._is_open = False
        if self._server is not None:
            self._server.close()
            self._server = None

    async def _serve(self) -> None:
        if not self._is_open or self._server is not None:
            return
        loop = self._services.loop
        backlog = self._options.backlog
        # The server closes the socket it is given, and a paused listener needs its own again.
        own = self.socket.dup()
        if self._options.balance is not None:
            server: Any = BalancedServer(loop, self._services.clock, own, self._connection, self._options.balance)
        elif self._address.is_pipe:
            server = await loop.create_unix_server(self._connection, sock=own, backlog=backlog)
        else:
            server = await loop.create_server(self._connection, sock=own, backlog=backlog)
        self._server = server
        if self._is_shut():  # while it was being made
            self.shut()

    def _is_shut(self) -> bool:
        return not self._is_open

    def _connection(self) -> Any:
        """Called by the loop for each accepted socket; ``on_arrival`` follows in the same turn."""
        self._batch += 1
        connection = TcpConnection(
            _NOT_ARRIVED, self._services.clock, _UNNAMED_BYTES, self._options.buffer_limit_bytes, 0.0
        )
        connection.arrival = self
        connection.departures = self._services.departures
        return connection

    def on_arrival(self, connection: TcpConnection) -> None:
        if self._batch:
            self._options.batch_sizes.record(self._batch)
            self._batch = 0
        services = self._services
        remote, local = self._addresses(connection)
        info = ConnectionInfo(services.next_id(), remote, local)
        info.start = services.clock.now()
        connection.info = info
        try:
            self._handler.on_accept(connection)
        except Exception as error:  # noqa: BLE001  boundary: the loop would only print it
            self._handler.on_accept_failure(connection, error)
            connection.drop()

    def _addresses(self, connection: TcpConnection) -> tuple[Address, Address]:
        peer = connection.peer_name()
        if self._address.is_pipe:
            # A client's socket hardly ever has a path; the listener's stands for it, as in Envoy.
            return pipe_address(peer) if peer else self._address, self._address
        remote = NO_ADDRESS if peer is None else ip_address(peer)
        if not self._is_wildcard:
            return remote, self._address
        own = connection.own_name()
        return remote, self._address if own is None else ip_address(own)


def bound_address(one: socket.socket) -> Address:
    """Where a socket is bound."""
    name = one.getsockname()
    if one.family != socket.AF_UNIX:
        return ip_address(name)
    return pipe_address(name)


def pipe_address(name: Any) -> Address:
    """From what getsockname(2) says of a unix socket: an abstract name is bytes and begins with NUL, "@" in Envoy."""
    return pipe("@" + name[1:].decode("utf-8", "replace") if isinstance(name, bytes) else name)


def ip_address(name: Any) -> Address:
    """From what getpeername(2) says; an IPv4 peer of an IPv6 socket is an IPv4 address."""
    ip: str = name[0]
    port: int = name[1]
    if ip.startswith(_V4_MAPPED) and "." in ip:
        ip = ip[len(_V4_MAPPED) :]
    return Address(ip, port)
