"""The last network filter of an HTTP listener: one connection's codec and its streams."""

from __future__ import annotations

from typing import Final

from portico.api.buffer import Buffer
from portico.api.codec import Data, Event, Headers, ProtocolError, Trailers
from portico.api.connection import CloseType, ConnectionEvent
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import Protocol, StreamInfo
from portico.codec.http1.server import ServerCodec
from portico.http.config import HttpConfig
from portico.http.date import DateCache
from portico.http.request_checks import check_request
from portico.http.stream import Stream, StreamOwner, StreamTimers
from portico.stats.http_stats import HttpListenerStats

_ERROR_BODIES: Final = {
    400: b"Bad Request",
    408: b"request header timeout",
    426: b"Upgrade Required",
    431: b"Request Header Fields Too Large",
    501: b"Not Implemented",
}


class ConnectionManager(NetworkFilter):
    """HTTP/1 on one downstream connection: one stream at a time, in order."""

    def __init__(self, config: HttpConfig, listener_stats: HttpListenerStats, date: DateCache) -> None:
        self._config = config
        self._listener_stats = listener_stats
        self._date = date
        self._codec = ServerCodec(config.codec)
        self._owner = Http1StreamOwner(self, config, date)
        self._stream: Stream | None = None
        self._timers = StreamTimers(config)
        self._requests = 0
        self._is_closing = False  # no request after the one under way
        self._is_closed = False
        self._is_reading = False  # inside on_data: a finished stream must not start the next one from below
        self._read_paused_for_pipeline = False
        self._connected_at = config.server.clock.now()
        clock = config.server.clock
        self._idle_timer = clock.timer(self._on_idle)
        self._headers_timer = clock.timer(self._on_headers_timeout) if config.timeouts.request_headers_s > 0 else None
        self._duration_timer = clock.timer(self._on_max_duration) if config.timeouts.max_connection_duration_s > 0 else None

    # --- NetworkFilter --------------------------------------------------------------------------------------------

    def on_new_connection(self) -> NetworkStatus:
        stats = self._config.stats
        stats.downstream_cx_total.value += 1
        stats.downstream_cx_active.value += 1
        stats.downstream_cx_http1_total.value += 1
        stats.downstream_cx_http1_active.value += 1
        self._owner.connection = self.connection
        self._connected_at = self._config.server.clock.now()
        self._wait()
        if self._duration_timer is not None:
            self._duration_timer.start(self._config.timeouts.max_connection_duration_s)
        return NetworkStatus.CONTINUE

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        received = data.take()
        self._config.stats.downstream_cx_rx_bytes_total.value += len(received)
        if self._is_closed:
            return NetworkStatus.STOP_ITERATION
        if self._headers_timer is not None and self._stream is None and not self._headers_timer.is_active():
            self._headers_timer.start(self._config.timeouts.request_headers_s)
        self._is_reading = True
        self._dispatch_all(self._codec.receive(received))
        self._is_reading = False
        return NetworkStatus.STOP_ITERATION

    def on_event(self, event: ConnectionEvent) -> None:
        if self._is_closed:
            return
        self._is_closed = True
        self._idle_timer.cancel()
        if self._headers_timer is not None:
            self._headers_timer.cancel()
        if self._duration_timer is not None:
            self._duration_timer.cancel()
        self._count_close(event)
        stream = self._stream
        if stream is not None:
            is_remote = event is ConnectionEvent.REMOTE_CLOSE
            if is_remote:
                self._config.stats.downstream_rq_rx_reset.value += 1
            stream.on_downstream_close("downstream_remote_disconnect" if is_remote else "downstream_local_disconnect")
        self._timers.cancel()

    def on_above_write_buffer_high_watermark(self) -> None:
        if self._stream is not None:
            self._stream.on_downstream_watermark(True)

    def on_below_write_buffer_low_watermark(self) -> None:
        if self._stream is not None:
            self._stream.on_downstream_watermark(False)

    # --- codec events ---------------------------------------------------------------------------------------------

    def _dispatch_all(self, events: list[Event]) -> None:
        while events:
            for event in events:
                self._dispatch(event)
                if self._is_closed:
                    return
            stream = self._stream
            if stream is not None:
                stream.on_batch_end()
                break
            # The response is out already: take up what was pipelined behind the request.
            if self._is_closing:
                break
            events = self._codec.resume()
        self._slow_pipelining()

    def _dispatch(self, event: Event) -> None:
        stream = self._stream
        if isinstance(event, Headers):
            headers = event.headers
            assert isinstance(headers, RequestHeaders)
            self._start(headers, event.end_stream)
        elif isinstance(event, Data):
            if stream is not None:
                stream.on_data(event.data, event.end_stream)
        elif isinstance(event, Trailers):
            if stream is not None:
                stream.on_trailers(event.trailers)
        elif isinstance(event, ProtocolError):
            self._on_protocol_error(event.status_hint, event.details)

    def _start(self, headers: RequestHeaders, end_stream: bool) -> None:
        config = self._config
        stats = config.stats
        stats.downstream_rq_total.value += 1
        stats.downstream_rq_active.value += 1
        stats.downstream_rq_http1_total.value += 1
        self._idle_timer.pause()
        if self._headers_timer is not None:
            self._headers_timer.pause()
        self._requests += 1
        stream = self._new_stream()
        stream.request = headers
        stream.is_head = headers.method == b"HEAD"
        stream.is_upgrade = self._codec.is_upgrade
        if end_stream:
            stream.on_request_end()
        limit = config.max_requests_per_connection
        if limit and self._requests >= limit:
            self._is_closing = True
            stats.downstream_cx_max_requests_reached.value += 1
        self._read_connection_options(headers)
        if check_request(stream, headers, config):
            stream.start(headers, end_stream)

    def _new_stream(self) -> Stream:
        clock = self._config.server.clock
        info = StreamInfo(self.connection.info)
        info.protocol = self._codec.protocol
        info.start = clock.now()
        info.start_wall = clock.wall()
        stream = Stream(self._owner, 1, info, self._timers)
        self._stream = stream
        self._timers.lend(stream)
        return stream

    def _read_connection_options(self, headers: RequestHeaders) -> None:
        """Whether the client wants the connection to go on (RFC 9112 §9.3)."""
        value = headers.get(b"connection")
        if value is None:
            if self._codec.protocol is Protocol.HTTP10:
                self._is_closing = True
            return
        options = [option.strip() for option in value.lower().split(b",")]
        if b"close" in options or (self._codec.protocol is Protocol.HTTP10 and b"keep-alive" not in options):
            self._is_closing = True

    def _on_protocol_error(self, status: int, details: str) -> None:
        stats = self._config.stats
        stats.downstream_cx_protocol_error.value += 1
        self._is_closing = True
        stream = self._stream
        if stream is None:
            stats.downstream_rq_total.value += 1
            stats.downstream_rq_active.value += 1
            stats.downstream_rq_http1_total.value += 1
            self._idle_timer.pause()
            stream = self._new_stream()
        stream.info.add_flag(ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR)
        if status == 431:
            stats.downstream_rq_too_large.value += 1
        stream.is_request_complete = False
        stream.local_reply(status, _ERROR_BODIES.get(status, b"Bad Request"), details, None, None)

    # --- what streams ask for, by way of Http1StreamOwner -----------------------------------------------------------

    def send(self, event: Event) -> None:
        self._codec.send(event)
        if self._codec.must_close:
            self._is_closing = True

    def flush(self) -> None:
        output = self._codec.take_output()
        if output:
            self._config.stats.downstream_cx_tx_bytes_total.value += len(output)
            self.connection.write(output)

    def must_close_after(self, stream: Stream) -> bool:
        if not stream.is_request_complete or stream.must_close or self._config.server.drain.should_close():
            self._is_closing = True
        return self._is_closing

    def on_stream_end(self, stream: Stream) -> None:
        self._stream = None
        self._timers.take_back()
        self._count_response(stream)
        if self._is_closed:
            return
        if self._is_closing or not stream.is_request_complete:
            self._is_closing = True
            how = CloseType.FLUSH_WRITE if stream.is_request_complete else CloseType.FLUSH_WRITE_AND_DELAY
            self.connection.close(how, stream.info.response_code_details)
            return
        self._wait()
        if not self._is_reading:
            self._resume()

    def reset_stream(self) -> None:
        self._is_closing = True
        self._is_closed = True
        self.flush()
        self._count_close(ConnectionEvent.LOCAL_CLOSE)
        self.connection.close(CloseType.FLUSH_WRITE)

    def _resume(self) -> None:
        if self._read_paused_for_pipeline:
            self._read_paused_for_pipeline = False
            self.connection.resume_reading()
        events = self._codec.resume()
        if events:
            self._is_reading = True
            self._dispatch_all(events)
            self._is_reading = False

    def _slow_pipelining(self) -> None:
        """Requests that wait behind the one under way stay in the kernel, not here."""
        if self._codec.buffered() and not self._read_paused_for_pipeline and not self._is_closed:
            self._read_paused_for_pipeline = True
            self.connection.pause_reading()

    def _wait(self) -> None:
        """Nothing is under way: the idle timeout runs."""
        if self._config.timeouts.idle_s > 0:
            self._idle_timer.start(self._config.timeouts.idle_s)

    # --- timers ---------------------------------------------------------------------------------------------------

    def _on_idle(self) -> None:
        self._config.stats.downstream_cx_idle_timeout.value += 1
        self.connection.close(CloseType.FLUSH_WRITE, "http1_idle_timeout")

    def _on_headers_timeout(self) -> None:
        if self._stream is not None or self._is_closed:
            return
        self._config.stats.downstream_rq_header_timeout.value += 1
        self._config.stats.downstream_rq_total.value += 1
        self._config.stats.downstream_rq_active.value += 1
        self._is_closing = True
        stream = self._new_stream()
        stream.local_reply(408, _ERROR_BODIES[408], "request_header_timeout", None, None)

    def _on_max_duration(self) -> None:
        self._config.stats.downstream_cx_max_duration_reached.value += 1
        self._is_closing = True
        if self._stream is None:
            self.connection.close(CloseType.FLUSH_WRITE, "max_connection_duration")

    # --- counting -------------------------------------------------------------------------------------------------

    def _count_response(self, stream: Stream) -> None:
        stats = self._config.stats
        stats.downstream_rq_active.value -= 1
        code = stream.info.response_code
        if code:
            at = code // 100 if code < 1000 else 0
            stats.downstream_rq_completed.value += 1
            stats.downstream_rq_xx[at].value += 1
            self._listener_stats.downstream_rq_completed.value += 1
            self._listener_stats.downstream_rq_xx[at].value += 1

    def _count_close(self, event: ConnectionEvent) -> None:
        stats = self._config.stats
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
        stats.downstream_cx_http1_active.value -= 1
        stats.downstream_cx_length_ms.record((self._config.server.clock.now() - self._connected_at) * 1000.0)


