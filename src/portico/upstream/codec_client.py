"""One HTTP/1 connection to a host: a codec, its socket, and the one stream it can carry at a time."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.clock import Timer
from portico.api.codec import Data, Event, Headers, ProtocolError, Trailers
from portico.api.connection import CloseType, ConnectionEvent, ConnectionHandler
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.sparse_log import describe
from portico.api.stream_info import Protocol, StreamInfo
from portico.api.upstream import ResetReason, UpstreamCallbacks, UpstreamStream
from portico.codec.http1.client import ClientCodec
from portico.net.connection import TcpConnection
from portico.upstream.pool_context import PoolContext


@mypyc_attr(allow_interpreted_subclasses=True)
class ClientOwner:
    """The pool, as its clients report to it."""

    def on_stream_end(self, client: Http1Client) -> None:
        """The response is complete; the client is idle, or closes now if it may not be used again."""
        raise NotImplementedError

    def on_client_close(self, client: Http1Client) -> None:
        """The connection is gone; told once."""
        raise NotImplementedError


class Http1Client(ConnectionHandler):
    """The connection side. ``stream`` lives as long as the connection and is lent to one request after another."""

    def __init__(self, connection: TcpConnection, host: Host, context: PoolContext, owner: ClientOwner) -> None:
        self.connection = connection
        self.host = host
        self.context = context
        self.codec = ClientCodec(context.http1)
        self.stream = Http1UpstreamStream(self)
        self.callbacks: UpstreamCallbacks | None = None  # of the request under way
        self.held = b""  # a request head that waits for its first body bytes
        self.requests = 0
        self.header_bytes_sent = 0  # of the request under way; as Envoy: neither the request line nor the empty line
        self._sent_before = 0  # on this connection, until the end of the last request
        self._received_before = 0
        self.is_closed = False
        self.is_draining = False  # no request after this one
        self._ends_early = False  # its last response came before the end of the request
        self._is_given_up = False  # closed by us in the middle of a request, whose owner knows or will be told
        self.connected_at = context.clock.time
        self._idle_since = context.clock.time
        self._idle_timer = context.clock.timer(self._on_idle_timeout)
        self._is_idle_timer_set = False
        self._duration_timer: Timer | None = None
        if context.info.max_connection_duration_s > 0:
            self._duration_timer = context.clock.timer(self._on_max_duration)
            self._duration_timer.start(context.info.max_connection_duration_s)
        self._owner = owner
        connection.handler = self

    def begin(self, callbacks: UpstreamCallbacks) -> UpstreamStream:
        """Lend the stream. The client must be idle."""
        assert self.callbacks is None
        self.callbacks = callbacks
        self.requests += 1
        stats = self.context.stats
        stats.upstream_rq_total.value += 1
        stats.upstream_rq_active.value += 1
        self.host.rq_total += 1
        self.host.rq_active += 1
        return self.stream

    def wait(self) -> None:
        """Idle from here on, for no longer than the cluster's idle timeout."""
        self._idle_since = self.context.clock.time
        if not self._is_idle_timer_set and self.context.info.idle_timeout_s > 0:
            self._is_idle_timer_set = True
            self._idle_timer.start(self.context.info.idle_timeout_s)

    def close(self, how: CloseType) -> None:
        self.connection.close(how)

    # --- ConnectionHandler ----------------------------------------------------------------------------------------

    def on_data(self, data: bytes, end_stream: bool) -> None:
        try:
            for event in self.codec.receive(data):
                self._dispatch(event)
            if self.callbacks is not None:
                self.callbacks.on_response_batch_end()
        except Exception as error:  # noqa: BLE001  boundary: a bug costs one request, not the worker
            self.context.log.error(f"a response could not be taken: {describe(error)}")
            self._give_up(ResetReason.LOCAL_RESET)

    def on_event(self, event: ConnectionEvent) -> None:
        self.is_closed = True
        self._idle_timer.dispose()
        if self._duration_timer is not None:
            self._duration_timer.dispose()
        is_remote = event is ConnectionEvent.REMOTE_CLOSE
        callbacks = self.callbacks
        if is_remote and callbacks is not None:
            for last in self.codec.receive(b""):
                self._dispatch(last)
        self._count_close(is_remote)
        callbacks = self.callbacks
        if callbacks is None:
            self._owner.on_client_close(self)
            return
        self._release()
        self._owner.on_client_close(self)
        if self._is_given_up:
            return
        reason = ResetReason.CONNECTION_TERMINATION
        if is_remote and self.codec.is_message_incomplete():
            # RFC 9112 §8: a message cut short is no message.
            self.context.stats.upstream_cx_protocol_error.value += 1
            reason = ResetReason.PROTOCOL_ERROR
        callbacks.on_stream_reset(reason, "")

    def on_above_write_buffer_high_watermark(self) -> None:
        self.context.stats.upstream_flow_control_backed_up_total.value += 1
        if self.callbacks is not None:
            self.callbacks.on_write_buffer_watermark(True)

    def on_below_write_buffer_low_watermark(self) -> None:
        self.context.stats.upstream_flow_control_drained_total.value += 1
        if self.callbacks is not None:
            self.callbacks.on_write_buffer_watermark(False)

    # --- events ---------------------------------------------------------------------------------------------------

    def _dispatch(self, event: Event) -> None:
        callbacks = self.callbacks
        if isinstance(event, ProtocolError):
            self._on_protocol_error()
        elif callbacks is None:
            return
        elif isinstance(event, Headers):
            headers = event.headers
            assert isinstance(headers, ResponseHeaders)
            if event.end_stream:
                self._end()
            callbacks.on_response_headers(headers, event.end_stream)
        elif isinstance(event, Data):
            if event.end_stream:
                self._end()
            callbacks.on_response_data(event.data, event.end_stream)
        elif isinstance(event, Trailers):
            self._end()
            callbacks.on_response_trailers(event.trailers)

    def _on_protocol_error(self) -> None:
        self.context.stats.upstream_cx_protocol_error.value += 1
        self._give_up(ResetReason.PROTOCOL_ERROR)

    def _give_up(self, reason: ResetReason) -> None:
        callbacks = self.callbacks
        self._is_given_up = True
        self.connection.close(CloseType.NO_FLUSH)
        if callbacks is not None:
            callbacks.on_stream_reset(reason, "")

    def _end(self) -> None:
        """The last byte of the response is in. What came before it must not be disturbed by a reused stream."""
        codec = self.codec
        is_complete = codec.is_request_complete()
        reusable = codec.keep_alive and is_complete and not self.is_closed
        self._ends_early = not is_complete
        self._release()
        if not reusable:
            self.is_draining = True
            if codec.was_told_to_close():
                self.context.stats.upstream_cx_close_notify.value += 1
        self._owner.on_stream_end(self)

    def _release(self) -> None:
        callbacks = self.callbacks
        self.callbacks = None
        if callbacks is not None:
            self._note_bytes(callbacks.info)
        self.context.stats.upstream_rq_active.value -= 1
        self.host.rq_active -= 1

    def _note_bytes(self, info: StreamInfo | None) -> None:
        sent = self.connection.sent_bytes
        received = self.connection.received_bytes
        if info is not None:
            info.upstream_wire_bytes_sent = sent - self._sent_before
            info.upstream_wire_bytes_received = received - self._received_before
            info.upstream_header_bytes_sent = self.header_bytes_sent
            info.upstream_header_bytes_received = self.codec.response_header_bytes
        self._sent_before = sent
        self._received_before = received

    def reset(self) -> None:
        """The request is given up: nobody could tell its response from the next one's."""
        if self.callbacks is None:
            return
        self._is_given_up = True
        if not self.held:
            self.connection.close(CloseType.NO_FLUSH)
            return
        # A head that was taken is sent even when its body turns out to be broken in the same read: as Envoy 1.40 does.
        self.connection.write(self.held)
        self.held = b""
        self.connection.close(CloseType.FLUSH_WRITE)

    def _on_idle_timeout(self) -> None:
        """The timer is set once and looks back when it fires: a busy connection costs it nothing."""
        limit = self.context.info.idle_timeout_s
        left = limit if self.callbacks is not None else self._idle_since + limit - self.context.clock.time
        if left > 0.001:
            self._idle_timer.start(left)
            return
        self.context.stats.upstream_cx_idle_timeout.value += 1
        self.connection.close(CloseType.NO_FLUSH)

    def _on_max_duration(self) -> None:
        self.context.stats.upstream_cx_max_duration_reached.value += 1
        self.is_draining = True
        if self.callbacks is None:
            self.connection.close(CloseType.NO_FLUSH)

    def _count_close(self, is_remote: bool) -> None:
        stats = self.context.stats
        stats.upstream_cx_destroy.value += 1
        has_request = self.callbacks is not None or self._ends_early
        if has_request:
            stats.upstream_cx_destroy_with_active_rq.value += 1
        if is_remote:
            stats.upstream_cx_destroy_remote.value += 1
            if has_request:
                stats.upstream_cx_destroy_remote_with_active_rq.value += 1
        else:
            stats.upstream_cx_destroy_local.value += 1
            if has_request:
                stats.upstream_cx_destroy_local_with_active_rq.value += 1
        stats.upstream_cx_active.value -= 1
        self.host.cx_active -= 1
        if self.requests:
            stats.upstream_rq_per_cx.record(self.requests)
        stats.upstream_cx_length_ms.record((self.context.clock.time - self.connected_at) * 1000.0)

    def __repr__(self) -> str:
        state = "closed" if self.is_closed else "idle" if self.callbacks is None else "busy"
        return f"Http1Client({self.host.address.text}, {state}, {self.requests} requests)"


