"""One TCP or unix-socket connection on the event loop."""

from __future__ import annotations

import asyncio
import socket
import struct
from enum import Enum
from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.api.clock import Clock, Timer
from portico.api.connection import CloseType, Connection, ConnectionEvent
from portico.api.stats import Counter
from portico.api.stream_info import ConnectionInfo
from portico.net.departures import Departures

_NO_LIMIT: Final = 1 << 40  # per_connection_buffer_limit_bytes 0; uvloop has no such word and defaults to 64 KiB
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close() sends RST


class ByteCounters:
    """Where a connection's traffic is counted; several may share one."""

    def __init__(self, received: Counter, sent: Counter) -> None:
        self.received = received
        self.sent = sent


class State(Enum):
    """Of the transport, as its owner may rely on."""

    OPEN = 1
    FLUSHING = 2  # close() was called; what was written is still leaving
    DELAYED = 3  # flushed; waiting for the peer's FIN or the delayed-close timer
    CLOSED = 4


@mypyc_attr(allow_interpreted_subclasses=True)
class ArrivalHandler:
    """Whoever waits for a connection's transport."""

    def on_arrival(self, connection: TcpConnection) -> None:
        """Called once, before anything is read. Must set ``connection.handler``."""
        raise NotImplementedError


class TcpConnection(Connection):
    """An asyncio protocol that speaks to one ConnectionHandler."""

    def __init__(
        self,
        info: ConnectionInfo,
        clock: Clock,
        counters: ByteCounters,
        buffer_limit_bytes: int,
        delayed_close_s: float,
    ) -> None:
        self.info = info
        self._clock = clock
        self._counters = counters
        self._buffer_limit_bytes = buffer_limit_bytes
        self._delayed_close_s = delayed_close_s
        self._transport: Any = None  # uvloop's TCPTransport or UnixTransport
        self._state = State.OPEN
        self._read_pauses = 0
        self._above_high_watermark = False
        self._delay_timer: Timer | None = None
        self._delays_expired: Counter | None = None
        self._has_dropped = False  # bytes came after close()
        self._unflushed = 0
        self._held: list[bytes] = []  # what came although reading was paused
        self._is_end_held = False
        self._saw_end = False  # the peer's FIN came
        self._wrote_end = False  # ours is behind what was written
        self.is_half_close_enabled = False
        self.arrival: ArrivalHandler | None = None
        self.departures: Departures | None = None  # who tells that the peer left while reading is paused
        self._watched = -1  # the descriptor they watch
        self._detects_early_close = False
        self.received_bytes = 0
        self.sent_bytes = 0
        self.close_reason = ""  # the transport's error, "" = a plain FIN

    # --- asyncio.Protocol: called by the loop ---------------------------------------------------------------------

    def connection_made(self, transport: Any) -> None:
        self._clock.tick()
        self._transport = transport
        limit = self._buffer_limit_bytes or _NO_LIMIT
        transport.set_write_buffer_limits(limit, limit // 2)
        if self._read_pauses:
            self._stop_reading()  # uvloop begins to read when this method returns all the same: see _hold
        if self.arrival is not None:
            self.arrival.on_arrival(self)

    def data_received(self, data: bytes) -> None:
        self._clock.tick()
        if self._state is State.OPEN and self._read_pauses:
            self._hold(data)
            return
        self._counters.received.value += len(data)
        self.received_bytes += len(data)
        if self._state is State.OPEN:
            self.handler.on_data(data, False)
        else:
            self._has_dropped = True

    def eof_received(self) -> bool:
        self._clock.tick()
        if self._saw_end:
            return True  # a resumed reader meets the end again
        if self._state is State.OPEN and self._read_pauses:
            self._is_end_held = True
            return True
        if self._state is State.OPEN and self.is_half_close_enabled:
            self._saw_end = True
            self.handler.on_data(b"", True)
            # Its answer may have been our own: then both are done, and the transport sends what is unsent.
            if not (self.is_open() and self._wrote_end):
                return self._stays()
        self._finish(ConnectionEvent.REMOTE_CLOSE)
        return False

    def connection_lost(self, error: Exception | None) -> None:
        self._clock.tick()
        if isinstance(error, OSError):
            self.close_reason = (error.strerror or str(error)).capitalize()
            if isinstance(error, ConnectionResetError):
                self.info.detected_close_type = "RemoteReset"
        local = self._state is State.FLUSHING or self._state is State.DELAYED
        self._finish(ConnectionEvent.LOCAL_CLOSE if local else ConnectionEvent.REMOTE_CLOSE)
        self._transport = None

    def pause_writing(self) -> None:
        self._above_high_watermark = True
        if self._state is State.OPEN:
            self.handler.on_above_write_buffer_high_watermark()

    def resume_writing(self) -> None:
        self._above_high_watermark = False
        if self._state is State.OPEN:
            self.handler.on_below_write_buffer_low_watermark()

    # --- Connection: called by the owner --------------------------------------------------------------------------

    def write(self, data: bytes, end_stream: bool = False) -> None:
        if self._state is not State.OPEN or self._wrote_end:
            return
        if data:
            self._counters.sent.value += len(data)
            self.sent_bytes += len(data)
            self._transport.write(data)
        if end_stream:
            self._write_end()

    def close(self, how: CloseType, details: str = "") -> None:
        if self._state is State.CLOSED:
            return
        if details:
            self.info.local_close_reason = details
        if how is CloseType.ABORT_RESET:
            self._abort_with_reset()
        elif how is CloseType.NO_FLUSH:
            self._abort()
        elif self._state is State.OPEN:
            self._flush_and_close(how)

    def drop(self) -> None:
        """Close without telling anyone: for a connection that nobody handles yet."""
        self._state = State.CLOSED
        if self._watched >= 0:
            self._stop_watching()
        if self._transport is not None:
            self._transport.abort()

    def pause_reading(self) -> None:
        if self._state is not State.OPEN:
            return
        self._read_pauses += 1
        if self._read_pauses == 1 and self._transport is not None and not self._transport.is_closing():
            self._stop_reading()

    def resume_reading(self) -> None:
        if self._state is not State.OPEN:
            return  # closing has let go of every pause already
        self._read_pauses -= 1
        assert self._read_pauses >= 0
        if self._read_pauses == 0 and self._watched >= 0:
            self._stop_watching()
        if self._read_pauses == 0 and self._transport is not None and not self._transport.is_closing():
            if self._held or self._is_end_held:
                self._clock.soon(self._release)
            else:
                self._transport.resume_reading()

    def detect_early_close(self) -> None:
        self._detects_early_close = True

    def enable_half_close(self) -> None:
        self.is_half_close_enabled = True

    def count_bytes(self, received: Counter, sent: Counter) -> None:
        self._counters = ByteCounters(received, sent)

    def traffic(self) -> tuple[int, int]:
        return self.received_bytes, self.sent_bytes

    def set_delayed_close(self, delay_s: float, expired: Counter | None = None) -> None:
        self._delayed_close_s = delay_s
        self._delays_expired = expired

    def peer_name(self) -> Any:
        """What getpeername(2) says, as Python spells it; None when the peer is gone already."""
        return self._transport.get_extra_info("peername")

    def own_name(self) -> Any:
        """What getsockname(2) says; None when the socket is gone already."""
        return self._transport.get_extra_info("sockname")

    def is_open(self) -> bool:
        return self._state is State.OPEN

    def is_above_high_watermark(self) -> bool:
        return self._above_high_watermark

    def _reads(self) -> bool:
        return self._read_pauses == 0 and self._transport is not None

    def _stays(self) -> bool:
        return self._state is not State.CLOSED

    # --- while reading is paused ----------------------------------------------------------------------------------

    def _stop_reading(self) -> None:
        self._transport.pause_reading()
        is_wanted = self._detects_early_close or self.is_half_close_enabled
        if is_wanted and self.departures is not None and self._watched < 0 and self._state is State.OPEN:
            self._watched = self._transport.get_extra_info("socket").fileno()
            self.departures.watch(self._watched, self._on_departure)

    def _stop_watching(self) -> None:
        if self.departures is not None:
            self.departures.forget(self._watched)
        self._watched = -1

    def _on_departure(self, is_reset: bool) -> None:
        self._watched = -1
        if self._state is not State.OPEN or (self.is_half_close_enabled and not is_reset):
            return
        self._clock.tick()
        if is_reset:
            self.info.detected_close_type = "RemoteReset"
            self.close_reason = "Connection reset by peer"
        self._transport.abort()
        self._finish(ConnectionEvent.REMOTE_CLOSE)

    def _hold(self, data: bytes) -> None:
        """A transport may be in the middle of a read, or just begin, when told to pause. Counted once it is let in."""
        self._held.append(data)
        if self._transport.is_reading():
            self._transport.pause_reading()

    def _release(self) -> None:
        if self._read_pauses or self._state is not State.OPEN:
            return
        held = self._held
        if held:
            self._held = []
            data = b"".join(held)
            self._counters.received.value += len(data)
            self.received_bytes += len(data)
            self.handler.on_data(data, False)
        if not self._reads():
            return
        if self._is_end_held:
            self._is_end_held = False
            if not self.eof_received():
                self._transport.close()
        elif not self._transport.is_closing():
            self._transport.resume_reading()

    # --- closing --------------------------------------------------------------------------------------------------

    def _write_end(self) -> None:
        self._wrote_end = True
        if self._saw_end:
            # Both sides are done. Not told from in here: the caller may be in the middle of the other connection.
            self._state = State.FLUSHING
            self._transport.close()
        else:
            self._transport.write_eof()

    def _flush_and_close(self, how: CloseType) -> None:
        waits = how is CloseType.FLUSH_WRITE_AND_DELAY and self._delayed_close_s > 0
        unflushed = self._transport.get_write_buffer_size()
        if not unflushed and not waits:
            self._transport.close()
            self._finish(ConnectionEvent.LOCAL_CLOSE)
            return
        self._state = State.DELAYED if waits else State.FLUSHING
        if not waits:
            self._transport.close()
        elif self._read_pauses:
            # The peer's FIN must be seen while we wait for it.
            self._read_pauses = 0
            self._transport.resume_reading()
            if self._watched >= 0:
                self._stop_watching()
        if self._delayed_close_s > 0:
            self._unflushed = unflushed
            self._delay_timer = self._clock.timer(self._on_delay)
            self._delay_timer.start(self._delayed_close_s)

    def _on_delay(self) -> None:
        """The grace period is over; a peer that still takes bytes gets another one."""
        unflushed = self._transport.get_write_buffer_size() if self._transport is not None else 0
        if unflushed and unflushed < self._unflushed and self._delay_timer is not None:
            self._unflushed = unflushed
            self._delay_timer.start(self._delayed_close_s)
            return
        self.info.local_close_reason = "triggered_delayed_close_timeout"
        if self._delays_expired is not None:
            self._delays_expired.value += 1
        if self._has_dropped and self._transport is not None:
            self._reset_on_close()  # a peer that goes on sending must not take a FIN for our having read it
        self._abort()

    def _abort(self) -> None:
        if self._transport is not None:
            self._transport.abort()
        self._finish(ConnectionEvent.LOCAL_CLOSE)

    def _abort_with_reset(self) -> None:
        if self._transport is not None:
            self._reset_on_close()
            self._transport.abort()
        self.info.detected_close_type = "LocalReset"
        self._finish(ConnectionEvent.LOCAL_CLOSE)

    def _reset_on_close(self) -> None:
        peer = self._transport.get_extra_info("socket")
        if peer is not None and peer.family != socket.AF_UNIX:
            peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE)

    def _finish(self, event: ConnectionEvent) -> None:
        if self._state is State.CLOSED:
            return
        self._state = State.CLOSED
        if self._watched >= 0:
            self._stop_watching()
        if self._delay_timer is not None:
            self._delay_timer.cancel()
            self._delay_timer = None
        self.handler.on_event(event)

    def __repr__(self) -> str:
        return f"TcpConnection({self.info.connection_id}, {self._state.name})"


def run_detached(loop: asyncio.AbstractEventLoop, coroutine: Any) -> asyncio.Task[None]:
    """A task kept alive until it ends, for one-off work such as connecting."""
    task: asyncio.Task[None] = loop.create_task(coroutine)
    _RUNNING.add(task)
    task.add_done_callback(_RUNNING.discard)
    return task


_RUNNING: Final[set[asyncio.Task[None]]] = set()