class Http1StreamOwner(StreamOwner):
    """The manager's side towards its streams; lives as long as the connection."""

    def __init__(self, manager: ConnectionManager, config: HttpConfig, date: DateCache) -> None:
        self._manager = manager
        self.config = config
        self.date = date

    def send_headers(self, stream: Stream, headers: ResponseHeaders, end_stream: bool) -> None:
        self._manager.send(Headers(stream.stream_id, headers, end_stream))

    def send_data(self, stream: Stream, data: bytes, end_stream: bool) -> None:
        self._manager.send(Data(stream.stream_id, data, end_stream))
        if not end_stream:
            self._manager.flush()

    def send_trailers(self, stream: Stream, trailers: HeaderMap) -> None:
        self._manager.send(Trailers(stream.stream_id, trailers))

    def flush(self) -> None:
        self._manager.flush()

    def must_close_after(self, stream: Stream) -> bool:
        return self._manager.must_close_after(stream)

    def on_stream_end(self, stream: Stream) -> None:
        self._manager.on_stream_end(stream)

    def reset_stream(self, stream: Stream) -> None:
        self._manager.reset_stream()

    def pause_request(self, stream: Stream) -> None:
        self._manager.connection.pause_reading()

    def resume_request(self, stream: Stream) -> None:
        self._manager.connection.resume_reading()
