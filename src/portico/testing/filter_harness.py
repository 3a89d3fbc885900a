"""HTTP filters in a real chain, between a client and an upstream that the test plays."""

from __future__ import annotations

from portico.api.access_log import AccessLog, LogEntry
from portico.api.buffer import Buffer
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.http_filter import DataStatus, HeadersStatus, HttpFilter, TrailersStatus
from portico.api.stream_info import Protocol, StreamInfo
from portico.http.config import FilterSlot, HttpConfig, RouteSource
from portico.http.date import DateCache
from portico.http.stream import Stream, StreamOwner, StreamTimers
from portico.router.route_table import RouteTable
from portico.stats.codec_stats import Http1CodecStats
from portico.stats.http_stats import HttpConnectionManagerStats
from portico.testing.fake_connection import FakeConnection
from portico.testing.fake_server import FakeServer
from portico.testing.fake_upstream import response
from portico.testing.message import Message


class LocalReply:
    """An answer that came from a filter or from the proxy itself."""

    def __init__(self, status: int, details: str, body: bytes = b"") -> None:
        self.status = status
        self.details = details
        self.body = body

    def __eq__(self, other: object) -> bool:
        """Bodies count only where both have one."""
        if not isinstance(other, LocalReply):
            return False
        same = (self.status, self.details) == (other.status, other.details)
        return same and (not self.body or not other.body or self.body == other.body)

    def __hash__(self) -> int:
        return hash((self.status, self.details))

    def __repr__(self) -> str:
        return f"LocalReply({self.status}, {self.details!r}, {self.body!r})"


class FilterHarness(StreamOwner):
    """One stream through ``filters`` and a terminal one: ``upstream`` is what reached it, ``client`` what came back.

    The stream and its chain are the real ones. ``headers``, ``data`` and ``trailers`` are the client's, ``respond``
    and the like the upstream's words; each gives the harness back, so that a dialogue can be written in one line.
    """

    def __init__(
        self, *filters: HttpFilter, routes: RouteTable | None = None, server: FakeServer | None = None
    ) -> None:
        self.server = server or FakeServer()
        context = self.server.context
        stats = HttpConnectionManagerStats(context.scope.scope("http.test"))
        self.config = HttpConfig(context, "test", stats, Http1CodecStats(context.scope.scope("http1")))
        self.config.routes = RouteSource(routes)
        self.log = RecordingLog()
        self.config.access_logs = [self.log]
        self.upstream = Message()
        self.client = Message()
        self.terminal = Terminal(self.upstream)
        for at, each in enumerate([*filters, self.terminal]):
            self.config.filters.append(FilterSlot(f"filter-{at}", Ready(each).make, False))
        self.connection = FakeConnection()
        self.date = DateCache(context.clock)
        self.request_pauses = 0
        self.flushes = 0
        self.info = StreamInfo(self.connection.info)
        self.info.protocol = Protocol.HTTP11
        self.info.start = context.clock.time
        self.stream: Stream | None = None
        self.was_started = False

    def name_filters(self, *names: str) -> FilterHarness:
        """Under which names routes may configure the filters."""
        for slot, name in zip(self.config.filters, names, strict=False):
            slot.name = name
        return self

    @property
    def local_reply(self) -> LocalReply | None:
        """What the client got from the proxy itself; None when it got nothing, or the upstream's answer."""
        answer = self.client.response
        if answer is None or self.info.response_code_details == "via_upstream":
            return None
        return LocalReply(answer.status, self.info.response_code_details, self.client.body)

    # --- the client's words -----------------------------------------------------------------------------------------

    def headers(self, headers: RequestHeaders, end_stream: bool = False) -> FilterHarness:
        timers = StreamTimers(self.config)
        stream = self.stream = Stream(self, 1, self.info, timers)
        self.was_started = True
        timers.lend(stream)
        stream.request = headers
        stream.is_head = headers.method == b"HEAD"
        if end_stream:
            stream.on_request_end()
        stream.start(headers, end_stream)
        return self

    def data(self, data: bytes, end_stream: bool = False) -> FilterHarness:
        if self.stream is not None:
            self.stream.on_data(data, end_stream)
        return self

    def trailers(self, *fields: tuple[bytes, bytes]) -> FilterHarness:
        if self.stream is not None:
            self.stream.on_trailers(HeaderMap(list(fields)))
        return self

    def leave(self) -> FilterHarness:
        """The client closes its connection."""
        if self.stream is not None:
            self.stream.on_downstream_close("downstream_remote_disconnect")
        return self

    # --- the upstream's words ---------------------------------------------------------------------------------------

    def respond(self, status: int = 200, body: bytes | None = None, **fields: str) -> FilterHarness:
        """A whole response, or only its head when ``body`` is None."""
        self.info.response_code = status
        self.info.response_code_details = "via_upstream"
        self.terminal.callbacks.encode_headers(response(status, **fields), body == b"")
        return self.respond_data(body, True) if body else self

    def respond_data(self, data: bytes, end_stream: bool = False) -> FilterHarness:
        self.terminal.callbacks.encode_data(data, end_stream)
        return self

    def respond_trailers(self, *fields: tuple[bytes, bytes]) -> FilterHarness:
        self.terminal.callbacks.encode_trailers(HeaderMap(list(fields)))
        return self

    # --- StreamOwner ------------------------------------------------------------------------------------------------

    def send_headers(self, stream: Stream, headers: ResponseHeaders, end_stream: bool) -> None:
        self.client.on_headers(headers.copy(), end_stream)

    def send_data(self, stream: Stream, data: bytes, end_stream: bool) -> None:
        self.client.on_data(data, end_stream)

    def send_trailers(self, stream: Stream, trailers: HeaderMap) -> None:
        self.client.on_trailers(trailers.copy())

    def flush(self) -> None:
        self.flushes += 1

    def must_close_after(self, stream: Stream) -> bool:
        return stream.must_close or not stream.is_request_complete

    def on_stream_end(self, stream: Stream) -> None:
        self.stream = None

    def note_bytes(self, stream: Stream) -> None:
        pass

    def reset_stream(self, stream: Stream) -> None:
        self.client.on_reset()

    def pause_request(self, stream: Stream) -> None:
        self.request_pauses += 1

    def resume_request(self, stream: Stream) -> None:
        self.request_pauses -= 1


