"""One downstream HTTP/1 connection: its codec, and its streams one after another."""

from __future__ import annotations

from enum import Enum
from typing import Final

from portico.api.clock import Timer
from portico.api.codec import Data, Event, Headers, ProtocolError, Trailers
from portico.api.connection import CloseType, Connection, ConnectionEvent
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import Protocol, StreamInfo
from portico.codec.http1.request_block import UNEXPECTED_UNDERSCORE
from portico.codec.http1.server import STREAM, ServerCodec
from portico.codec.http1.writer import STATUS_LINES, status_line
from portico.http.config import HttpConfig
from portico.http.date import DateCache
from portico.http.request_checks import check_request
from portico.http.stream import Stream, StreamOwner, StreamTimers
from portico.stats.http_stats import HttpListenerStats

_ERROR_BODIES: Final = {
    400: b"Bad Request",
    426: b"Upgrade Required",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
}
_SELF: Final = "the HTTP/1 connection"  # in the log
_DRAINED: Final = "deferred_close_on_drained_connection"  # %DOWNSTREAM_LOCAL_CLOSE_REASON%
_SLACK_S: Final = 0.001  # a timer that fires this early is on time


class Phase(Enum):
    """How far the connection is on its way out."""

    OPEN = 1
    DRAINING = 2  # responses say that they are the last; whoever sends another request all the same is answered
    DRAINED = 3  # closes with the request under way; its client may not know yet
    CLOSING = 4  # closes with the request under way, which its client was told


