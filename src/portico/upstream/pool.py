"""Connections to one host: reuse one, open one, wait for one, or refuse.

The decision is ``choose``, a pure function; everything else carries it out.
"""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from portico.api.connection import CloseType
from portico.api.host import Host
from portico.api.upstream import Cancellable, ConnectionPool, PoolFailure, UpstreamCallbacks
from portico.net.connect import ConnectHandler
from portico.net.connection import TcpConnection
from portico.stats.codec_stats import Http1CodecStats
from portico.upstream.codec_client import ClientOwner, Http1Client
from portico.upstream.pool_context import PoolContext


class Choice(Enum):
    """What becomes of a request that wants a stream."""

    REUSE = 1  # an idle connection takes it now
    CONNECT = 2  # it waits, and a connection is opened for it
    QUEUE = 3  # it waits for a connection under way, or for one to become idle
    REFUSE = 4  # too many wait already


def choose(idle: int, waiting: int, connecting: int, may_wait: bool, may_connect: bool) -> Choice:
    """``waiting`` excludes the request asked for. ``may_*``: the circuit breakers' words."""
    if idle:
        return Choice.REUSE
    if not may_wait:
        return Choice.REFUSE
    if waiting < connecting or not may_connect:
        return Choice.QUEUE
    return Choice.CONNECT


