"""One connection to the admin listener: requests one after the other, each answered before the next is read."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from email.utils import formatdate

from portico.admin.admin import Admin
from portico.admin.admin_stats import AdminStats
from portico.admin.exchange import FORM, TEXT, AdminRequest, AdminResponse, QueryParams, parse_query, text
from portico.admin.origin_guard import OriginGuard
from portico.api.access_log import AccessLog, LogEntry
from portico.api.clock import Clock
from portico.api.codec import Data, Event, Headers, ProtocolError
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.log import logger
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS
from portico.codec.http1.status_text import reason

LOG = logger("admin", __name__)

READ_BYTES = 65536
MAX_BODY_BYTES = 65536  # the largest legal body is a form of runtime keys


@dataclass(frozen=True)
class AdminTimeouts:
    """Seconds after which a peer is taken for gone."""

    idle_s: float = 300.0  # a scraper comes every 15 to 60 seconds and would rather not connect anew
    request_s: float = 30.0  # from a request's first byte to its last: one byte now and then holds nothing open
    write_s: float = 30.0  # without taking anything


@dataclass(frozen=True)
class AdminSite:
    """What all connections of the listener share."""

    admin: Admin
    stats: AdminStats
    guard: OriginGuard
    clock: Clock
    access_logs: tuple[AccessLog, ...] = ()
    timeouts: AdminTimeouts = AdminTimeouts()


class PeerGoneError(Exception):
    """The peer closed, or stopped reading or writing for too long."""


class AdminConnection:
    """Reads, answers, writes. Everything that can go wrong ends the connection and nothing else."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, site: AdminSite, info: ConnectionInfo
    ) -> None:
        self.reader = reader
        self.writer = writer
        self.site = site
        self.info = info
        self.codec = ServerCodec(DEFAULT_SETTINGS)
        self.events: list[Event] = []
        self.closed_by_peer = False
        self.deadline: float | None = None  # loop time; None = no byte of the next request has come

    async def serve(self) -> None:
        try:
            while await self.serve_one():
                self.events = self.codec.resume()
        except PeerGoneError:
            self.closed_by_peer = True
            self.writer.transport.abort()
        finally:
            await self.close()

    async def close(self) -> None:
        """Let what was written leave, but not for ever."""
        self.writer.close()
        try:
            async with asyncio.timeout(self.site.timeouts.write_s):
                await self.writer.wait_closed()
        except (TimeoutError, OSError):
            self.writer.transport.abort()

    async def serve_one(self) -> bool:
        """One request and its answer; False when the connection is of no more use."""
        event = await self.next_event()
        if isinstance(event, ProtocolError):
            self.site.stats.http.downstream_cx_protocol_error.add()
            await self.write(protocol_error(event, self.common_headers()))
            return False
        if not isinstance(event, Headers) or not isinstance(event.headers, RequestHeaders):
            return False
        headers = event.headers
        stream = self.begin_stream()
        try:
            body, too_large = await self.read_body(event)
            self.deadline = None
            response = self.refuse(headers, too_large) or await self.answer(headers, body)
            keep_alive = not too_large and not self.codec.is_upgrade and wants_keep_alive(headers)
            stream.response_code = response.status
            stream.bytes_received = len(body)
            stream.bytes_sent = await self.send(response, keep_alive)
        finally:
            self.end_stream(stream, headers)
        return keep_alive

    async def next_event(self) -> Event:
        while not self.events:
            now = asyncio.get_running_loop().time()
            limit = self.deadline if self.deadline is not None else now + self.site.timeouts.idle_s
            try:
                async with asyncio.timeout_at(limit):
                    data = await self.reader.read(READ_BYTES)
            except (TimeoutError, OSError):
                raise PeerGoneError from None
            if not data:
                raise PeerGoneError
            if self.deadline is None:
                self.deadline = asyncio.get_running_loop().time() + self.site.timeouts.request_s
            self.site.stats.http.downstream_cx_rx_bytes_total.add(len(data))
            self.events = self.codec.receive(data)
        return self.events.pop(0)

    async def read_body(self, head: Headers) -> tuple[bytes, bool]:
        """The whole body, and whether it was more than an admin request may have."""
        if head.end_stream or self.codec.is_upgrade:
            return b"", False
        if not self.events and (head.headers.get(b"expect") or b"").lower() == b"100-continue":
            await self.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = bytearray()
        while True:
            event = await self.next_event()
            if not isinstance(event, Data):
                raise PeerGoneError  # what follows a broken chunk cannot be told from a request
            body += event.data
            if len(body) > MAX_BODY_BYTES:
                return b"", True
            if event.end_stream:
                return bytes(body), False

    def refuse(self, headers: RequestHeaders, too_large: bool) -> AdminResponse | None:
        if too_large:
            self.site.stats.http.downstream_rq_too_large.add()
            return text("Payload Too Large", 413)
        if not headers.authority:
            return AdminResponse(400, b"", content_type="")
        if self.codec.is_upgrade:
            self.site.stats.http.downstream_rq_ws_on_non_ws_route.add()
            return AdminResponse(403, b"", content_type="")
        origin = headers.get(b"origin")
        if headers.method not in (b"GET", b"HEAD") and not self.site.guard.allows(
            origin.decode("latin-1") if origin is not None else None, headers.authority.decode("latin-1")
        ):
            return text("cross-origin requests are not allowed", 403)
        return None

    async def answer(self, headers: RequestHeaders, body: bytes) -> AdminResponse:
        path, _, query = headers.path.decode("latin-1").partition("?")
        params = parse_query(query)
        media_type = (headers.get(b"content-type") or b"").partition(b";")[0].strip().lower()
        if headers.method == b"POST" and media_type == FORM.encode():
            form = parse_query(body.decode(errors="replace").replace("+", " "))
            params = QueryParams(params.pairs + form.pairs)
        request = AdminRequest(headers.method.decode("latin-1"), path, params)
        try:
            return await self.site.admin.answer(request)
        except Exception as error:  # noqa: BLE001  the boundary of an endpoint: its bug costs one answer
            LOG.error(f"{request.method} {request.path}: {type(error).__name__}: {error}")
            return text("internal error, see the log\n", 500)

    # --- out ----------------------------------------------------------------------------------------------------

    def common_headers(self) -> list[tuple[bytes, bytes]]:
        return [(b"date", formatdate(self.site.clock.wall(), usegmt=True).encode()), (b"server", b"envoy")]

    async def send(self, response: AdminResponse, keep_alive: bool) -> int:
        """Bytes of body sent."""
        codec = self.codec
        fields: list[tuple[bytes, bytes]] = []
        if response.content_type:
            fields.append((b"content-type", response.content_type.encode()))
            fields.append((b"cache-control", b"no-cache, max-age=0"))
            fields.append((b"x-content-type-options", b"nosniff"))
        fields += [(name.encode(), value.encode()) for name, value in response.headers]
        fields += self.common_headers()
        if not keep_alive:
            fields.append((b"connection", b"close"))
        head = codec.encode_headers(ResponseHeaders(response.status, fields), not response.content_type)
        if not response.content_type:
            await self.write(head)
            return 0
        if isinstance(response.body, bytes):
            await self.write(head + codec.encode_data(response.body, True))
            return len(response.body)
        sent = 0
        async for piece in response.body:
            if piece:
                sent += len(piece)
                await self.write(head + codec.encode_data(piece, False))
                head = b""
        await self.write(head + codec.encode_data(b"", True))
        return sent

    async def write(self, data: bytes) -> None:
        if not data:
            return
        self.site.stats.http.downstream_cx_tx_bytes_total.add(len(data))
        try:
            self.writer.write(data)
            async with asyncio.timeout(self.site.timeouts.write_s):
                await self.writer.drain()
        except (TimeoutError, OSError):
            raise PeerGoneError from None

    # --- what is remembered of it -------------------------------------------------------------------------------

    def begin_stream(self) -> StreamInfo:
        stream = StreamInfo(self.info)
        stream.protocol = self.codec.protocol
        stream.start_wall = self.site.clock.wall()
        stream.start = self.site.clock.now()
        self.site.stats.request_started()
        return stream

    def end_stream(self, stream: StreamInfo, headers: RequestHeaders) -> None:
        stream.end = self.site.clock.now()
        self.site.stats.request_ended(stream.response_code, int((stream.end - stream.start) * 1000))
        for access_log in self.site.access_logs:
            access_log.log(LogEntry(stream, headers))


def wants_keep_alive(headers: RequestHeaders) -> bool:
    tokens = (headers.joined(b"connection") or b"").lower().split(b",")
    return b"close" not in [token.strip() for token in tokens]


def protocol_error(event: ProtocolError, common: list[tuple[bytes, bytes]]) -> bytes:
    """The codec is of no use any more: Envoy's answer, byte for byte."""
    phrase = reason(event.status_hint).encode()
    fields = [(b"content-length", b"%d" % len(phrase)), (b"content-type", TEXT.encode().partition(b";")[0]), *common]
    lines = b"".join(b"%b: %b\r\n" % field for field in fields)
    return b"HTTP/1.1 %d %b\r\n%bconnection: close\r\n\r\n%b" % (event.status_hint, phrase, lines, phrase)
