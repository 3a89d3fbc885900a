"""envoy.filters.http.buffer: holds a request back until it is whole, and then knows its length."""

from __future__ import annotations

from typing import Any, Final

from portico.api.buffer import Buffer
from portico.api.context import FactoryContext
from portico.api.headers import HeaderMap, RequestHeaders
from portico.api.http_filter import DataStatus, HeadersStatus, HttpFilter, HttpFilterFactory, TrailersStatus
from portico.api.registries import HTTP_FILTERS, HTTP_ROUTE_CONFIGS

_PACKAGE: Final = "envoy.extensions.filters.http.buffer.v3."

SUPPORTED: Final[dict[str, frozenset[str]]] = {
    _PACKAGE + "Buffer": frozenset({"max_request_bytes"}),
    _PACKAGE + "BufferPerRoute": frozenset({"disabled", "buffer"}),
}


class BufferSettings:
    """How much a request may hold: a filter's own word, or a route's."""

    def __init__(self, max_request_bytes: int) -> None:
        self.max_request_bytes = max_request_bytes  # 0 = the route wants nothing held back


class BufferFilter(HttpFilter):
    """Requests with a body stop here until their last byte; one that is too large is answered 413 by the chain."""

    def __init__(self, settings: BufferSettings) -> None:
        self._settings = settings
        self._headers: RequestHeaders | None = None  # None = this request passes untouched
        self._limit_bytes = 0
        self._body_bytes = 0

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        if end_stream:
            return HeadersStatus.CONTINUE
        settings: BufferSettings = self.callbacks.per_route_config() or self._settings
        if not settings.max_request_bytes:
            return HeadersStatus.CONTINUE
        self._headers = headers
        self._limit_bytes = settings.max_request_bytes
        self.callbacks.set_buffer_limit(settings.max_request_bytes)
        return HeadersStatus.STOP_ITERATION

    def decode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        if self._headers is None:
            return DataStatus.CONTINUE
        self._body_bytes += len(data)
        if end_stream and self._body_bytes <= self._limit_bytes:
            self._announce_length()
            return DataStatus.CONTINUE
        return DataStatus.STOP_ITERATION_AND_BUFFER

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        self._announce_length()
        return TrailersStatus.CONTINUE

    def _announce_length(self) -> None:
        headers = self._headers
        if headers is not None and not headers.has(b"content-length"):
            headers.add(b"content-length", b"%d" % self._body_bytes)


@HTTP_FILTERS.register("envoy.extensions.filters.http.buffer.v3.Buffer", SUPPORTED[_PACKAGE + "Buffer"])
def buffer(config: Any, context: FactoryContext) -> HttpFilterFactory:
    settings = BufferSettings(config.max_request_bytes.value)
    return lambda: BufferFilter(settings)


@HTTP_ROUTE_CONFIGS.register(
    "envoy.extensions.filters.http.buffer.v3.BufferPerRoute", SUPPORTED[_PACKAGE + "BufferPerRoute"]
)
def buffer_per_route(config: Any, context: FactoryContext) -> BufferSettings:
    return BufferSettings(0 if config.disabled else config.buffer.max_request_bytes.value)
