"""One stream's pass through its HTTP filters: who is next, who said stop, what waits.

Requests go down the list, responses up. A filter that stops keeps the stream until it says continue; body bytes wait in
one buffer per direction. The rules are Envoy's: source/common/http/filter_manager.cc.
"""

from __future__ import annotations

from enum import Enum
from typing import Any, Final

from mypy_extensions import mypyc_attr

from portico.api.buffer import Buffer
from portico.api.clock import Clock
from portico.api.connection import Connection
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.http_filter import (
    DataStatus,
    HeadersStatus,
    HttpFilter,
    ResponseTimer,
    StreamCallbacks,
    TrailersStatus,
)
from portico.api.stream_info import StreamInfo
from portico.router.action.cluster_specifier import RouteChoice
from portico.router.route import Route


class Stop(Enum):
    """Where one filter stands in one direction."""

    NO = 1
    HEADERS = 2  # stopped at the headers; data still reaches it
    ALL_BUFFER = 3  # nothing reaches it; data waits, up to the limit
    ALL_WATERMARK = 4  # nothing reaches it; the peer is slowed down
    DATA = 5  # stopped at data after the headers went on


@mypyc_attr(allow_interpreted_subclasses=True)
class ChainOwner:
    """The stream, as its filter chain sees it."""

    info: StreamInfo
    connection: Connection
    clock: Clock
    request: RequestHeaders | None
    response: ResponseHeaders | None
    buffer_limit_bytes: int
    route: Route | None
    choice: RouteChoice | None  # the route's cluster, drawn once
    is_request_complete: bool
    timers: ResponseTimer

    def refresh_route(self) -> None:
        """Choose the route anew."""
        raise NotImplementedError

    def draw(self) -> int:
        """The stream's number for everything that is left to chance; drawn once."""
        raise NotImplementedError

    def filter_failed(self, name: str, error: Exception) -> None:
        """A filter raised: end the stream, and nothing else."""
        raise NotImplementedError

    def request_too_large(self) -> None:
        """A filter wanted more of the request kept than the limit allows."""
        raise NotImplementedError

    def response_too_large(self) -> None:
        raise NotImplementedError

    def local_reply(
        self,
        status: int,
        body: bytes,
        details: str,
        headers: list[tuple[bytes, bytes]] | None,
        grpc_status: int | None,
    ) -> None:
        """An answer without an upstream; it gets what the route adds to responses."""
        raise NotImplementedError

    def terminal_reply(
        self,
        status: int,
        body: bytes,
        details: str,
        headers: list[tuple[bytes, bytes]] | None,
        grpc_status: int | None,
    ) -> None:
        """The same from the terminal filter, which has added what the route adds."""
        raise NotImplementedError

    def reset(self, details: str) -> None:
        raise NotImplementedError

    def send_informational(self, headers: ResponseHeaders) -> None:
        raise NotImplementedError

    def send_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        """After the last encoder: to the codec."""
        raise NotImplementedError

    def send_data(self, data: bytes, end_stream: bool) -> None:
        raise NotImplementedError

    def send_trailers(self, trailers: HeaderMap) -> None:
        raise NotImplementedError

    def flush(self) -> None:
        raise NotImplementedError

    def pause_request(self) -> None:
        raise NotImplementedError

    def resume_request(self) -> None:
        raise NotImplementedError


