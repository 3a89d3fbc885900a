"""One request and its response: from the codec's first event to the access log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.access_log import LogEntry
from portico.api.buffer import Buffer
from portico.api.clock import Timer
from portico.api.codec import LocalProtocolError
from portico.api.connection import Connection
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.http_filter import ResponseTimer
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import Protocol, StreamInfo
from portico.codec.http1.response_head import HOP_BY_HOP
from portico.http.config import HttpConfig, ServerHeader
from portico.http.date import DateCache
from portico.http.filter_chain import ChainOwner, FilterChain
from portico.http.filter_failures import DETAILS as FILTER_EXCEPTION
from portico.http.request_id import X_REQUEST_ID
from portico.router.action.cluster_specifier import RouteChoice
from portico.router.route import Route
from portico.router.timeouts import GRPC_DEADLINE_EXCEEDED, grpc_duration_s

_CODEC: Final = "the response's encoding"  # a filter made it illegal: more body than announced, a second head
_NEVER: Final = float("inf")
_DRAWN_FROM: Final = 1 << 62
_SLACK_S: Final = 0.001  # a timer that fires this early is on time


@mypyc_attr(allow_interpreted_subclasses=True)
class StreamOwner:
    """The connection manager, as its streams see it."""

    config: HttpConfig
    connection: Connection
    date: DateCache

    def send_headers(self, stream: Stream, headers: ResponseHeaders, end_stream: bool) -> None:
        """To the codec; leaves at ``flush`` unless it ends the stream."""
        raise NotImplementedError

    def send_data(self, stream: Stream, data: bytes, end_stream: bool) -> None:
        raise NotImplementedError

    def send_trailers(self, stream: Stream, trailers: HeaderMap) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError

    def must_close_after(self, stream: Stream) -> bool:
        """Whether ``connection: close`` belongs into the response being sent."""
        raise NotImplementedError

    def on_stream_end(self, stream: Stream) -> None:
        """The response is complete or the stream was reset; told once."""
        raise NotImplementedError

    def note_bytes(self, stream: Stream) -> None:
        """Write its wire and header bytes so far into its info."""
        raise NotImplementedError

    def reset_stream(self, stream: Stream) -> None:
        """End it on the wire without an answer: HTTP/1 closes the connection."""
        raise NotImplementedError

    def pause_request(self, stream: Stream) -> None:
        raise NotImplementedError

    def resume_request(self, stream: Stream) -> None:
        raise NotImplementedError


class StreamTimers(ResponseTimer):
    """The deadlines of one stream. HTTP/1 lends the same ones to one stream after another.

    A deadline is a number; the timer behind it is set at most once per period and looks at the number when it fires. So
    a request that ends in time sets and cancels nothing.
    """

    def __init__(self, config: HttpConfig) -> None:
        clock = config.server.clock
        self._config = config
        self._clock = clock
        self.stream: Stream | None = None
        self.last_active = 0.0
        self._idle: Timer = clock.timer(self._on_idle)
        self._is_idle_set = False
        self._response: Timer = clock.timer(self._on_response)
        self._response_at = _NEVER  # when the response is late
        self._response_wake = _NEVER  # when its timer will look
        self._on_late: Callable[[], None] | None = None
        self._request: Timer | None = None
        self._duration: Timer | None = None
        self._log = clock.timer(self._on_log_interval) if config.log_options.interval_s > 0 else None

    def lend(self, stream: Stream) -> None:
        self.stream = stream
        timeouts = self._config.timeouts
        self.last_active = self._clock.time
        if not self._is_idle_set and timeouts.stream_idle_s > 0:
            self.watch_idle(timeouts.stream_idle_s)
        if self._log is not None:
            self._log.start(self._config.log_options.interval_s)
        if timeouts.request_s > 0:
            if self._request is None:
                self._request = self._clock.timer(self._on_request)
            self._request.start(timeouts.request_s)

    def watch_idle(self, seconds: float) -> None:
        """Look after ``seconds`` whether the stream was idle all the while."""
        self._is_idle_set = True
        self._idle.start(seconds)

    def await_response(self, seconds: float, on_late: Callable[[], None]) -> None:
        """The response must be complete in ``seconds``."""
        at = self._clock.time + seconds
        self._response_at = at
        self._on_late = on_late
        if at < self._response_wake:
            self._response_wake = at
            self._response.start(seconds)

    def request_complete(self) -> None:
        if self._request is not None:
            self._request.pause()

    def limit_duration(self, seconds: float) -> None:
        if self._duration is None:
            self._duration = self._clock.timer(self._on_duration)
        self._duration.start(seconds)

    def take_back(self) -> None:
        """The stream is over; what is set stays set, and finds nobody."""
        self.stream = None
        self._response_at = _NEVER
        self._on_late = None
        for timer in (self._request, self._duration, self._log):
            if timer is not None:
                timer.pause()

    def cancel(self) -> None:
        self.stream = None
        self._on_late = None
        self._idle.dispose()
        self._response.dispose()
        for timer in (self._request, self._duration, self._log):
            if timer is not None:
                timer.dispose()

    def _on_idle(self) -> None:
        self._is_idle_set = False
        stream = self.stream
        if stream is None or stream.idle_timeout_s <= 0:
            return
        left = self.last_active + stream.idle_timeout_s - self._clock.time
        if left > _SLACK_S:
            self.watch_idle(left)
        else:
            stream.on_idle_timeout()

    def _on_response(self) -> None:
        self._response_wake = _NEVER
        if self._on_late is None or self._response_at == _NEVER:
            return
        left = self._response_at - self._clock.time
        if left > _SLACK_S:
            self.await_response(left, self._on_late)
        else:
            self._on_late()

    def _on_request(self) -> None:
        if self.stream is not None:
            self.stream.on_request_timeout()

    def _on_duration(self) -> None:
        if self.stream is not None:
            self.stream.on_duration_timeout()

    def _on_log_interval(self) -> None:
        if self.stream is not None and self._log is not None:
            self.stream.log("DownstreamPeriodic")
            self._log.start(self._config.log_options.interval_s)


class Stream(ChainOwner):
    """One request. Made when its headers are complete; gone when its response is."""

    def __init__(self, owner: StreamOwner, stream_id: int, info: StreamInfo, timers: StreamTimers) -> None:
        config = owner.config
        self.owner = owner
        self.config = config
        self.stream_id = stream_id
        self.info = info
        self.connection = owner.connection
        self.clock = config.server.clock
        self.request: RequestHeaders | None = None
        self.response: ResponseHeaders | None = None
        self.response_trailers: HeaderMap | None = None
        self.buffer_limit_bytes = config.buffer_limit_bytes
        self.route: Route | None = None
        self.choice: RouteChoice | None = None
        self.table = config.routes.table  # this stream's snapshot
        self._drawn = -1  # this request's number for fractions and weights; -1 = nobody asked yet
        self.timers: ResponseTimer = timers
        self.own_timers = timers
        self.idle_timeout_s = config.timeouts.stream_idle_s
        self.chain: FilterChain | None = None
        self._request_pauses = 0
        self.is_request_complete = False
        self.must_close = False  # this answer ends the connection
        self.is_upgrade = False
        self.is_over = False
        self.is_head = False
        self.response_started = False  # a final head went to the codec

    # --- the request, from the codec ------------------------------------------------------------------------------

    def start(self, headers: RequestHeaders, end_stream: bool) -> None:
        """Choose the route and run the filters. The connection manager has checked and rewritten ``headers``."""
        self.refresh_route()
        if self.config.log_options.on_start and self.config.access_logs:
            self.log("DownstreamStart")
        chain = FilterChain(self)
        self.chain = chain
        route = self.route
        choice = self.choice
        if route is not None and not route.has_filter_configs(choice):
            route = None  # nothing to ask it
        for slot in self.config.filters:
            is_disabled = slot.is_disabled
            if route is not None:
                said = route.is_filter_disabled(slot.name, choice)
                is_disabled = is_disabled if said is None else said
            if not is_disabled:
                try:
                    chain.add(slot.name, slot.factory())
                except Exception as error:  # noqa: BLE001  boundary: filters are written by users
                    self.filter_failed(slot.name, error)
                    return
        chain.decode_headers(headers, end_stream)

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.info.bytes_received += len(data)
        self.own_timers.last_active = self.clock.time
        if end_stream:
            self.on_request_end()
        if self.chain is not None and not self.is_over:
            self.chain.decode_data(Buffer(data), end_stream)

    def on_trailers(self, trailers: HeaderMap) -> None:
        self.own_timers.last_active = self.clock.time
        self.on_request_end()
        if self.chain is not None and not self.is_over:
            self.chain.decode_trailers(trailers)

    def on_request_end(self) -> None:
        """The last byte of the request is in."""
        self.is_request_complete = True
        self.info.last_downstream_rx = self.clock.time
        self.own_timers.request_complete()

    def on_batch_end(self) -> None:
        if self.chain is not None and not self.is_over and not self.is_request_complete:
            self.chain.batch_end()

    def on_downstream_watermark(self, is_above: bool) -> None:
        if self.chain is not None:
            self.chain.response_watermark(is_above)

    def on_downstream_close(self, details: str) -> None:
        """The client left before its response was complete."""
        if self.is_over:
            return
        self.info.add_flag(ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION)
        self.info.response_code_details = details
        self._end()

    # --- ChainOwner -----------------------------------------------------------------------------------------------

    def draw(self) -> int:
        # Measured on Envoy 1.40: a number of the stream, not of the request id; two proxies draw apart.
        if self._drawn < 0:
            self._drawn = self.config.server.random.below(_DRAWN_FROM)
        return self._drawn

    def refresh_route(self) -> None:
        table = self.table
        headers = self.request
        route: Route | None = None
        if table is not None and headers is not None:
            route = table.route(headers, self.info, self.draw() if table.draws else 0)
        self.route = route
        if route is None or headers is None:
            return
        info = self.info
        info.route_name = route.name
        info.virtual_host_name = route.virtual_host_name
        info.route_metadata = route.metadata
        forward = route.forward
        limit = self.config.timeouts.max_stream_duration_s
        if forward is not None:
            self.choice = forward.choose(headers, info, self._drawn)
            if forward.idle_timeout_s is not None:
                self.idle_timeout_s = forward.idle_timeout_s
                if forward.idle_timeout_s > 0:
                    self.own_timers.watch_idle(forward.idle_timeout_s)
            if forward.max_stream_duration_s is not None:
                limit = forward.max_stream_duration_s
            if forward.grpc_timeout_header_max_s is not None:
                limit = grpc_duration_s(forward, headers, limit)
        if limit > 0:
            self.own_timers.limit_duration(max(info.start + limit - self.clock.time, _SLACK_S))

    def local_reply(
        self,
        status: int,
        body: bytes,
        details: str,
        headers: list[tuple[bytes, bytes]] | None,
        grpc_status: int | None,
    ) -> None:
        route = self.route
        if route is not None and not self.is_over:
            self.info.response_code_details = details
            response = ResponseHeaders(status, list(headers) if headers else [])
            route.finalize_response_headers(response, self.request, self.info, self.choice)
            headers = response.items()
        self.terminal_reply(status, body, details, headers, grpc_status)

    def terminal_reply(
        self,
        status: int,
        body: bytes,
        details: str,
        headers: list[tuple[bytes, bytes]] | None,
        grpc_status: int | None,
    ) -> None:
        if self.is_over:
            return
        self.info.response_code_details = details
        chain = self.chain
        if chain is not None:
            chain.is_locally_replied = True
        if self.response_started:
            # Half a response is out: only an abrupt end tells the client that it is not whole.
            self.reset(details)
            return
        # A response that is on its way through the filters already is replaced without them: one of them holds it, or
        # is why it is replaced. Source: envoy FilterManager::sendLocalReply, sendDirectLocalReply.
        is_direct = chain is None or not chain.filters or self.response is not None
        if status == 400 and self.config.bad_requests_close:
            self.must_close = True
        response = ResponseHeaders(status, list(headers) if headers else [])
        entry = LogEntry(self.info, self.request, response)
        content = self.config.local_replies.complete(entry, status, body, grpc_status)
        ends = not content or self.is_head or response.status == 304
        if chain is None or is_direct:
            self.response = response
            self.send_headers(response, ends)
            if not ends and not self.is_over:
                self.send_data(content, True)
            return
        last = len(chain.filters) - 1
        chain.encode_headers(response, ends, last)
        if not ends and not self.is_over:
            chain.encode_data(Buffer(content), True, last)

    def filter_failed(self, name: str, error: Exception) -> None:
        self.config.failures.note(name, error)
        if self.is_over:
            return
        if self.response_started:
            self.info.response_code_details = FILTER_EXCEPTION
            self.reset(FILTER_EXCEPTION)
        else:
            # Without what the route adds: computing that may be what failed.
            self.terminal_reply(500, b"Internal Server Error", FILTER_EXCEPTION, None, None)

    def request_too_large(self) -> None:
        self.config.stats.downstream_rq_too_large.value += 1
        self.must_close = True  # to Envoy, whose codec tells the end apart from the last bytes, more is always to come
        self.local_reply(413, b"Payload Too Large", "request_payload_too_large", None, None)

    def response_too_large(self) -> None:
        self.config.stats.rs_too_large.value += 1
        self.local_reply(500, b"Internal Server Error", "response_payload_too_large", None, None)

    def reset(self, details: str) -> None:
        if self.is_over:
            return
        self.info.response_code_details = details
        self.config.stats.downstream_rq_tx_reset.value += 1
        self.owner.reset_stream(self)
        self._end()

    def send_informational(self, headers: ResponseHeaders) -> None:
        if not self.config.proxy_100_continue:
            # A 100 was this proxy's to say; 102 and 103 go the way of it.
            return  # Source: envoy FilterManager::encode1xxHeaders
        headers.remove_any(HOP_BY_HOP)
        self.owner.send_headers(self, headers, False)
        self.config.stats.downstream_rq_xx[1].value += 1
        self.owner.flush()

    def send_continue(self, headers: ResponseHeaders) -> None:
        """100: this proxy's own answer to ``expect``."""
        self.config.stats.downstream_rq_xx[1].value += 1
        self.owner.send_headers(self, headers, False)
        self.owner.flush()

    def send_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        info = self.info
        status = headers.status
        info.response_code = status
        self.response = headers
        self._finish_headers(headers, end_stream)
        self.response_started = True
        info.first_downstream_tx = self.clock.time
        self.own_timers.last_active = self.clock.time
        try:
            self.owner.send_headers(self, headers, end_stream)
        except LocalProtocolError as error:
            self.filter_failed(_CODEC, error)
            return
        if end_stream:
            self.owner.flush()
            self._end()

    def _finish_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        """What every response carries or must not carry.

        Order: envoy ConnectionManagerImpl::ActiveStream::encodeHeaders.
        """
        config = self.config
        if headers.status != 101:
            headers.remove_any(HOP_BY_HOP)
        if not headers.has(b"date"):
            headers.add(b"date", self.owner.date.now())
        mode = config.server_header
        if mode is ServerHeader.OVERWRITE or (mode is ServerHeader.APPEND_IF_ABSENT and not headers.has(b"server")):
            headers.set(b"server", config.server_name)
        if config.forwarding.via:
            headers.append(b"via", config.forwarding.via, b", ")
        if config.always_set_request_id_in_response and self.info.request_id:
            headers.set(X_REQUEST_ID, self.info.request_id)
        if config.proxy_status is not None:
            config.proxy_status.apply(headers, self.info)
        if not self.is_request_complete:
            config.stats.downstream_rq_response_before_rq_complete.value += 1
        is_http_10 = self.info.protocol is Protocol.HTTP10
        if is_http_10 and not end_stream and not headers.has(b"content-length"):
            self.must_close = True  # nothing else can end the body
        if self.owner.must_close_after(self):
            headers.set(b"connection", b"close")
        elif is_http_10:
            headers.set(b"connection", b"keep-alive")

    def send_data(self, data: bytes, end_stream: bool) -> None:
        info = self.info
        info.bytes_sent += len(data)
        self.own_timers.last_active = self.clock.time
        try:
            self.owner.send_data(self, data, end_stream)
        except LocalProtocolError as error:
            self.filter_failed(_CODEC, error)
            return
        if end_stream:
            self.owner.flush()
            self._end()

    def send_trailers(self, trailers: HeaderMap) -> None:
        self.response_trailers = trailers
        try:
            self.owner.send_trailers(self, trailers)
        except LocalProtocolError as error:
            self.filter_failed(_CODEC, error)
            return
        self.owner.flush()
        self._end()

    def flush(self) -> None:
        self.owner.flush()

    def pause_request(self) -> None:
        self.config.stats.downstream_flow_control_paused_reading_total.value += 1
        self._request_pauses += 1
        self.owner.pause_request(self)

    def resume_request(self) -> None:
        self.config.stats.downstream_flow_control_resumed_reading_total.value += 1
        self._request_pauses -= 1
        self.owner.resume_request(self)

    # --- timeouts -------------------------------------------------------------------------------------------------

    def on_idle_timeout(self) -> None:
        self.config.stats.downstream_rq_idle_timeout.value += 1
        self.info.add_flag(ResponseFlag.STREAM_IDLE_TIMEOUT)
        if self.response_started:
            self.info.response_code_details = "stream_idle_timeout"
            self.reset("stream_idle_timeout")
            return
        status = 504 if self.is_request_complete else 408
        self.local_reply(status, b"stream timeout", "stream_idle_timeout", None, None)

    def on_request_timeout(self) -> None:
        self.config.stats.downstream_rq_timeout.value += 1
        self.local_reply(408, b"request timeout", "request_overall_timeout", None, None)

    def on_duration_timeout(self) -> None:
        self.config.stats.downstream_rq_max_duration_reached.value += 1
        status = 504 if self.is_request_complete else 408
        self.local_reply(status, b"downstream duration timeout", "max_duration_timeout", None, GRPC_DEADLINE_EXCEEDED)

    # --- the end --------------------------------------------------------------------------------------------------

    def _end(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        while self._request_pauses:
            self.resume_request()
        info = self.info
        now = self.clock.time
        info.end = now
        if self.response_started:
            info.last_downstream_tx = now
        chain = self.chain
        if chain is not None:
            self.chain = None  # no cycle outlives the stream
            chain.destroy()
        self.config.stats.downstream_rq_time.record(int((now - info.start) * 1000.0))
        if self.config.access_logs:
            self.log("DownstreamEnd")
        self.owner.on_stream_end(self)  # last: a pipelined request may run, and end, inside

    def log(self, log_type: str) -> None:
        self.owner.note_bytes(self)
        if not self.info.upstream_cluster_raw and self.choice is not None:
            self._note_cluster(self.choice.cluster_name)
        entry = LogEntry(self.info, self.request, self.response, self.response_trailers)
        entry.log_type = log_type
        for each in self.config.access_logs:
            each.log(entry)

    def _note_cluster(self, name: str) -> None:
        """The router did not come to it: a filter answered, or the request is only beginning."""
        cluster = self.config.server.cluster_manager.get(name)
        if cluster is not None:
            self.info.upstream_cluster_raw = name
            self.info.upstream_cluster = cluster.info.observability_name

    def __repr__(self) -> str:
        state = "over" if self.is_over else "responding" if self.response_started else "requesting"
        return f"Stream({self.stream_id}, {state})"
