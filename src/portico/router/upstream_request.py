"""One try of one request: a pool, then a stream, then a response or a failure."""

from __future__ import annotations

from typing import Final

from mypy_extensions import trait

from portico.api.clock import Clock
from portico.api.codec import LocalProtocolError
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import StreamInfo
from portico.api.upstream import (
    Cancellable,
    ConnectionPool,
    PoolFailure,
    ResetReason,
    UpstreamCallbacks,
    UpstreamStream,
)
from portico.router.outcome import POOL_FAILURES, RESETS, Failure
from portico.router.try_limits import TryLimits
from portico.router.try_log import TryLog
from portico.router.virtual_cluster import RequestStats


@trait
class TryOwner:
    """The router filter, as its tries see it. A trait: the filter has HttpFilter for a base."""

    def on_try_ready(self) -> None:
        """What was held back for want of a stream has been sent."""
        raise NotImplementedError

    def on_try_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        raise NotImplementedError

    def on_try_informational(self, headers: ResponseHeaders) -> None:
        raise NotImplementedError

    def on_try_data(self, data: bytes, end_stream: bool) -> None:
        raise NotImplementedError

    def on_try_trailers(self, trailers: HeaderMap) -> None:
        raise NotImplementedError

    def on_try_batch_end(self) -> None:
        raise NotImplementedError

    def on_try_failure(self, failure: Failure, detail: str, host: Host | None) -> None:
        """Told once; nothing follows."""
        raise NotImplementedError

    def on_try_watermark(self, is_above: bool) -> None:
        raise NotImplementedError

    def on_try_exception(self, error: Exception) -> None:
        """One of the methods above raised: our bug, or that of a header mutation. Nothing follows."""
        raise NotImplementedError


_NOBODY: Final[list[RequestStats]] = []  # never added to