class FilterChain:
    """The filters of one stream, in configured order; the last one is terminal."""

    def __init__(self, owner: ChainOwner) -> None:
        self.owner = owner
        self.filters: list[StreamFilter] = []
        self.is_over = False  # destroyed: every call from a filter is ignored
        self.is_locally_replied = False
        self.request_trailers: HeaderMap | None = None
        self.response_trailers: HeaderMap | None = None
        self.request_buffer: Buffer | None = None
        self.response_buffer: Buffer | None = None
        self._request_ended = False
        self._response_ended = False
        self._request_watermarked = False
        self._response_watermarked = False

    def add(self, name: str, each: HttpFilter) -> None:
        owner = self.owner
        member = StreamFilter(self, len(self.filters), name, each)
        member.stream_info = owner.info
        member.connection = owner.connection
        member.clock = owner.clock
        member.timers = owner.timers
        each.callbacks = member
        self.filters.append(member)

    # An exception of a filter ends its stream: each "boundary" below. What the filter left behind is of no more use.

    def has_ended(self) -> bool:
        """Whether the request goes no further. A method, because a type checker takes an attribute for settled."""
        return self.is_over or self.is_locally_replied

    def is_destroyed(self) -> bool:
        return self.is_over

    def destroy(self) -> None:
        if self.is_over:
            return
        self.is_over = True
        members = self.filters
        self.filters = []  # members and filters hold each other: let both go
        for member in members:
            try:
                member.filter.on_destroy()
            except Exception as error:  # noqa: BLE001  boundary: the other filters must hear of it, too
                self.owner.filter_failed(member.name, error)
            member.filter = _GONE

    # --- the request, downwards -----------------------------------------------------------------------------------

    def decode_headers(self, headers: RequestHeaders, end_stream: bool, start: int = 0) -> None:
        if start == 0:
            self._request_ended = end_stream
        filters = self.filters
        for at in range(start, len(filters)):
            member = filters[at]
            member.saw_request = True
            try:
                status = member.filter.decode_headers(headers, end_stream)
            except Exception as error:  # noqa: BLE001  boundary
                self.owner.filter_failed(member.name, error)
                return
            if self.has_ended():
                return
            if status is not HeadersStatus.CONTINUE:
                member.decode_stop = _stop_of(status)
                return

    def decode_data(self, data: Buffer, end_stream: bool, start: int = 0) -> None:
        if start == 0:
            self._request_ended = end_stream
        filters = self.filters
        for at in range(start, len(filters)):
            member = filters[at]
            stop = member.decode_stop
            if not member.saw_request or stop is Stop.ALL_BUFFER or stop is Stop.ALL_WATERMARK:
                # The filter before it holds the headers, or this one holds everything.
                self._keep_request(data, stop is Stop.ALL_WATERMARK)
                return
            try:
                status = member.filter.decode_data(data, end_stream)
            except Exception as error:  # noqa: BLE001  boundary
                self.owner.filter_failed(member.name, error)
                return
            if self.has_ended():
                return
            if status is DataStatus.CONTINUE:
                if stop is Stop.NO:
                    continue
                # Its data verdict releases what its headers verdict held.
                self._keep_request(data, True)
                self.continue_decoding(member)
                return
            if stop is Stop.NO:
                member.decode_stop = Stop.DATA
            if status is DataStatus.STOP_ITERATION_NO_BUFFER:
                data.clear()
            else:
                self._keep_request(data, status is DataStatus.STOP_ITERATION_AND_WATERMARK)
            return

    def decode_trailers(self, trailers: HeaderMap, start: int = 0) -> None:
        if start == 0:
            self._request_ended = True
            self.request_trailers = trailers
        filters = self.filters
        for at in range(start, len(filters)):
            member = filters[at]
            if (
                not member.saw_request
                or member.decode_stop is Stop.ALL_BUFFER
                or member.decode_stop is Stop.ALL_WATERMARK
            ):
                return
            try:
                status = member.filter.decode_trailers(trailers)
            except Exception as error:  # noqa: BLE001  boundary
                self.owner.filter_failed(member.name, error)
                return
            if self.has_ended():
                return
            if status is TrailersStatus.STOP_ITERATION:
                if member.decode_stop is Stop.NO:
                    member.decode_stop = Stop.DATA
                member.holds_request_trailers = True
                return
            if member.decode_stop is not Stop.NO:
                member.holds_request_trailers = True
                self.continue_decoding(member)
                return

    def continue_decoding(self, member: StreamFilter) -> None:
        """``member`` lets go: headers first, then what waits, then trailers."""
        stop = member.decode_stop
        if self.is_over or self.is_locally_replied or stop is Stop.NO:
            return
        member.decode_stop = Stop.NO
        self._unslow_request()
        headers = self.owner.request
        assert headers is not None
        following = member.index + 1
        trailers = self.request_trailers
        buffer = self.request_buffer
        if stop is not Stop.DATA:
            has_body = buffer is not None and len(buffer) > 0
            ends = self._request_ended and not has_body and trailers is None
            self.decode_headers(headers, ends, following)
            if ends or self.has_ended():
                return
        # A filter that stopped everything has not seen the body yet; one that stopped at data has.
        from_here = member.index if stop in (Stop.ALL_BUFFER, Stop.ALL_WATERMARK) else following
        if buffer is not None and len(buffer) > 0:
            self.request_buffer = None
            self.decode_data(buffer, self._request_ended and trailers is None, from_here)
            if self.has_ended():
                return
        if trailers is not None:
            resumes_at = following if member.holds_request_trailers else from_here
            self.decode_trailers(trailers, resumes_at)

    def batch_end(self) -> None:
        """One read is decoded; the terminal filter sends what it held back."""
        if self.is_over or not self.filters:
            return
        last = self.filters[-1]
        try:
            last.filter.on_decode_batch_end()
        except Exception as error:  # noqa: BLE001  boundary
            self.owner.filter_failed(last.name, error)

    def response_watermark(self, is_above: bool) -> None:
        """The client takes the response slower (True), or again fast enough: the terminal filter's business."""
        if self.is_over or not self.filters:
            return
        last = self.filters[-1]
        try:
            last.filter.on_response_watermark(is_above)
        except Exception as error:  # noqa: BLE001  boundary
            self.owner.filter_failed(last.name, error)

    def _keep_request(self, data: Buffer, may_slow: bool) -> None:
        if self.request_buffer is None:
            self.request_buffer = Buffer()
        if data is not self.request_buffer:
            self.request_buffer.move(data)
        limit = self.owner.buffer_limit_bytes
        if not limit or len(self.request_buffer) <= limit:
            return
        if may_slow:
            self._slow_request()
        else:
            self.owner.request_too_large()

    def _slow_request(self) -> None:
        if not self._request_watermarked:
            self._request_watermarked = True
            self.owner.pause_request()

    def _unslow_request(self) -> None:
        if self._request_watermarked:
            self._request_watermarked = False
            self.owner.resume_request()

    # --- the response, upwards ------------------------------------------------------------------------------------

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool, start: int) -> None:
        """From the filter at ``start`` up; the terminal filter's answer starts below all others."""
        self._response_ended = end_stream
        self.owner.response = headers
        self._encode_headers_from(headers, end_stream, start)

    def _encode_headers_from(self, headers: ResponseHeaders, end_stream: bool, start: int) -> None:
        filters = self.filters
        for at in range(start, -1, -1):
            member = filters[at]
            member.saw_response = True
            try:
                status = member.filter.encode_headers(headers, end_stream)
            except Exception as error:  # noqa: BLE001  boundary
                self.owner.filter_failed(member.name, error)
                return
            if self.is_over:
                return
            if status is not HeadersStatus.CONTINUE:
                member.encode_stop = _stop_of(status)
                return
        self.owner.send_headers(headers, end_stream)

    def encode_data(self, data: Buffer, end_stream: bool, start: int) -> None:
        self._response_ended = end_stream
        self._encode_data_from(data, end_stream, start)

    def _encode_data_from(self, data: Buffer, end_stream: bool, start: int) -> None:
        filters = self.filters
        for at in range(start, -1, -1):
            member = filters[at]
            stop = member.encode_stop
            if not member.saw_response or stop is Stop.ALL_BUFFER or stop is Stop.ALL_WATERMARK:
                self._keep_response(data, stop is Stop.ALL_WATERMARK)
                return
            try:
                status = member.filter.encode_data(data, end_stream)
            except Exception as error:  # noqa: BLE001  boundary
                self.owner.filter_failed(member.name, error)
                return
            if self.is_over:
                return
            if status is DataStatus.CONTINUE:
                if stop is Stop.NO:
                    continue
                self._keep_response(data, True)
                self.continue_encoding(member)
                return
            if stop is Stop.NO:
                member.encode_stop = Stop.DATA
            if status is DataStatus.STOP_ITERATION_NO_BUFFER:
                data.clear()
            else:
                self._keep_response(data, status is DataStatus.STOP_ITERATION_AND_WATERMARK)
            return
        self.owner.send_data(data.take(), end_stream)

    def encode_trailers(self, trailers: HeaderMap, start: int) -> None:
        self._response_ended = True
        self.response_trailers = trailers
        self._encode_trailers_from(trailers, start)

    def _encode_trailers_from(self, trailers: HeaderMap, start: int) -> None:
        filters = self.filters
        for at in range(start, -1, -1):
            member = filters[at]
            if not member.saw_response or member.encode_stop in (Stop.ALL_BUFFER, Stop.ALL_WATERMARK):
                return
            try:
                status = member.filter.encode_trailers(trailers)
            except Exception as error:  # noqa: BLE001  boundary
                self.owner.filter_failed(member.name, error)
                return
            if self.is_over:
                return
            if status is TrailersStatus.STOP_ITERATION:
                if member.encode_stop is Stop.NO:
                    member.encode_stop = Stop.DATA
                member.holds_response_trailers = True
                return
            if member.encode_stop is not Stop.NO:
                member.holds_response_trailers = True
                self.continue_encoding(member)
                return
        self.owner.send_trailers(trailers)

    def continue_encoding(self, member: StreamFilter) -> None:
        stop = member.encode_stop
        if self.is_over or stop is Stop.NO:
            return
        member.encode_stop = Stop.NO
        self._unslow_response()
        headers = self.owner.response
        assert headers is not None
        following = member.index - 1
        trailers = self.response_trailers
        buffer = self.response_buffer
        if stop is not Stop.DATA:
            has_body = buffer is not None and len(buffer) > 0
            ends = self._response_ended and not has_body and trailers is None
            self._encode_headers_from(headers, ends, following)
            if ends or self.is_destroyed():
                return
        from_here = member.index if stop in (Stop.ALL_BUFFER, Stop.ALL_WATERMARK) else following
        if buffer is not None and len(buffer) > 0:
            self.response_buffer = None
            self._encode_data_from(buffer, self._response_ended and trailers is None, from_here)
            if self.is_destroyed():
                return
        if trailers is not None:
            self._encode_trailers_from(trailers, following if member.holds_response_trailers else from_here)
        self.owner.flush()

    def _keep_response(self, data: Buffer, may_slow: bool) -> None:
        if self.response_buffer is None:
            self.response_buffer = Buffer()
        if data is not self.response_buffer:
            self.response_buffer.move(data)
        limit = self.owner.buffer_limit_bytes
        if not limit or len(self.response_buffer) <= limit:
            return
        if not may_slow:
            self.owner.response_too_large()
        elif not self._response_watermarked:
            self._response_watermarked = True
            self.response_watermark(True)

    def _unslow_response(self) -> None:
        if self._response_watermarked:
            self._response_watermarked = False
            self.response_watermark(False)