class Http1Pool(ConnectionPool):
    """HTTP/1 connections to one host; each carries one request at a time."""

    def __init__(self, host: Host, context: PoolContext) -> None:
        self._host = host
        self._context = context
        self._idle: list[Http1Client] = []  # the last one used is reused first, so that the others can time out
        self._busy: dict[Http1Client, None] = {}
        self._connecting: dict[PendingConnect, None] = {}
        self._waiting: dict[PendingStream, None] = {}
        self._on_drained: list[Callable[[], None]] = []
        self._is_draining = False
        self._owner = _Owner(self)
        self.on_empty: Callable[[], None] | None = None  # the last connection is gone
        if context.codec_stats is None:
            context.codec_stats = Http1CodecStats(context.info.scope.scope("http1"))

    def new_stream(self, callbacks: UpstreamCallbacks) -> Cancellable | None:
        context = self._context
        idle = self._idle
        limits = context.limits
        if idle:
            if not limits.requests.try_acquire():
                context.stats.upstream_rq_active_overflow.value += 1
                callbacks.on_pool_failure(PoolFailure.OVERFLOW, "", self._host)
                return None
            self._attach(idle.pop(), callbacks)
            return None
        may_wait = limits.pending_requests.try_acquire()
        may_connect = (not self._busy and not self._connecting) or limits.connections.can_acquire()
        choice = choose(0, len(self._waiting), len(self._connecting), may_wait, may_connect)
        if choice is Choice.REFUSE:
            context.stats.upstream_rq_pending_overflow.value += 1
            # No host: it was not the host's connections that there were too many of.
            callbacks.on_pool_failure(PoolFailure.OVERFLOW, "", None)
            return None
        if not may_connect:
            context.stats.upstream_cx_overflow.value += 1
        pending = PendingStream(self, callbacks)
        self._waiting[pending] = None
        context.stats.upstream_rq_pending_total.value += 1
        context.stats.upstream_rq_pending_active.value += 1
        self._host.rq_pending_active += 1
        if choice is Choice.CONNECT:
            self._connect()
        return pending

    def drain(self, on_drained: Callable[[], None]) -> None:
        self._is_draining = True
        self._on_drained.append(on_drained)
        for client in list(self._idle):
            client.close(CloseType.NO_FLUSH)
        for client in self._busy:
            client.is_draining = True
        self._check_drained()

    # --- connecting -----------------------------------------------------------------------------------------------

    def _connect(self) -> None:
        context = self._context
        context.limits.connections.acquire()
        context.stats.upstream_cx_total.value += 1
        context.stats.upstream_cx_http1_total.value += 1
        context.stats.upstream_cx_active.value += 1
        self._host.cx_total += 1
        self._host.cx_active += 1
        pending = PendingConnect(self, context.clock.now())
        self._connecting[pending] = None
        pending.attempt = context.connector.connect(
            self._host.address, context.connect_options, context.counters, pending
        )

    def on_connected(self, pending: PendingConnect, connection: TcpConnection) -> None:
        del self._connecting[pending]
        context = self._context
        context.stats.upstream_cx_connect_ms.record((context.clock.now() - pending.started_at) * 1000.0)
        client = Http1Client(connection, self._host, context, self._owner)
        self._offer(client)

    def on_connect_failure(self, pending: PendingConnect, failure: PoolFailure, detail: str) -> None:
        del self._connecting[pending]
        context = self._context
        context.limits.connections.release()
        stats = context.stats
        stats.upstream_cx_active.value -= 1
        self._host.cx_active -= 1
        stats.upstream_cx_connect_fail.value += 1
        self._host.cx_connect_fail += 1
        stats.upstream_cx_destroy.value += 1
        if failure is PoolFailure.TIMEOUT:
            stats.upstream_cx_connect_timeout.value += 1
            stats.upstream_cx_destroy_local.value += 1
        else:
            stats.upstream_cx_destroy_remote.value += 1
        # Whoever waits would wait for a host that does not answer.
        waiting = list(self._waiting)
        self._waiting.clear()
        for stream in waiting:
            stats.upstream_rq_pending_failure_eject.value += 1
            self._leave_queue()
            stream.callbacks.on_pool_failure(failure, detail, self._host)
        self._check_drained()

    # --- clients --------------------------------------------------------------------------------------------------

    def _attach(self, client: Http1Client, callbacks: UpstreamCallbacks) -> None:
        """The request slot is acquired already."""
        self._busy[client] = None
        limit = self._context.info.max_requests_per_connection
        if limit and client.requests + 1 >= limit:
            client.is_draining = True
            self._context.stats.upstream_cx_max_requests.value += 1
        callbacks.on_pool_ready(client.begin(callbacks), self._host)

    def on_stream_end(self, client: Http1Client) -> None:
        self._context.limits.requests.release()
        self._busy.pop(client, None)
        if client.is_draining or self._is_draining:
            if not client.is_closed:
                client.close(CloseType.NO_FLUSH)
            return
        self._offer(client)

    def on_client_close(self, client: Http1Client) -> None:
        self._context.limits.connections.release()
        if client in self._busy:
            del self._busy[client]
            self._context.limits.requests.release()
        elif client in self._idle:
            self._idle.remove(client)
        if self._waiting and len(self._connecting) < len(self._waiting):
            self._connect()
        self._check_drained()

    def _offer(self, client: Http1Client) -> None:
        """A client is free: for whoever waited longest, else for later."""
        while self._waiting:
            pending = next(iter(self._waiting))
            del self._waiting[pending]
            self._leave_queue()
            if self._context.limits.requests.try_acquire():
                self._attach(client, pending.callbacks)
                return
            self._context.stats.upstream_rq_active_overflow.value += 1
            pending.callbacks.on_pool_failure(PoolFailure.OVERFLOW, "", self._host)
        if self._is_draining:
            client.close(CloseType.NO_FLUSH)
            return
        self._idle.append(client)
        client.wait()

    def withdraw(self, pending: PendingStream) -> None:
        if pending not in self._waiting:
            return
        del self._waiting[pending]
        self._leave_queue()
        self._context.stats.upstream_rq_cancelled.value += 1

    def _leave_queue(self) -> None:
        self._context.limits.pending_requests.release()
        self._context.stats.upstream_rq_pending_active.value -= 1
        self._host.rq_pending_active -= 1

    def _check_drained(self) -> None:
        if self._idle or self._busy or self._connecting or self._waiting:
            return
        if self.on_empty is not None:
            self.on_empty()
        if not self._is_draining:
            return
        callbacks = self._on_drained
        self._on_drained = []
        for on_drained in callbacks:
            on_drained()

    def __repr__(self) -> str:
        return (
            f"Http1Pool({self._host.address.text}: {len(self._idle)} idle, {len(self._busy)} busy, "
            f"{len(self._connecting)} connecting, {len(self._waiting)} waiting)"
        )


class PendingStream(Cancellable):
    """A request that waits for a connection."""

    def __init__(self, pool: Http1Pool, callbacks: UpstreamCallbacks) -> None:
        self._pool = pool
        self.callbacks = callbacks

    def cancel(self) -> None:
        self._pool.withdraw(self)


class PendingConnect(ConnectHandler):
    """A connection under way."""

    def __init__(self, pool: Http1Pool, started_at: float) -> None:
        self._pool = pool
        self.started_at = started_at
        self.attempt: Cancellable | None = None

    def on_connected(self, connection: TcpConnection) -> None:
        self._pool.on_connected(self, connection)

    def on_connect_failure(self, failure: PoolFailure, detail: str) -> None:
        self._pool.on_connect_failure(self, failure, detail)


class _Owner(ClientOwner):
    """The pool's ear. A class of its own because a pool is a ConnectionPool already."""

    def __init__(self, pool: Http1Pool) -> None:
        self._pool = pool

    def on_stream_end(self, client: Http1Client) -> None:
        self._pool.on_stream_end(client)

    def on_client_close(self, client: Http1Client) -> None:
        self._pool.on_client_close(client)
