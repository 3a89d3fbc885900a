"""The event loop's side of a TCP connection, for tests of what stands on ``net.connection.TcpConnection``."""

from __future__ import annotations

from typing import Any

from portico.api.address import Address
from portico.api.clock import Clock
from portico.api.stats import Counter
from portico.api.stream_info import ConnectionInfo
from portico.net.connection import ByteCounters, TcpConnection


class FakeTransport:
    """What asyncio.Transport offers. A peer that reads nothing is ``takes_bytes = False``."""

    def __init__(self) -> None:
        self.sent = b""
        self.unsent = b""
        self.takes_bytes = True
        self.is_paused = False
        self.sent_eof = False
        self.was_aborted = False
        self.was_closed = False
        self.limits = (0, 0)
        self.socket = FakeSocket()
        self._protocol: Any = None
        self._is_above = False
        self._is_lost = False

    def connect(self, protocol: Any) -> None:
        self._protocol = protocol
        protocol.connection_made(self)

    # --- what the test does -----------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> None:
        assert not self.is_paused, "the loop delivers nothing to a paused protocol"
        self._protocol.data_received(data)

    def take_sent(self) -> bytes:
        data = self.sent
        self.sent = b""
        return data

    def drain(self) -> None:
        """The peer takes everything that waits."""
        self.takes_bytes = True
        self._flush()
        if self.was_closed:
            self.run_close()

    def peer_closes(self, error: Exception | None = None) -> None:
        """FIN, or ``error`` such as ConnectionResetError."""
        if error is None and self._protocol.eof_received():
            return
        self._lose(error)

    def run_close(self) -> None:
        """The loop's next turn after ``close`` or ``abort``: tells connection_lost once everything is flushed."""
        if self.was_aborted or (self.was_closed and not self.unsent):
            self._lose(None)

    # --- asyncio.Transport ------------------------------------------------------------------------------------------

    def write(self, data: bytes) -> None:
        self.unsent += data
        self._flush()
        if len(self.unsent) > self.limits[0] and not self._is_above:
            self._is_above = True
            self._protocol.pause_writing()

    def write_eof(self) -> None:
        self.sent_eof = True

    def close(self) -> None:
        self.was_closed = True

    def abort(self) -> None:
        self.was_aborted = True
        self.unsent = b""

    def is_closing(self) -> bool:
        return self.was_closed or self.was_aborted

    def is_reading(self) -> bool:
        return not self.is_paused

    def pause_reading(self) -> None:
        assert not self.is_paused
        self.is_paused = True

    def resume_reading(self) -> None:
        assert self.is_paused
        self.is_paused = False

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        self.limits = (high, low)

    def get_write_buffer_size(self) -> int:
        return len(self.unsent)

    def get_extra_info(self, name: str) -> Any:
        known = {"peername": ("192.0.2.9", 8080), "sockname": ("192.0.2.1", 50000), "socket": self.socket}
        return known.get(name)

    def _flush(self) -> None:
        if self.takes_bytes:
            self.sent += self.unsent
            self.unsent = b""
            if self._is_above:
                self._is_above = False
                self._protocol.resume_writing()

    def _lose(self, error: Exception | None) -> None:
        if not self._is_lost:
            self._is_lost = True
            self._protocol.connection_lost(error)


class FakeSocket:
    """What setsockopt was told, by level and name."""

    family = 2  # AF_INET

    def __init__(self) -> None:
        self.options: dict[tuple[int, int], Any] = {}

    def setsockopt(self, level: int, name: int, value: Any) -> None:
        self.options[level, name] = value


def tcp_connection(clock: Clock, buffer_limit_bytes: int = 1024 * 1024, delayed_close_s: float = 0.0) -> TcpConnection:
    """A connection that waits for a transport: ``FakeTransport().connect(it)``."""
    info = ConnectionInfo(1, Address("192.0.2.9", 8080), Address("192.0.2.1", 50000))
    counters = ByteCounters(Counter("rx"), Counter("tx"))
    return TcpConnection(info, clock, counters, buffer_limit_bytes, delayed_close_s)