class StreamFilter(StreamCallbacks):
    """One filter's place in one stream's chain."""

    def __init__(self, chain: FilterChain, index: int, name: str, each: HttpFilter) -> None:
        self.chain = chain
        self.index = index
        self.name = name
        self.filter = each
        self.decode_stop = Stop.NO
        self.encode_stop = Stop.NO
        self.saw_request = False
        self.saw_response = False
        self.holds_request_trailers = False
        self.holds_response_trailers = False

    def request_headers(self) -> RequestHeaders | None:
        return self.chain.owner.request

    def response_headers(self) -> ResponseHeaders | None:
        return self.chain.owner.response

    def continue_decoding(self) -> None:
        self.chain.continue_decoding(self)

    def continue_encoding(self) -> None:
        self.chain.continue_encoding(self)

    def send_local_reply(
        self,
        status: int,
        body: bytes,
        details: str,
        headers: list[tuple[bytes, bytes]] | None = None,
        grpc_status: int | None = None,
    ) -> None:
        chain = self.chain
        if chain.is_over:
            return
        if self.index == len(chain.filters) - 1:
            chain.owner.terminal_reply(status, body, details, headers, grpc_status)
        else:
            chain.owner.local_reply(status, body, details, headers, grpc_status)

    def route(self) -> Any:
        return self.chain.owner.route

    def route_choice(self) -> Any:
        return self.chain.owner.choice

    def random_value(self) -> int:
        return self.chain.owner.draw()

    def clear_route_cache(self) -> None:
        self.chain.owner.refresh_route()

    def per_route_config(self) -> Any:
        owner = self.chain.owner
        return None if owner.route is None else owner.route.most_specific(self.name, owner.choice)

    def per_route_configs(self) -> list[Any]:
        owner = self.chain.owner
        configs: list[Any] = [] if owner.route is None else owner.route.per_filter_configs(self.name, owner.choice)
        return configs

    def add_decoded_data(self, data: bytes) -> None:
        self.chain.decode_data(Buffer(data), False, self.index + 1)

    def decoding_buffer(self) -> Buffer | None:
        return self.chain.request_buffer

    def encoding_buffer(self) -> Buffer | None:
        return self.chain.response_buffer

    def set_buffer_limit(self, limit_bytes: int) -> None:
        self.chain.owner.buffer_limit_bytes = limit_bytes

    def reset_stream(self, details: str) -> None:
        if not self.chain.is_over:
            self.chain.owner.reset(details)

    def fail(self, error: Exception) -> None:
        if not self.chain.is_over:
            self.chain.owner.filter_failed(self.name, error)

    def encode_informational(self, headers: ResponseHeaders) -> None:
        if not self.chain.is_over:
            self.chain.owner.send_informational(headers)

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        if not self.chain.is_over:
            self.chain.encode_headers(headers, end_stream, self.index - 1)

    def encode_data(self, data: bytes, end_stream: bool) -> None:
        chain = self.chain
        if chain.is_over:
            return
        if self.index == 0:  # no encoder above: straight through
            chain.owner.send_data(data, end_stream)
        else:
            chain.encode_data(Buffer(data), end_stream, self.index - 1)

    def encode_trailers(self, trailers: HeaderMap) -> None:
        if not self.chain.is_over:
            self.chain.encode_trailers(trailers, self.index - 1)

    def flush_response(self) -> None:
        if not self.chain.is_over:
            self.chain.owner.flush()

    def pause_request(self) -> None:
        if not self.chain.is_over:
            self.chain.owner.pause_request()

    def resume_request(self) -> None:
        if not self.chain.is_over:
            self.chain.owner.resume_request()

    def is_request_complete(self) -> bool:
        return self.chain.owner.is_request_complete


_GONE: Final = HttpFilter()


def _stop_of(status: HeadersStatus) -> Stop:
    if status is HeadersStatus.STOP_ITERATION:
        return Stop.HEADERS
    return Stop.ALL_BUFFER if status is HeadersStatus.STOP_ALL_AND_BUFFER else Stop.ALL_WATERMARK
