"""One TCP connection to a host for a network filter: counted and limited like a pool's, and owned by who asked."""

from __future__ import annotations

from portico.api.connection import Connection, ConnectionEvent, ConnectionHandler
from portico.api.host import Host
from portico.api.upstream import Cancellable, PoolFailure, TcpCallbacks
from portico.net.connect import ConnectHandler
from portico.net.connection import TcpConnection
from portico.upstream.pool_context import PoolContext


def connect_tcp(context: PoolContext, host: Host, callbacks: TcpCallbacks) -> Cancellable | None:
    """None = refused, and said so: too many connections, or too many that wait for one.

    No queue as for HTTP: a TCP connection ends when its peers please, so waiting for one to end has no bound.
    """
    limits = context.limits
    if not limits.connections.can_acquire():
        context.stats.upstream_cx_overflow.value += 1
        callbacks.on_connect_failure(PoolFailure.OVERFLOW, "", host)
        return None
    if not limits.pending_requests.try_acquire():
        context.stats.upstream_rq_pending_overflow.value += 1
        callbacks.on_connect_failure(PoolFailure.OVERFLOW, "", host)
        return None
    attempt = TcpAttempt(context, host, callbacks)
    attempt.start()
    return TcpCancel(attempt)


class TcpCancel(Cancellable):
    """The caller's hand on an attempt."""

    def __init__(self, attempt: TcpAttempt) -> None:
        self._attempt = attempt

    def cancel(self) -> None:
        self._attempt.cancel()


class TcpAttempt(ConnectHandler):
    """A connect under way. The stats are those of a pool with one request per connection, as Envoy counts TCP."""

    def __init__(self, context: PoolContext, host: Host, callbacks: TcpCallbacks) -> None:
        self._context = context
        self._host = host
        self._callbacks = callbacks
        self._started_at = context.clock.now()
        self._connected_at = 0.0
        self._attempt: Cancellable | None = None

    def start(self) -> None:
        context = self._context
        context.limits.connections.acquire()
        stats = context.stats
        stats.upstream_cx_total.value += 1
        stats.upstream_cx_active.value += 1
        stats.upstream_rq_pending_total.value += 1
        stats.upstream_rq_pending_active.value += 1
        self._host.rq_pending_active += 1
        self._host.cx_total += 1
        self._host.cx_active += 1
        self._attempt = context.connector.connect(self._host.address, context.connect_options, context.counters, self)

    def cancel(self) -> None:
        """Nobody wants the connection any more. No callback follows."""
        if self._attempt is None:
            return
        self._attempt.cancel()
        self._settle()
        self._context.stats.upstream_rq_cancelled.value += 1
        self._lose_connection(ConnectionEvent.LOCAL_CLOSE)

    def on_connected(self, connection: TcpConnection) -> None:
        self._settle()
        stats = self._context.stats
        stats.upstream_rq_total.value += 1
        stats.upstream_rq_active.value += 1
        self._host.rq_total += 1
        self._host.rq_active += 1
        self._connected_at = self._context.clock.now()
        stats.upstream_cx_connect_ms.record((self._connected_at - self._started_at) * 1000.0)
        watch = CloseWatch(self)
        connection.handler = watch  # until the callee sets its own, a close must not be lost
        self._callbacks.on_connected(connection, self._host)
        watch.follow(connection)

    def on_connect_failure(self, failure: PoolFailure, detail: str) -> None:
        self._settle()
        stats = self._context.stats
        stats.upstream_cx_connect_fail.value += 1
        stats.upstream_rq_pending_failure_eject.value += 1
        self._host.cx_connect_fail += 1
        is_timeout = failure is PoolFailure.TIMEOUT
        if is_timeout:
            stats.upstream_cx_connect_timeout.value += 1
        self._lose_connection(ConnectionEvent.LOCAL_CLOSE if is_timeout else ConnectionEvent.REMOTE_CLOSE)
        self._callbacks.on_connect_failure(failure, detail, self._host)

    def on_close(self, event: ConnectionEvent) -> None:
        """The connection that came of it is gone."""
        stats = self._context.stats
        stats.upstream_cx_length_ms.record((self._context.clock.now() - self._connected_at) * 1000.0)
        stats.upstream_rq_active.value -= 1
        self._host.rq_active -= 1
        stats.upstream_cx_destroy_with_active_rq.value += 1
        if event is ConnectionEvent.REMOTE_CLOSE:
            stats.upstream_cx_destroy_remote_with_active_rq.value += 1
        else:
            stats.upstream_cx_destroy_local_with_active_rq.value += 1
        self._lose_connection(event)

    def _settle(self) -> None:
        self._attempt = None
        self._context.limits.pending_requests.release()
        self._context.stats.upstream_rq_pending_active.value -= 1
        self._host.rq_pending_active -= 1

    def _lose_connection(self, event: ConnectionEvent) -> None:
        self._context.limits.connections.release()
        stats = self._context.stats
        stats.upstream_cx_active.value -= 1
        self._host.cx_active -= 1
        stats.upstream_cx_destroy.value += 1
        if event is ConnectionEvent.REMOTE_CLOSE:
            stats.upstream_cx_destroy_remote.value += 1
        else:
            stats.upstream_cx_destroy_local.value += 1


class CloseWatch(ConnectionHandler):
    """Stands before the owner's handler to count the close; all else passes through."""

    def __init__(self, attempt: TcpAttempt) -> None:
        self._attempt = attempt
        self._owner: ConnectionHandler | None = None  # None until the callee has set its own
        self._is_closed = False

    def follow(self, connection: Connection) -> None:
        """Take the place of the handler that the owner has set."""
        if connection.handler is not self:
            self._owner = connection.handler
            connection.handler = self
        if not connection.is_open() and not self._is_closed:
            # Closed by its owner at once: that handler was told, this one was not there yet.
            self._count(ConnectionEvent.LOCAL_CLOSE)

    def on_data(self, data: bytes, end_stream: bool) -> None:
        if self._owner is not None:
            self._owner.on_data(data, end_stream)

    def on_event(self, event: ConnectionEvent) -> None:
        if event is not ConnectionEvent.CONNECTED and not self._is_closed:
            self._count(event)
        if self._owner is not None:
            self._owner.on_event(event)

    def on_above_write_buffer_high_watermark(self) -> None:
        if self._owner is not None:
            self._owner.on_above_write_buffer_high_watermark()

    def on_below_write_buffer_low_watermark(self) -> None:
        if self._owner is not None:
            self._owner.on_below_write_buffer_low_watermark()

    def _count(self, event: ConnectionEvent) -> None:
        self._is_closed = True
        self._attempt.on_close(event)
