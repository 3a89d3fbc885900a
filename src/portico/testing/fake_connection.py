"""A connection whose peer is the test."""

from __future__ import annotations

from portico.api.address import Address
from portico.api.connection import CloseType, Connection, ConnectionEvent
from portico.api.stats import Counter
from portico.api.stream_info import ConnectionInfo


class FakeConnection(Connection):
    """Open from the start. ``sent`` is what was written, ``closed`` how it was closed; None = it is open.

    What ``receive`` brings while reading is paused waits, as it would in the kernel.
    """

    def __init__(self, info: ConnectionInfo | None = None) -> None:
        self.info = info or ConnectionInfo(1, Address("192.0.2.7", 40000), Address("192.0.2.1", 80))
        self.sent = b""
        self.writes = 0
        self.sent_end = False
        self.closed: CloseType | None = None
        self.close_details = ""
        self.read_pauses = 0
        self.delayed_close_s = 0.0
        self.is_half_close_enabled = False
        self._event: ConnectionEvent | None = None
        self._waiting: list[tuple[bytes, bool]] = []
        self._received = 0
        self._written = 0
        self._is_above = False

    # --- what the test does -----------------------------------------------------------------------------------------

    def receive(self, data: bytes, end_stream: bool = False) -> None:
        """Bytes, and perhaps the FIN, from the peer."""
        self._waiting.append((data, end_stream))
        self._deliver()

    def take_sent(self) -> bytes:
        """What was written since the last call."""
        data = self.sent
        self.sent = b""
        return data

    def peer_closes(self) -> None:
        """FIN where half-close is not enabled, or a reset."""
        self._end(ConnectionEvent.REMOTE_CLOSE)

    def fill(self) -> None:
        """The peer takes nothing: the write buffer rises above its high watermark."""
        self._is_above = True
        self.handler.on_above_write_buffer_high_watermark()

    def empty(self) -> None:
        """The peer takes bytes again."""
        self._is_above = False
        self.handler.on_below_write_buffer_low_watermark()

    def unread_bytes(self) -> int:
        """What waits because reading is paused."""
        return sum(len(data) for data, _ in self._waiting)

    # --- Connection -------------------------------------------------------------------------------------------------

    def write(self, data: bytes, end_stream: bool = False) -> None:
        if not self.is_open():
            return
        self.writes += 1
        self.sent += data
        self._written += len(data)
        self.sent_end = self.sent_end or end_stream

    def close(self, how: CloseType, details: str = "") -> None:
        if self.closed is not None or self._event is not None:
            return
        self.closed = how
        self.close_details = details
        if how is not CloseType.FLUSH_WRITE_AND_DELAY:
            self._end(ConnectionEvent.LOCAL_CLOSE)

    def pause_reading(self) -> None:
        self.read_pauses += 1

    def resume_reading(self) -> None:
        self.read_pauses -= 1
        assert self.read_pauses >= 0, "resumed more often than paused"
        self._deliver()

    def detect_early_close(self) -> None:
        pass  # a test that closes it says so at once

    def enable_half_close(self) -> None:
        self.is_half_close_enabled = True

    def count_bytes(self, received: Counter, sent: Counter) -> None:
        pass

    def traffic(self) -> tuple[int, int]:
        return self._received, self._written

    def set_delayed_close(self, delay_s: float, expired: Counter | None = None) -> None:
        self.delayed_close_s = delay_s

    def is_open(self) -> bool:
        return self.closed is None and self._event is None

    def is_above_high_watermark(self) -> bool:
        return self._is_above

    def _deliver(self) -> None:
        while self._waiting and not self.read_pauses and self.is_open():
            data, end_stream = self._waiting.pop(0)
            self._received += len(data)
            self.handler.on_data(data, end_stream)

    def _end(self, event: ConnectionEvent) -> None:
        if self._event is None:
            self._event = event
            self.handler.on_event(event)

    def __repr__(self) -> str:
        state = "open" if self.is_open() else "closed" if self.closed is None else self.closed.name
        return f"FakeConnection({self.info.connection_id}, {state}, sent {self.sent!r})"