class Ready:
    """A factory for one filter that exists already."""

    def __init__(self, each: HttpFilter) -> None:
        self._filter = each

    def make(self) -> HttpFilter:
        return self._filter


class Terminal(HttpFilter):
    """Stands for the router."""

    def __init__(self, upstream: Message) -> None:
        self._upstream = upstream
        self.is_destroyed = False
        self.watermarks: list[bool] = []  # True: the response was asked to come slower

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        self._upstream.on_headers(headers.copy(), end_stream)
        return HeadersStatus.STOP_ITERATION

    def decode_data(self, data: Buffer, end_stream: bool) -> DataStatus:
        self._upstream.on_data(data.take(), end_stream)
        return DataStatus.STOP_ITERATION_NO_BUFFER

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        self._upstream.on_trailers(trailers.copy())
        return TrailersStatus.STOP_ITERATION

    def on_response_watermark(self, is_above: bool) -> None:
        self.watermarks.append(is_above)

    def on_destroy(self) -> None:
        self.is_destroyed = True


class RecordingLog(AccessLog):
    """Every entry, in order."""

    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def log(self, entry: LogEntry) -> None:
        self.entries.append(entry)

    def lines(self) -> list[str]:
        """``GET /path 200 via_upstream`` and flags; ``-`` for what there is not."""
        return [line(entry) for entry in self.entries]


def line(entry: LogEntry) -> str:
    info = entry.info
    request = entry.request_headers
    target = "- -" if request is None else f"{request.method.decode()} {request.path.decode('latin-1')}"
    flags = ",".join(flag.value for flag in info.response_flags) or "-"
    return f"{target} {info.response_code} {flags} {info.response_code_details or '-'}"
