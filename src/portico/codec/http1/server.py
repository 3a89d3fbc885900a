"""HTTP/1 as a server speaks it: requests in, responses out, one at a time and in order.

States: HEAD -> BODY -> RESPONDING -> HEAD. A pipelined request waits, unparsed, until ``resume`` (RFC 9112 §9.3.2).
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from portico.api.codec import Codec, Data, Event, Headers, LocalProtocolError, ProtocolError, Trailers
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.api.stream_info import Protocol
from portico.codec.http1.body import BodyDecoder, ChunkedBody, LengthBody, UntilCloseBody
from portico.codec.http1.fields import FieldLineError, join_repeated, parse_fields
from portico.codec.http1.framing import CHUNKED, FramingError, body_length
from portico.codec.http1.head import HeadReader
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.codec.http1.start_line import (
    METHODS,
    StartLineError,
    is_authority,
    is_target,
    parse_request_line,
)
from portico.codec.http1.writer import STATUS_LINES, BodyWriter, field_lines, status_line

STREAM: Final = 1  # HTTP/1 has one stream at a time


class State(Enum):
    """Where the request side stands."""

    HEAD = 1
    BODY = 2
    RESPONDING = 3  # the request is complete; what arrives belongs to the next one
    TUNNEL = 4  # after 101 or a CONNECT: bytes
    FAILED = 5  # a protocol error was reported; everything else is dropped


class ServerCodec(Codec):
    """One downstream connection."""

    def __init__(self, settings: Http1Settings) -> None:
        self._settings = settings
        self._state = State.HEAD
        self._head: HeadReader | None = None  # only while a head is incomplete
        self._body: BodyDecoder | None = None
        self._next = b""  # bytes of requests to come
        self._writer: BodyWriter | None = None
        self._output: list[bytes] = []
        self._is_head_request = False
        self.protocol = Protocol.HTTP11
        self.is_upgrade = False  # the request asks for a tunnel: its body length is unknown
        self.original_names: dict[bytes, bytes] | None = None  # with HeaderCasing.PRESERVE
        self.must_close = False  # the response can only end by closing

    # --- in -----------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[Event]:
        state = self._state
        if state is State.HEAD:
            return self._receive_head(data)
        if state is State.BODY or state is State.TUNNEL:
            return self._receive_body(data)
        if state is State.RESPONDING:
            self._next += data
        return []

    def resume(self) -> list[Event]:
        """The response is complete: begin with what arrived since."""
        self._state = State.HEAD
        self._writer = None
        self.must_close = False
        if not self._next:
            return []
        data = self._next
        self._next = b""
        return self._receive_head(data)

    def buffered(self) -> int:
        """Bytes of later requests that wait here."""
        return len(self._next)

    def is_idle(self) -> bool:
        """Whether no byte of the next request has come."""
        return self._state is State.HEAD and self._head is None

    def start_tunnel(self) -> None:
        """From here on both directions are bytes (after 101, or 2xx to CONNECT)."""
        self._state = State.TUNNEL
        self._body = UntilCloseBody()
        self._writer = BodyWriter(False, -1)

    def _receive_head(self, data: bytes) -> list[Event]:
        if self._head is None:
            # The usual case: one read holds one whole head.
            end = data.find(b"\r\n\r\n")
            if 0 < end <= self._settings.max_headers_bytes and data[0] > 32:
                lines = data[:end].split(b"\r\n")
                return self._request(lines, data[end + 4 :] if len(data) != end + 4 else b"")
            self._head = HeadReader(self._settings.max_headers_bytes)
        head = self._head
        complete = head.feed(data)
        if complete is not None:
            self._head = None
            return self._request(complete, head.rest)
        if head.is_too_large:
            return self._fail(431, "http1.headers_too_large")
        if head.is_malformed:
            return self._fail(400, "http1.codec_error")
        if head.is_empty():
            self._head = None
            return []
        return self._check_early(head.first_line())

    def _check_early(self, line: bytes) -> list[Event]:
        """Refuse a wrong request line before the rest of the head arrives."""
        if line:
            try:
                parse_request_line(line, self._settings.allow_custom_methods, self._settings.accept_http_10)
            except StartLineError as error:
                return self._fail(error.status_hint, error.details)
        return []

    def _request(self, lines: list[bytes], rest: bytes) -> list[Event]:
        settings = self._settings
        line = lines[0]
        del lines[0]
        if len(lines) > settings.max_headers_count:
            return self._fail(431, "http1.too_many_headers")
        try:
            method, path, authority = self._start_line(line)
            fields = parse_fields(lines)
        except StartLineError as error:
            return self._fail(error.status_hint, error.details)
        except FieldLineError:
            return self._fail(400, "http1.codec_error")
        if settings.header_casing is HeaderCasing.PRESERVE:
            self.original_names = original_names(lines)
        first = dict(fields)
        if len(first) != len(fields):
            host_count = len([1 for field in fields if field[0] == b"host"])
            if host_count > 1:  # RFC 9112 §3.2: more than one Host is answered 400
                return self._fail(400, "http1.codec_error")
            length = body_length(fields, first, settings.allow_chunked_length)
            fields = join_repeated(fields)
        else:
            length = body_length(fields, first, settings.allow_chunked_length)
        if isinstance(length, FramingError):
            return self._fail(501 if length is FramingError.TRANSFER_ENCODING else 400, length.value)
        host = first.get(b"host")
        if host is not None:
            fields.remove((b"host", host))
            if not is_authority(host):
                return self._fail(400, "http1.invalid_host")
        authority = authority or host or b""
        return self._accept(RequestHeaders(method, path, authority, fields), length, rest)

    def _start_line(self, line: bytes) -> tuple[bytes, bytes, bytes]:
        """(method, path, authority of the target)."""
        parts = line.split(b" ")
        if len(parts) == 3 and parts[2] == b"HTTP/1.1" and parts[0] in METHODS and parts[1][:1] == b"/":
            if parts[0] != b"CONNECT" and is_target(parts[1]):
                self.protocol = Protocol.HTTP11
                return parts[0], parts[1], b""
        request = parse_request_line(line, self._settings.allow_custom_methods, self._settings.accept_http_10)
        self.protocol = Protocol.HTTP10 if request.is_http_10 else Protocol.HTTP11
        return request.method, request.path, request.authority

    def _accept(self, headers: RequestHeaders, length: int, rest: bytes) -> list[Event]:
        self._is_head_request = headers.method == b"HEAD"
        is_http_10 = self.protocol is Protocol.HTTP10
        if is_http_10:
            if length == CHUNKED:  # RFC 9112 §6.1: an HTTP/1.0 message with Transfer-Encoding is faulty
                return self._fail(400, "http1.transfer_encoding_not_allowed")
            if not headers.authority:
                headers.authority = self._settings.default_host_for_http_10
        self.is_upgrade = headers.method == b"CONNECT" or is_upgrade(headers)
        if self.is_upgrade and length <= 0:
            self._state = State.TUNNEL
            self._body = UntilCloseBody()
            events: list[Event] = [Headers(STREAM, headers, False)]
            return events + self._receive_body(rest) if rest else events
        if length <= 0 and length != CHUNKED:
            self._state = State.RESPONDING
            self._next = rest
            return [Headers(STREAM, headers, True)]
        self._state = State.BODY
        if length == CHUNKED:
            self._body = ChunkedBody(self._settings.max_headers_bytes, self._settings.max_headers_count)
        else:
            self._body = LengthBody(length)
        events = [Headers(STREAM, headers, False)]
        return events + self._receive_body(rest) if rest else events

    def _receive_body(self, data: bytes) -> list[Event]:
        body = self._body
        assert body is not None
        if not data:
            return []
        piece = body.decode(data)
        if body.error:
            return self._fail(400, body.error)
        if not body.is_complete:
            return [Data(STREAM, piece, False)] if piece else []
        self._state = State.RESPONDING
        self._next = body.rest
        self._body = None
        trailers = body.trailers
        if trailers is None or not self._settings.enable_trailers:
            return [Data(STREAM, piece, True)]
        events: list[Event] = [Data(STREAM, piece, False)] if piece else []
        return [*events, Trailers(STREAM, trailers)]

    def _fail(self, status: int, details: str) -> list[Event]:
        self._state = State.FAILED
        self._head = None
        self._body = None
        return [ProtocolError(STREAM, status, details)]

    # --- out ----------------------------------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        if isinstance(event, Headers):
            headers = event.headers
            assert isinstance(headers, ResponseHeaders)
            self._send_headers(headers, event.end_stream)
        elif isinstance(event, Data):
            if self._writer is None:
                raise LocalProtocolError("body before headers")
            if self._is_head_request:
                return
            self._output.append(self._writer.data(event.data, event.end_stream))
        elif isinstance(event, Trailers):
            if self._writer is None:
                raise LocalProtocolError("trailers before headers")
            trailers = event.trailers if self._settings.enable_trailers else None
            self._output.append(self._writer.trailers(trailers) if trailers else self._writer.data(b"", True))
        else:
            raise LocalProtocolError(repr(event))

    def _send_headers(self, headers: ResponseHeaders, end_stream: bool) -> None:
        status = headers.status
        line = STATUS_LINES.get(status) or status_line(status)
        if self._settings.header_casing is HeaderCasing.LOWER:
            block = headers.wire()
        else:
            block = field_lines(headers, self._settings.header_casing, self.original_names)
        if status < 200 and status != 101:
            self._output.append(b"%b%b\r\n" % (line, block))
            return
        if self._writer is not None and self._state is not State.TUNNEL:
            raise LocalProtocolError("two responses to one request")
        length = headers.get(b"content-length")
        framing = b""
        is_chunked = False
        is_tunnel = status == 101 or (self.is_upgrade and status < 300)
        if length is None and status != 204 and not is_tunnel:
            if end_stream:
                # A HEAD response without a length says nothing of the GET's (RFC 9110 §8.6).
                framing = b"" if self._is_head_request else b"content-length: 0\r\n"
            elif self.protocol is Protocol.HTTP11:
                is_chunked = True
                framing = b"transfer-encoding: chunked\r\n"
            else:
                self.must_close = True
        self._writer = BodyWriter(is_chunked, int(length) if length is not None and length.isdigit() else -1)
        self._output.append(b"%b%b%b\r\n" % (line, block, framing))

    def take_output(self) -> bytes:
        output = self._output
        if len(output) == 1:
            data = output[0]
        else:
            data = b"".join(output)
        output.clear()
        return data


def is_upgrade(headers: RequestHeaders) -> bool:
    """Whether ``connection: upgrade`` and ``upgrade`` are both there (RFC 9110 §7.8). h2c is never taken up."""
    if not headers.has(b"upgrade"):
        return False
    connection = headers.get(b"connection") or b""
    wanted = headers.get(b"upgrade") or b""
    return b"upgrade" in [token.strip() for token in connection.lower().split(b",")] and wanted.lower() != b"h2c"


def original_names(lines: list[bytes]) -> dict[bytes, bytes]:
    """Lower-case name -> the name as it came, for ``preserve_case``."""
    names: dict[bytes, bytes] = {}
    for line in lines:
        name = line.partition(b":")[0]
        names.setdefault(name.lower(), name)
    return names