class UpstreamRequest(UpstreamCallbacks):
    """Holds the request's body until there is a stream to send it on."""

    def __init__(
        self, owner: TryOwner, info: StreamInfo, clock: Clock, headers: RequestHeaders, end_stream: bool
    ) -> None:
        self.host: Host | None = None
        self.response_started = False
        self.buffered_bytes = 0
        self.is_above_watermark = False
        self._owner: TryOwner | None = owner
        self._info = self.info = info
        self._clock = clock
        self._headers = headers
        self._is_request_complete = end_stream
        self._stream: UpstreamStream | None = None
        self._pending: Cancellable | None = None
        self._body: list[bytes] = []
        self._trailers: HeaderMap | None = None
        self._read_pauses = 0
        self._asked_at = clock.time
        self.limits: TryLimits | None = None
        self.charged: list[RequestStats] = _NOBODY  # who counts the try once it has a connection
        self.log: TryLog | None = None

    def start(self, pool: ConnectionPool) -> None:
        self._pending = pool.new_stream(self)

    def cancel(self) -> None:
        """Give the try up. No callback follows."""
        self._owner = None
        if self._pending is not None:
            self._pending.cancel()
            self._pending = None
        stream = self._stream
        if stream is not None:
            self._stream = None
            self._resume_all(stream)
            stream.reset()
        self._settle(None)

    # --- the request ----------------------------------------------------------------------------------------------

    def encode_data(self, data: bytes, end_stream: bool) -> None:
        self._is_request_complete = end_stream
        if self.log is not None:
            self.log.sent(data)
        if self._stream is None:
            self._body.append(data)
            self.buffered_bytes += len(data)
            return
        if end_stream:
            self._note_request_end()
        self._stream.encode_data(data, end_stream)

    def encode_trailers(self, trailers: HeaderMap) -> None:
        self._is_request_complete = True
        if self._stream is None:
            self._trailers = trailers
        else:
            self._note_request_end()
            self._stream.encode_trailers(trailers)

    def flush(self) -> None:
        if self._stream is not None:
            self._stream.flush()

    def pause_response(self, is_above: bool) -> None:
        """The client reads too slowly (True), or again fast enough."""
        if is_above:
            self._read_pauses += 1
            if self._stream is not None:
                self._stream.pause_reading()
        elif self._read_pauses:
            self._read_pauses -= 1
            if self._stream is not None:
                self._stream.resume_reading()

    # --- UpstreamCallbacks ----------------------------------------------------------------------------------------

    def on_pool_ready(self, stream: UpstreamStream, host: Host) -> None:
        was_queued = self._pending is not None
        self._pending = None
        self._stream = stream
        for _ in range(self._read_pauses):  # the client was slow before there was anything to slow down
            stream.pause_reading()
        self.host = host
        info = self._info
        connection = stream.connection.info
        info.upstream_host = host
        info.upstream_remote_address = host.address
        info.upstream_local_address = connection.local_address
        info.upstream_connection_id = connection.connection_id
        info.upstream_connect_start = connection.start
        info.upstream_connect_complete = connection.connected
        info.upstream_protocol = stream.protocol
        now = self._clock.time
        info.upstream_pool_wait_s = now - self._asked_at
        info.first_upstream_tx = now
        for charged in self.charged:
            charged.upstream_rq_total.value += 1
        if self.limits is not None:
            self.limits.stream_begins()
        has_waited = bool(self._body) or self._trailers is not None
        ends = self._is_request_complete
        if ends:
            self._note_request_end()
        try:
            if has_waited:
                self._send_what_waited(stream, ends)
            else:
                stream.encode_headers(self._headers, ends)
                if was_queued and not ends:
                    stream.flush()  # the read that brought this head is over
        except LocalProtocolError as error:  # a filter announced another length than the body it let through
            owner = self._owner
            self.cancel()
            if owner is not None:
                owner.on_try_exception(error)
            return
        if has_waited and self._owner is not None:
            self._owner.on_try_ready()

    def _send_what_waited(self, stream: UpstreamStream, ends: bool) -> None:
        body = self._body
        trailers = self._trailers
        stream.encode_headers(self._headers, False)
        if body:
            self._body = []
            self.buffered_bytes = 0
            stream.encode_data(b"".join(body), ends and trailers is None)
        if trailers is not None:
            stream.encode_trailers(trailers)
        stream.flush()

    def on_pool_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        self._pending = None
        owner = self._owner
        self._owner = None
        if owner is not None:
            self._info.upstream_host = host
            self._info.upstream_pool_wait_s = self._clock.time - self._asked_at
            self._info.upstream_transport_failure_reason = detail
            outcome = POOL_FAILURES[failure]
            self._settle(outcome.flag)
            owner.on_try_failure(outcome, detail, host)

    def on_response_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        owner = self._owner
        if owner is None:
            return
        if headers.status < 200 and headers.status != 101:
            owner.on_try_informational(headers)
            return
        self.response_started = True
        if self.log is not None:
            self.log.received_headers(headers)
        info = self._info
        info.first_upstream_rx = self._clock.time
        if end_stream:
            self._finish()
        try:
            owner.on_try_headers(headers, end_stream)
        except Exception as error:  # noqa: BLE001  boundary: the upstream connection is not to blame
            owner.on_try_exception(error)

    def on_response_data(self, data: bytes, end_stream: bool) -> None:
        owner = self._owner
        if owner is None:
            return
        info = self._info
        if not info.first_upstream_body_rx:
            info.first_upstream_body_rx = self._clock.time
        if self.log is not None:
            self.log.received(data)
        if end_stream:
            self._finish()
        try:
            owner.on_try_data(data, end_stream)
        except Exception as error:  # noqa: BLE001  boundary
            owner.on_try_exception(error)

    def on_response_trailers(self, trailers: HeaderMap) -> None:
        owner = self._owner
        if owner is not None:
            if self.log is not None:
                self.log.received_trailers(trailers)
            self._finish()
            try:
                owner.on_try_trailers(trailers)
            except Exception as error:  # noqa: BLE001  boundary
                owner.on_try_exception(error)

    def on_response_batch_end(self) -> None:
        if self._owner is not None:
            self._owner.on_try_batch_end()

    def on_stream_reset(self, reason: ResetReason, detail: str) -> None:
        self._stream = None
        failure = RESETS[reason]
        self._settle(failure.flag)
        owner = self._owner
        self._owner = None
        if owner is not None:
            owner.on_try_failure(failure, detail, self.host)

    def on_write_buffer_watermark(self, is_above: bool) -> None:
        self.is_above_watermark = is_above
        if self._owner is not None:
            self._owner.on_try_watermark(is_above)

    def _finish(self) -> None:
        """The response is complete: the stream belongs to the next request from here on."""
        self._info.last_upstream_rx = self._clock.time
        self._settle(None)
        stream = self._stream
        self._stream = None
        self._owner = None
        if stream is not None:
            self._resume_all(stream)

    def _note_request_end(self) -> None:
        self._info.last_upstream_tx = self._clock.time
        if self.limits is not None:
            self.limits.request_ends()

    def _settle(self, flag: ResponseFlag | None) -> None:
        """The try is over; ``flag``: why it failed."""
        if self.limits is not None:
            self.limits.cancel()
            self.limits = None
        if self.log is not None:
            self.log.end(flag)
            self.log = None

    def _resume_all(self, stream: UpstreamStream) -> None:
        while self._read_pauses:
            self._read_pauses -= 1
            stream.resume_reading()
