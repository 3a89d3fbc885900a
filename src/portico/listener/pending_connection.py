"""A connection whose listener filters are still looking at its first bytes."""

from __future__ import annotations

from enum import Enum

from mypy_extensions import mypyc_attr

from portico.api.clock import Clock, Timer
from portico.api.connection import ConnectionEvent, ConnectionHandler
from portico.api.listener_filter import AcceptedSocket, ListenerFilter
from portico.api.network_filter import NetworkStatus
from portico.net.connection import TcpConnection


class PendingOutcome(Enum):
    """How the wait ended."""

    PASSED = 1
    TIMEOUT = 2
    REJECTED = 3
    REMOTE_CLOSE = 4


@mypyc_attr(allow_interpreted_subclasses=True)
class PendingOwner:
    """Who chooses the filter chain afterwards."""

    def on_settled(self, pending: PendingConnection, outcome: PendingOutcome) -> None:
        """Called once. The connection still has the pending one as its handler."""
        raise NotImplementedError

    def on_filter_exception(self, pending: PendingConnection, error: Exception) -> None:
        """A filter raised: our bug, or its author's. REJECTED follows."""
        raise NotImplementedError


class PendingConnection(ConnectionHandler):
    """Bytes that arrive are kept: filters peek, and the filter chain gets what none of them consumed."""

    def __init__(self, owner: PendingOwner, connection: TcpConnection, filters: list[ListenerFilter]) -> None:
        self.connection = connection
        self._owner = owner
        self._filters = filters
        self._socket = AcceptedSocket(connection.info)
        self._received = b""
        self._index = 0  # of the filter that is asked next
        self._is_introduced = False  # that filter's on_accept was called
        self._peek_bytes = 0  # so many it may look at
        self._waits_for_timeout = False  # it stopped, and no bytes can change its mind
        self._is_settled = False
        self._is_paused = False
        self._timer: Timer | None = None

    def start(self, clock: Clock, timeout_s: float) -> None:
        """``timeout_s`` 0.0: wait for ever."""
        connection = self.connection
        connection.handler = self
        if timeout_s > 0:
            self._timer = clock.timer(self._on_timeout)
            self._timer.start(timeout_s)
        self._ask()

    def remaining(self) -> bytes:
        """What the filter chain is to see."""
        return self._received[self._socket.consumed :]

    def withdraw(self) -> None:
        """Forget it without an outcome: the listener is closing."""
        self._is_settled = True
        if self._timer is not None:
            self._timer.cancel()

    # --- ConnectionHandler ----------------------------------------------------------------------------------------

    def on_data(self, data: bytes, end_stream: bool) -> None:
        if not self._is_settled:
            self._received += data
            self._ask()

    def on_event(self, event: ConnectionEvent) -> None:
        self._settle(PendingOutcome.REMOTE_CLOSE)

    # --- inside ---------------------------------------------------------------------------------------------------

    def _ask(self) -> None:
        try:
            outcome = self._next_outcome()
        except Exception as error:  # noqa: BLE001  boundary: a filter's bug costs its own connection
            self._owner.on_filter_exception(self, error)
            outcome = PendingOutcome.REJECTED
        if outcome is not None:
            self._settle(outcome)

    def _next_outcome(self) -> PendingOutcome | None:
        """Ask the filters in order, as far as the bytes go; None = more are needed."""
        while self._index < len(self._filters):
            each = self._filters[self._index]
            if not self._is_introduced:
                self._is_introduced = True
                status = each.on_accept(self._socket)
                if self._socket.rejected:
                    return PendingOutcome.REJECTED
                self._peek_bytes = each.max_peek_bytes()
                self._waits_for_timeout = self._peek_bytes == 0 and status is NetworkStatus.STOP_ITERATION
            if self._waits_for_timeout:
                self._pause()
                return None
            if self._peek_bytes and not self._peek(each):
                return PendingOutcome.REJECTED if self._socket.rejected else None
            self._index += 1
            self._is_introduced = False
        return PendingOutcome.PASSED

    def _peek(self, each: ListenerFilter) -> bool:
        """Whether the filter is done with the connection."""
        peeked = self.remaining()
        if not peeked:
            return False
        status = each.on_peek(self._socket, peeked)
        if self._socket.rejected:
            return False
        if status is NetworkStatus.STOP_ITERATION:
            if len(peeked) >= self._peek_bytes:
                self._pause()
            return False
        return True

    def _pause(self) -> None:
        """A filter may look at no more than it declared: what else comes waits in the kernel."""
        if not self._is_paused:
            self._is_paused = True
            self.connection.pause_reading()

    def _on_timeout(self) -> None:
        self._settle(PendingOutcome.TIMEOUT)

    def _settle(self, outcome: PendingOutcome) -> None:
        if self._is_settled:
            return
        self.withdraw()
        if self._is_paused:
            self.connection.resume_reading()
        self._owner.on_settled(self, outcome)

    def __repr__(self) -> str:
        return f"PendingConnection({self._index} of {len(self._filters)}, {self.connection!r})"
