"""Opening connections to hosts, under a timeout."""

from __future__ import annotations

import asyncio
import errno
import os
import socket
from collections.abc import Callable
from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.api.address import Address
from portico.api.clock import Clock
from portico.api.connection import ConnectionEvent, ConnectionHandler
from portico.api.stream_info import ConnectionInfo
from portico.api.upstream import Cancellable, PoolFailure
from portico.net.connection import ByteCounters, TcpConnection, run_detached

# Errors connect(2) reports at once; others come when the handshake fails.
# Source: envoy source/common/network/connection_impl.cc, immediate_connect_error and delayed_connect_error.
_IMMEDIATE: Final = frozenset(
    [errno.ENETUNREACH, errno.EADDRNOTAVAIL, errno.EACCES, errno.EINVAL, errno.ENOENT, errno.EPERM]
)


class ConnectOptions:
    """How sockets to one cluster are opened."""

    def __init__(self, timeout_s: float, buffer_limit_bytes: int) -> None:
        self.timeout_s = timeout_s
        self.buffer_limit_bytes = buffer_limit_bytes
        self.source: Address | None = None
        self.socket_options: list[tuple[int, int, int | bytes]] = []  # (level, name, value)


@mypyc_attr(allow_interpreted_subclasses=True)
class ConnectHandler:
    """What became of one connect. Exactly one of the two is called, never from within ``Connector.connect``."""

    def on_connected(self, connection: TcpConnection) -> None:
        """The handler must set ``connection.handler`` before it returns."""
        raise NotImplementedError

    def on_connect_failure(self, failure: PoolFailure, detail: str) -> None:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Connector:
    """Opens connections; a fake one in tests."""

    def connect(
        self, address: Address, options: ConnectOptions, counters: ByteCounters, handler: ConnectHandler
    ) -> Cancellable:
        raise NotImplementedError


class LoopConnector(Connector):
    """Connects on the worker's loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: Clock, next_id: Callable[[], int]) -> None:
        self.loop = loop
        self.clock = clock
        self._next_id = next_id

    def connect(
        self, address: Address, options: ConnectOptions, counters: ByteCounters, handler: ConnectHandler
    ) -> Cancellable:
        info = ConnectionInfo(self._next_id(), address, address)
        connection = TcpConnection(info, self.clock, counters, options.buffer_limit_bytes, 0.0)
        attempt = ConnectAttempt(self, address, options, connection, handler)
        attempt.start()
        return attempt


class ConnectAttempt(Cancellable):
    """One connect under way."""

    def __init__(
        self,
        connector: LoopConnector,
        address: Address,
        options: ConnectOptions,
        connection: TcpConnection,
        handler: ConnectHandler,
    ) -> None:
        self._loop = connector.loop
        self._clock = connector.clock
        self._address = address
        self._options = options
        self._connection = connection
        self._handler = handler
        self._timer = connector.clock.timer(self._on_timeout)
        self._task: asyncio.Task[None] | None = None
        self._is_settled = False

    def start(self) -> None:
        self._connection.info.start = self._clock.now()
        self._timer.start(self._options.timeout_s)
        self._task = run_detached(self._loop, self._run())

    def cancel(self) -> None:
        self._is_settled = True
        self._timer.cancel()
        if self._task is not None:
            self._task.cancel()

    async def _run(self) -> None:
        try:
            transport = await self._open()
        except OSError as error:
            self._clock.tick()
            if not self._is_settled:
                self._is_settled = True
                self._timer.cancel()
                detail = failure_detail(error, self._address)
                self._handler.on_connect_failure(PoolFailure.REMOTE_CONNECTION_FAILURE, detail)
            return
        if self._is_settled:
            transport.abort()
            return
        self._clock.tick()
        self._is_settled = True
        self._timer.cancel()
        self._connection.info.connected = self._clock.time
        self._note_local_address(transport)
        self._handler.on_connected(self._connection)

    async def _open(self) -> Any:
        """The transport of an open connection. Raises OSError."""
        address = self._address
        family = socket.AF_UNIX if address.is_pipe else socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
        peer = socket.socket(family, socket.SOCK_STREAM)
        try:
            peer.setblocking(False)
            for level, name, value in self._options.socket_options:
                peer.setsockopt(level, name, value)
            source = self._options.source
            if source is not None:
                peer.bind((source.ip, source.port))
            await self._loop.sock_connect(peer, _target(address))
        except BaseException:  # a cancelled connect, too, must give its descriptor back
            peer.close()
            raise
        # Bytes must not arrive before the handler has taken the connection over.
        if address.is_pipe:
            made = await self._loop.create_unix_connection(self._protocol, sock=peer)
        else:
            made = await self._loop.create_connection(self._protocol, sock=peer)
        return made[0]

    def _protocol(self) -> Any:
        self._connection.handler = _EARLY
        self._connection.pause_reading()
        return self._connection

    def _note_local_address(self, transport: Any) -> None:
        name = transport.get_extra_info("sockname")
        if isinstance(name, tuple):
            self._connection.info.local_address = Address(name[0], name[1])
        self._connection.resume_reading()

    def _on_timeout(self) -> None:
        if self._is_settled:
            return
        self.cancel()
        self._handler.on_connect_failure(PoolFailure.TIMEOUT, "")


def failure_detail(error: OSError, peer: Address) -> str:
    """Envoy's words for a failed connect, e.g. ``delayed connect error: Connection refused``."""
    code = error.errno or 0
    reason = os.strerror(code) if code else str(error)
    if code in _IMMEDIATE:
        return f"immediate connect error: {reason}|remote_address:{peer.text}"
    return f"delayed connect error: {reason}"


def _target(address: Address) -> Any:
    if not address.is_pipe:
        return (address.ip, address.port)
    # A leading "@" names an abstract socket: a NUL on the wire.
    return "\0" + address.path[1:] if address.path.startswith("@") else address.path


class _EarlyHandler(ConnectionHandler):
    """Between the transport's birth and the handler's: nothing is read then, only closing can happen."""

    def on_data(self, data: bytes, end_stream: bool) -> None:
        raise AssertionError("reading is paused")

    def on_event(self, event: ConnectionEvent) -> None:
        pass


_EARLY: Final = _EarlyHandler()
