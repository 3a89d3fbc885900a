"""A cluster's connection pool whose upstream is the test."""

from __future__ import annotations

from collections.abc import Callable

from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.host import Host
from portico.api.stream_info import Protocol
from portico.api.upstream import (
    Cancellable,
    ConnectionPool,
    PoolFailure,
    ResetReason,
    UpstreamCallbacks,
    UpstreamStream,
)
from portico.testing.fake_connection import FakeConnection
from portico.testing.message import Message


class FakeUpstreamStream(UpstreamStream):
    """One request as the upstream sees it, and the upstream's say: ``respond``, ``respond_data``, ``fail``."""

    def __init__(self, callbacks: UpstreamCallbacks, host: Host) -> None:
        self.connection = FakeConnection()
        self.protocol = Protocol.HTTP11
        self.callbacks = callbacks
        self.host = host
        self.got = Message()
        self.flushes = 0
        self.was_reset = False  # by the proxy
        self.read_pauses = 0

    # --- what the test does -----------------------------------------------------------------------------------------

    def respond(self, status: int = 200, body: bytes | None = None, **fields: str) -> None:
        """A whole response, or only its head when ``body`` is None and more follows by ``respond_data``."""
        self.callbacks.on_response_headers(response(status, **fields), body == b"")
        if body:
            self.callbacks.on_response_data(body, True)

    def respond_data(self, data: bytes, end_stream: bool = False) -> None:
        self.callbacks.on_response_data(data, end_stream)
        if not end_stream:
            self.callbacks.on_response_batch_end()

    def respond_trailers(self, *fields: tuple[bytes, bytes]) -> None:
        self.callbacks.on_response_trailers(HeaderMap(list(fields)))

    def fail(self, reason: ResetReason, detail: str = "") -> None:
        self.callbacks.on_stream_reset(reason, detail)

    # --- UpstreamStream ---------------------------------------------------------------------------------------------

    def encode_headers(self, headers: RequestHeaders, end_stream: bool) -> None:
        self.got.on_headers(headers.copy(), end_stream)

    def encode_data(self, data: bytes, end_stream: bool) -> None:
        self.got.on_data(data, end_stream)

    def encode_trailers(self, trailers: HeaderMap) -> None:
        self.got.on_trailers(trailers.copy())

    def flush(self) -> None:
        self.flushes += 1

    def reset(self) -> None:
        self.was_reset = True

    def pause_reading(self) -> None:
        self.read_pauses += 1

    def resume_reading(self) -> None:
        self.read_pauses -= 1
        assert self.read_pauses >= 0, "resumed more often than paused"

    def __repr__(self) -> str:
        return f"FakeUpstreamStream({self.got!r}{', reset' if self.was_reset else ''})"


class FakePool(ConnectionPool):
    """Gives a stream at once; ``holds`` makes requests wait for ``connect``, ``refusal`` refuses them."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.streams: list[FakeUpstreamStream] = []
        self.waiting: list[PendingStream] = []
        self.holds = False
        self.refusal: PoolFailure | None = None
        self.refusal_detail = ""

    def connect(self) -> FakeUpstreamStream:
        """A connection for the request that waited longest."""
        pending = self.waiting.pop(0)
        return self._ready(pending.callbacks)

    def fail(self, failure: PoolFailure, detail: str = "") -> None:
        """No connection for the request that waited longest."""
        self.waiting.pop(0).callbacks.on_pool_failure(failure, detail, self.host)

    def new_stream(self, callbacks: UpstreamCallbacks) -> Cancellable | None:
        if self.refusal is not None:
            callbacks.on_pool_failure(self.refusal, self.refusal_detail, self.host)
            return None
        if self.holds:
            self.waiting.append(PendingStream(self, callbacks))
            return self.waiting[-1]
        self._ready(callbacks)
        return None

    def drain(self, on_drained: Callable[[], None]) -> None:
        on_drained()

    def withdraw(self, pending: PendingStream) -> None:
        if pending in self.waiting:
            self.waiting.remove(pending)

    def _ready(self, callbacks: UpstreamCallbacks) -> FakeUpstreamStream:
        stream = FakeUpstreamStream(callbacks, self.host)
        self.streams.append(stream)
        callbacks.on_pool_ready(stream, self.host)
        return stream


class PendingStream(Cancellable):
    """A request that waits for a connection."""

    def __init__(self, pool: FakePool, callbacks: UpstreamCallbacks) -> None:
        self.callbacks = callbacks
        self._pool = pool

    def cancel(self) -> None:
        self._pool.withdraw(self)


def response(status: int = 200, **fields: str) -> ResponseHeaders:
    """A field's name is written with underscores: ``content_type="text/plain"``."""
    return ResponseHeaders(
        status, [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    )