class Http1Connection(StreamOwner):
    """Parses, starts a stream per request, writes its response, and decides when the connection ends."""

    def __init__(self, config: HttpConfig, listener_stats: HttpListenerStats, date: DateCache) -> None:
        clock = config.server.clock
        self.config = config
        self.date = date
        self._clock = clock
        self._listener_stats = listener_stats
        self._codec = ServerCodec(config.codec)
        self._stream: Stream | None = None
        self._timers = StreamTimers(config)
        self._held = b""  # a response head that waits for its first body bytes
        self._requests = 0
        self._received = 0  # bytes, on this connection
        self._sent = 0
        self._received_before = 0  # until the end of the last stream
        self._sent_before = 0
        self._response_head_bytes = 0
        self._phase = Phase.OPEN
        self._is_soft_draining = False
        self._is_closed = False
        self._is_dispatching = False  # a stream that ends now must not start the next one from below
        self._is_slowed = False  # reading is paused because requests wait in the codec
        self._connected_at = clock.time
        self._idle_since = clock.time
        self._idle_timer = clock.timer(self._on_idle)
        timeouts = config.timeouts
        self._headers_timer = clock.timer(self._on_headers_timeout) if timeouts.request_headers_s > 0 else None
        self._drain_timer: Timer | None = None
        self._duration_timer = clock.timer(self._on_max_duration) if timeouts.max_connection_duration_s > 0 else None

    # --- the connection -------------------------------------------------------------------------------------------

    def begin(self, connection: Connection) -> None:
        self.connection = connection
        connection.detect_early_close()
        stats = self.config.stats
        connection.set_delayed_close(self.config.timeouts.delayed_close_s, stats.downstream_cx_delayed_close_timeout)
        stats.downstream_cx_total.value += 1
        stats.downstream_cx_active.value += 1
        timeouts = self.config.timeouts
        self._connected_at = self._idle_since = self._clock.time
        if timeouts.idle_s > 0:
            self._idle_timer.start(timeouts.idle_s)
        if self._duration_timer is not None:
            self._duration_timer.start(timeouts.connection_duration_s(self.config.server.random))

    def receive(self, data: bytes) -> None:
        if self._is_closed:
            return
        if not self._received:
            self._count_protocol()
        self._received += len(data)
        try:
            self._dispatch(self._codec.receive(data))
        except Exception as error:  # noqa: BLE001  boundary: a bug costs one connection, not the worker
            self._on_bug(error)

    def on_watermark(self, is_above: bool) -> None:
        if self._stream is not None:
            self._stream.on_downstream_watermark(is_above)
        elif self._is_slowed and not is_above:
            self._resume()

    def on_close(self, event: ConnectionEvent) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._count_close(event)
        self._cancel_timers()
        stream = self._stream
        if stream is not None:
            is_remote = event is ConnectionEvent.REMOTE_CLOSE
            if is_remote:
                self.config.stats.downstream_rq_rx_reset.value += 1
            stream.on_downstream_close("downstream_remote_disconnect" if is_remote else "downstream_local_disconnect")
        self._timers.cancel()

    def is_closed(self) -> bool:
        return self._is_closed

    def is_closing(self) -> bool:
        """Whether no request may follow the one under way."""
        return self._phase is Phase.DRAINED or self._phase is Phase.CLOSING

    def _cancel_timers(self) -> None:
        self._idle_timer.dispose()
        for timer in (self._headers_timer, self._duration_timer, self._drain_timer):
            if timer is not None:
                timer.dispose()

    # --- requests -------------------------------------------------------------------------------------------------

    def _dispatch(self, events: list[Event]) -> None:
        self._is_dispatching = True
        while events:
            for event in events:
                if isinstance(event, Headers):
                    headers = event.headers
                    assert isinstance(headers, RequestHeaders)
                    self._start(headers, event.end_stream)
                else:
                    self._dispatch_rest(event)
                if self._is_closed:
                    break
            stream = self._stream
            if stream is not None:
                if not stream.is_request_complete:
                    stream.on_batch_end()
                break
            if self.is_closing() or self.is_closed():
                break
            if self.connection.is_above_high_watermark():
                self._slow_down()
                break
            # The response is out already: take up what was pipelined behind the request.
            events = self._codec.resume()
        self._is_dispatching = False
        if self._codec.has_more():
            self._slow_down()
        elif self._stream is None and self._codec.has_partial_head():
            # The request began, and so did its deadlines. The usual head comes in one piece and pays for none of it.
            self._new_stream()
            if self._headers_timer is not None:
                self._headers_timer.start(self.config.timeouts.request_headers_s)

    def _dispatch_rest(self, event: Event) -> None:
        stream = self._stream
        if isinstance(event, Data):
            if stream is not None:
                stream.on_data(event.data, event.end_stream)
        elif isinstance(event, Trailers):
            if stream is not None:
                stream.on_trailers(event.trailers)
        elif isinstance(event, ProtocolError):
            self._on_protocol_error(event.status_hint, event.details)

    def _start(self, headers: RequestHeaders, end_stream: bool) -> None:
        config = self.config
        stream = self._stream
        if stream is None:
            stream = self._new_stream()
        else:
            stream.info.protocol = self._codec.protocol
            if self._headers_timer is not None:
                self._headers_timer.pause()
        self._requests += 1
        stream.request = headers
        stream.info.downstream_headers_rx = self._clock.time
        stream.is_head = headers.method == b"HEAD"
        stream.is_upgrade = self._codec.is_upgrade
        if end_stream:
            stream.on_request_end()
        limit = config.max_requests_per_connection
        if limit and self._requests >= limit:
            self._phase = Phase.CLOSING
            config.stats.downstream_cx_max_requests_reached.value += 1
        is_http_10 = self._codec.protocol is Protocol.HTTP10
        connection = headers.get(b"connection")
        if connection is not None or is_http_10:
            self._read_connection_options(connection or b"", is_http_10)
        if check_request(stream, headers, config):
            stream.start(headers, end_stream)

    def _new_stream(self) -> Stream:
        stats = self.config.stats
        stats.downstream_rq_total.value += 1
        stats.downstream_rq_active.value += 1
        stats.downstream_rq_http1_total.value += 1
        clock = self._clock
        info = StreamInfo(self.connection.info)
        info.protocol = self._codec.protocol
        info.start = clock.time
        info.start_wall = clock.wall()
        stream = Stream(self, STREAM, info, self._timers)
        self._stream = stream
        self._timers.lend(stream)
        return stream

    def _read_connection_options(self, value: bytes, is_http_10: bool) -> None:
        """Whether the client wants the connection to go on (RFC 9112 §9.3)."""
        options = [option.strip() for option in value.lower().split(b",")]
        if b"close" in options or (is_http_10 and b"keep-alive" not in options):
            self._phase = Phase.CLOSING

    def _on_protocol_error(self, status: int, details: str) -> None:
        stats = self.config.stats
        stats.downstream_cx_protocol_error.value += 1
        self._phase = Phase.CLOSING
        stream = self._stream or self._new_stream()
        stream.info.add_flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR)
        if details == UNEXPECTED_UNDERSCORE:
            self.config.codec_stats.requests_rejected_with_underscores_in_headers.value += 1
        elif status == 431:
            stats.downstream_rq_too_large.value += 1
        stream.is_request_complete = False
        stream.local_reply(status, _ERROR_BODIES.get(status, b"Bad Request"), details, None, None)

    def _slow_down(self) -> None:
        """Requests behind the one under way, or behind responses nobody reads, stay in the kernel, not here."""
        if not self._is_slowed and not self._is_closed:
            self._is_slowed = True
            self.connection.pause_reading()

    def _resume(self) -> None:
        if self._is_slowed:
            self._is_slowed = False
            self.connection.resume_reading()
        try:
            events = self._codec.resume()
            if events or self._codec.has_partial_head():
                self._dispatch(events)
        except Exception as error:  # noqa: BLE001  boundary: whoever ended the last stream is not to blame
            self._on_bug(error)

    def _on_bug(self, error: Exception) -> None:
        self._is_dispatching = False
        self._phase = Phase.CLOSING
        if self._stream is not None:
            self._stream.filter_failed(_SELF, error)
            return
        self.config.failures.note(_SELF, error)
        self.connection.close(CloseType.NO_FLUSH)

    # --- StreamOwner: the response --------------------------------------------------------------------------------

    def send_headers(self, stream: Stream, headers: ResponseHeaders, end_stream: bool) -> None:
        data = self._codec.encode_headers(headers, end_stream)
        self._response_head_bytes = len(data)
        if self._codec.must_close:
            self._phase = Phase.CLOSING
        if end_stream:
            self._write(self._held + data)
        else:
            self._held += data

    def send_data(self, stream: Stream, data: bytes, end_stream: bool) -> None:
        framed = self._codec.encode_data(data, end_stream)
        if self._held:
            framed = self._held + framed
        self._write(framed)

    def send_trailers(self, stream: Stream, trailers: HeaderMap) -> None:
        self._write(self._held + self._codec.encode_trailers(trailers))

    def flush(self) -> None:
        if self._held:
            self._write(self._held)

    def _write(self, data: bytes) -> None:
        self._held = b""
        if data:
            self._sent += len(data)
            self.config.stats.downstream_cx_tx_bytes_total.value += len(data)
            self.connection.write(data)

    def must_close_after(self, stream: Stream) -> bool:
        if self._phase is Phase.OPEN and self.config.drain.should_close():
            self.config.stats.downstream_cx_drain_close.value += 1
            self._drain()
        if not stream.is_request_complete or stream.must_close:
            self._phase = Phase.CLOSING
        return self._phase is not Phase.OPEN

    def on_stream_end(self, stream: Stream) -> None:
        self._stream = None
        self._received_before = self._received - self._codec.waiting_bytes()
        self._sent_before = self._sent
        self._timers.take_back()
        self._count_response(stream)
        if self._is_closed:
            return
        if self.is_closing() or not stream.is_request_complete:
            if not stream.is_request_complete:
                self.config.stats.downstream_rq_rx_reset.value += 1  # to Envoy the rest of the request is reset
            # A client that may still be sending must not lose the response to a reset. To Envoy that is also one whose
            # request was answered before the codec was done with it.
            at_once = self._phase is Phase.CLOSING and stream.is_request_complete and not self._is_dispatching
            self._phase = Phase.CLOSING
            self.connection.close(CloseType.FLUSH_WRITE if at_once else CloseType.FLUSH_WRITE_AND_DELAY, _DRAINED)
            return
        self._idle_since = self._clock.time
        if self._is_dispatching:
            return
        if self.connection.is_above_high_watermark():
            self._slow_down()
        else:
            self._resume()

    def reset_stream(self, stream: Stream) -> None:
        self._phase = Phase.DRAINED
        self.flush()
        if stream.is_request_complete:
            self.config.stats.downstream_rq_rx_reset.value += 1  # Envoy's codec calls its own reset the peer's

    def note_bytes(self, stream: Stream) -> None:
        info = stream.info
        info.downstream_wire_bytes_received = self._received - self._codec.waiting_bytes() - self._received_before
        info.downstream_wire_bytes_sent = self._sent - self._sent_before
        if stream.request is not None:
            info.downstream_header_bytes_received = self._codec.request_header_bytes()
        if stream.response_started:
            info.downstream_header_bytes_sent = header_bytes(self._response_head_bytes, info.response_code)

    def pause_request(self, stream: Stream) -> None:
        self.connection.pause_reading()

    def resume_request(self, stream: Stream) -> None:
        self.connection.resume_reading()

    # --- timers ---------------------------------------------------------------------------------------------------

    def _on_idle(self) -> None:
        """Set once, looks back when it fires: a busy connection costs it nothing."""
        limit = self.config.timeouts.idle_s
        left = limit if self._stream is not None else self._idle_since + limit - self._clock.time
        if left > _SLACK_S:
            self._idle_timer.start(left)
            return
        self.config.stats.downstream_cx_idle_timeout.value += 1
        self._retire("on_idle_timeout")

    def _on_headers_timeout(self) -> None:
        stream = self._stream
        if stream is None or stream.request is not None:
            return
        self.config.stats.downstream_rq_header_timeout.value += 1
        stream.local_reply(408, b"request header timeout", "request_header_timeout", None, None)

    def _on_max_duration(self) -> None:
        stats = self.config.stats
        stats.downstream_cx_max_duration_reached.value += 1
        if self.config.timeouts.closes_with_a_response and self._received and self._phase is Phase.OPEN:
            stats.downstream_cx_http1_soft_drain.value += 1
            self._is_soft_draining = True
            self._phase = Phase.CLOSING
        else:
            self._retire("max_connection_duration_reached")

    def _retire(self, details: str) -> None:
        """Enough of this connection. One that never said anything needs no warning."""
        if not self._received:
            self.connection.close(CloseType.FLUSH_WRITE, details)
        elif self._phase is Phase.OPEN:
            self._drain()

    def _drain(self) -> None:
        """Warn first, close after ``drain_timeout``: the next request may be under way."""
        self._phase = Phase.DRAINING
        self._drain_timer = self._clock.timer(self._on_drained)
        self._drain_timer.start(self.config.timeouts.drain_s)

    def _on_drained(self) -> None:
        if self._phase is not Phase.DRAINING:
            return
        self._phase = Phase.DRAINED
        if self._stream is None:
            self.connection.close(CloseType.FLUSH_WRITE_AND_DELAY, _DRAINED)

    # --- counting -------------------------------------------------------------------------------------------------

    def _count_protocol(self) -> None:
        """A connection speaks HTTP/1 once it has spoken."""
        self.config.stats.downstream_cx_http1_total.value += 1
        self.config.stats.downstream_cx_http1_active.value += 1

    def _count_response(self, stream: Stream) -> None:
        stats = self.config.stats
        stats.downstream_rq_active.value -= 1
        code = stream.info.response_code
        if code:
            at = code // 100 if code < 1000 else 0
            stats.downstream_rq_completed.value += 1
            stats.downstream_rq_xx[at].value += 1
            listener = self._listener_stats
            listener.downstream_rq_completed.value += 1
            listener.downstream_rq_xx[at].value += 1

    def _count_close(self, event: ConnectionEvent) -> None:
        stats = self.config.stats
        has_request = self._stream is not None
        stats.downstream_cx_destroy.value += 1
        if has_request:
            stats.downstream_cx_destroy_active_rq.value += 1
        if event is ConnectionEvent.REMOTE_CLOSE:
            stats.downstream_cx_destroy_remote.value += 1
            if has_request:
                stats.downstream_cx_destroy_remote_active_rq.value += 1
        else:
            stats.downstream_cx_destroy_local.value += 1
            if has_request:
                stats.downstream_cx_destroy_local_active_rq.value += 1
        stats.downstream_cx_active.value -= 1
        if self._received:
            stats.downstream_cx_http1_active.value -= 1
        if self._is_soft_draining:
            stats.downstream_cx_http1_soft_drain.value -= 1
        stats.downstream_cx_length_ms.record((self._clock.time - self._connected_at) * 1000.0)


def header_bytes(head_bytes: int, status: int) -> int:
    """Of a response head, what Envoy calls header bytes: neither the status line nor the empty line counts."""
    return head_bytes - len(STATUS_LINES.get(status) or status_line(status)) - 2
