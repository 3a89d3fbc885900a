"""HTTP filters: one object per stream and filter. Requests are decoded, responses encoded."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from mypy_extensions import mypyc_attr

from portico.api.buffer import Buffer
from portico.api.clock import Clock
from portico.api.connection import Connection
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.stream_info import StreamInfo


class HeadersStatus(Enum):
    """What becomes of the stream after a filter saw a header block."""

    CONTINUE = 1
    STOP_ITERATION = 2  # later data calls still reach this filter; continue_decoding resumes the chain
    STOP_ALL_AND_BUFFER = 3  # nothing passes this filter; data is buffered up to the limit (413 / 500 past it)
    STOP_ALL_AND_WATERMARK = 4  # as above, but the peer is slowed down instead


class DataStatus(Enum):
    """What becomes of body bytes after a filter saw them."""

    CONTINUE = 1
    STOP_ITERATION_AND_BUFFER = 2  # keep them; too many = 413 (request) or 500 (response)
    STOP_ITERATION_AND_WATERMARK = 3  # keep them; too many = the peer is slowed down
    STOP_ITERATION_NO_BUFFER = 4  # the filter took them


class TrailersStatus(Enum):
    CONTINUE = 1
    STOP_ITERATION = 2


@mypyc_attr(allow_interpreted_subclasses=True)
class ResponseTimer:
    """The clock that runs from the request's last byte."""

    def await_response(self, seconds: float, on_late: Callable[[], None]) -> None:
        """Call ``on_late`` unless the stream is over in ``seconds``; the end of the stream calls it off."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class StreamCallbacks:
    """What a filter may ask of its stream. One object per stream and filter."""

    stream_info: StreamInfo
    connection: Connection
    clock: Clock
    timers: ResponseTimer

    def request_headers(self) -> RequestHeaders | None:
        raise NotImplementedError

    def response_headers(self) -> ResponseHeaders | None:
        raise NotImplementedError

    def continue_decoding(self) -> None:
        """Resume the request after this filter. Never from inside this filter's own decode call."""
        raise NotImplementedError

    def continue_encoding(self) -> None:
        raise NotImplementedError

    def send_local_reply(
        self,
        status: int,
        body: bytes,
        details: str,
        headers: list[tuple[bytes, bytes]] | None = None,
        grpc_status: int | None = None,
    ) -> None:
        """Answer from here: the reply passes all encoders; the request goes no further.

        What the route adds to responses is added to ``headers``, unless the terminal filter replies: that is its own
        business.
        """
        raise NotImplementedError

    def route(self) -> Any:
        """The chosen ``router.route_table.Route``, None when nothing matched. Cached until clear_route_cache."""
        raise NotImplementedError

    def route_choice(self) -> Any:
        """The ``router.action.cluster_specifier.RouteChoice`` made with the route: one draw per request."""
        raise NotImplementedError

    def random_value(self) -> int:
        """This request's number for every fraction that must hold still: 0 … 2^64-1."""
        raise NotImplementedError

    def clear_route_cache(self) -> None:
        """Choose the route anew at the next question: for filters that changed what routes look at."""
        raise NotImplementedError

    def per_route_config(self) -> Any:
        """The most specific typed_per_filter_config of this filter, built by its factory; None when there is none."""
        raise NotImplementedError

    def per_route_configs(self) -> list[Any]:
        """All of them, from virtual host to weighted cluster, for filters that merge."""
        raise NotImplementedError

    def add_decoded_data(self, data: bytes) -> None:
        """More request body after what this filter saw."""
        raise NotImplementedError

    def decoding_buffer(self) -> Buffer | None:
        """What STOP_ITERATION_AND_BUFFER kept of the request so far."""
        raise NotImplementedError

    def encoding_buffer(self) -> Buffer | None:
        raise NotImplementedError

    def set_buffer_limit(self, limit_bytes: int) -> None:
        """How much is kept for filters that ask for it, from here on and in both directions; 0 = no limit."""
        raise NotImplementedError

    def reset_stream(self, details: str) -> None:
        """End the stream without an answer."""
        raise NotImplementedError

    def fail(self, error: Exception) -> None:
        """What an exception in one of the filter's own calls does: for those from timers and other callbacks."""
        raise NotImplementedError

    # --- for the terminal filter: the response comes from it

    def encode_informational(self, headers: ResponseHeaders) -> None:
        """A 1xx response other than 101."""
        raise NotImplementedError

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        """A head that does not end the stream leaves with the first body bytes, or at ``flush_response``."""
        raise NotImplementedError

    def encode_data(self, data: bytes, end_stream: bool) -> None:
        raise NotImplementedError

    def encode_trailers(self, trailers: HeaderMap) -> None:
        raise NotImplementedError

    def flush_response(self) -> None:
        raise NotImplementedError

    def pause_request(self) -> None:
        """Counted: no more request bytes are wanted until as many ``resume_request``."""
        raise NotImplementedError

    def resume_request(self) -> None:
        raise NotImplementedError

    def is_request_complete(self) -> bool:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class HttpFilter:
    """One stream's pass through one configured filter. Override only what you need."""

    callbacks: StreamCallbacks  # set by the chain before the first call

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        return HeadersStatus.CONTINUE

    def decode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        return DataStatus.CONTINUE

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        return TrailersStatus.CONTINUE

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> HeadersStatus:
        return HeadersStatus.CONTINUE

    def encode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        return DataStatus.CONTINUE

    def encode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        return TrailersStatus.CONTINUE

    def on_decode_batch_end(self) -> None:
        """Everything of one read was decoded and the request goes on: the terminal filter sends what it held back."""

    def on_response_watermark(self, is_above: bool) -> None:
        """The downstream peer takes the response slower (True) or again fast enough: for the terminal filter."""

    def on_destroy(self) -> None:
        """The stream is over: cancel what is outstanding."""


HttpFilterFactory = Callable[[], HttpFilter]