class Http1UpstreamStream(UpstreamStream):
    """The request side of an Http1Client."""

    def __init__(self, client: Http1Client) -> None:
        self.connection = client.connection
        self.protocol = Protocol.HTTP11
        self._client = client

    def encode_headers(self, headers: RequestHeaders, end_stream: bool) -> None:
        client = self._client
        if client.callbacks is None:
            return
        data = client.codec.encode_headers(headers, end_stream)
        line = len(headers.method) + len(headers.path or headers.authority) + 12
        client.header_bytes_sent = len(data) - line - 2
        if end_stream:
            client.connection.write(data)
        else:
            client.held = data

    def encode_data(self, data: bytes, end_stream: bool) -> None:
        client = self._client
        if client.callbacks is None:
            return
        framed = client.codec.encode_data(data, end_stream)
        if client.held:
            framed = client.held + framed
            client.held = b""
        client.connection.write(framed)

    def encode_trailers(self, trailers: HeaderMap) -> None:
        client = self._client
        if client.callbacks is None:
            return
        client.connection.write(client.held + client.codec.encode_trailers(trailers))
        client.held = b""

    def flush(self) -> None:
        client = self._client
        if client.held and client.callbacks is not None:
            client.connection.write(client.held)
            client.held = b""

    def reset(self) -> None:
        self._client.reset()

    def pause_reading(self) -> None:
        self._client.connection.pause_reading()

    def resume_reading(self) -> None:
        self._client.connection.resume_reading()
