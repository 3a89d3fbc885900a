"""HTTP/1 as a client speaks it: one request out, its responses in (1xx ones first)."""

from __future__ import annotations

from enum import Enum
from typing import Final

from portico.api.codec import Codec, Data, Event, Headers, LocalProtocolError, ProtocolError, Trailers
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.codec.http1.body import BodyDecoder, ChunkedBody, LengthBody, UntilCloseBody
from portico.codec.http1.fields import FieldLineError, parse_fields
from portico.codec.http1.framing import CHUNKED, NO_LENGTH, FramingError, body_length
from portico.codec.http1.head import HeadReader
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.codec.http1.start_line import StartLineError, parse_status_line
from portico.codec.http1.writer import BodyWriter, cased, field_lines

STREAM: Final = 1
# Methods that have no body unless one is announced: no "content-length: 0" is added (RFC 9110 §8.6).
_BODILESS: Final = frozenset([b"GET", b"HEAD", b"DELETE", b"TRACE", b"CONNECT"])


class State(Enum):
    """Where the response side stands."""

    IDLE = 1  # no request is under way: any byte is a protocol error
    HEAD = 2
    BODY = 3
    TUNNEL = 4
    FAILED = 5


class ClientCodec(Codec):
    """One upstream connection."""

    def __init__(self, settings: Http1Settings) -> None:
        self._settings = settings
        self._state = State.IDLE
        self._head: HeadReader | None = None
        self._body: BodyDecoder | None = None
        self._writer: BodyWriter | None = None
        self._output: list[bytes] = []
        self._method = b""
        self._request_complete = False
        self._is_upgrade = False
        self.keep_alive = True  # whether another request may follow on this connection
        self.original_names: dict[bytes, bytes] | None = None

    # --- out ----------------------------------------------------------------------------------------------------

    def send(self, event: Event) -> None:
        if isinstance(event, Headers):
            headers = event.headers
            assert isinstance(headers, RequestHeaders)
            self._send_headers(headers, event.end_stream)
        elif isinstance(event, Data):
            if self._writer is None:
                raise LocalProtocolError("body before headers")
            self._output.append(self._writer.data(event.data, event.end_stream))
            self._request_complete = event.end_stream
        elif isinstance(event, Trailers):
            if self._writer is None:
                raise LocalProtocolError("trailers before headers")
            trailers = event.trailers if self._settings.enable_trailers else None
            self._output.append(self._writer.trailers(trailers) if trailers else self._writer.data(b"", True))
            self._request_complete = True
        else:
            raise LocalProtocolError(repr(event))

    def _send_headers(self, headers: RequestHeaders, end_stream: bool) -> None:
        if self._state is not State.IDLE:
            raise LocalProtocolError("a request is under way")
        self._state = State.HEAD
        method = headers.method
        self._method = method
        self._request_complete = end_stream
        self._is_upgrade = method == b"CONNECT" or headers.has(b"upgrade")
        framing = b""
        is_chunked = False
        length = headers.get(b"content-length")
        if length is None:
            if end_stream:
                if method not in _BODILESS:
                    framing = b"content-length: 0\r\n"
            elif not self._is_upgrade:
                is_chunked = True
                framing = b"transfer-encoding: chunked\r\n"
        if not end_stream:
            self._writer = BodyWriter(is_chunked, int(length) if length is not None and length.isdigit() else -1)
        target = headers.path or headers.authority
        casing = self._settings.header_casing
        if casing is HeaderCasing.LOWER:
            self._output.append(
                b"%b %b HTTP/1.1\r\nhost: %b\r\n%b%b\r\n" % (method, target, headers.authority, headers.wire(), framing)
            )
            return
        original = self.original_names
        host = cased(b"host", casing, original)
        block = field_lines(headers, casing, original)
        self._output.append(
            b"%b %b HTTP/1.1\r\n%b: %b\r\n%b%b\r\n" % (method, target, host, headers.authority, block, framing)
        )

    def take_output(self) -> bytes:
        output = self._output
        if len(output) == 1:
            data = output[0]
        else:
            data = b"".join(output)
        output.clear()
        return data

    def is_request_complete(self) -> bool:
        return self._request_complete

    def is_message_incomplete(self) -> bool:
        """Whether a response has begun and not ended."""
        return self._state is State.BODY or self._head is not None

    def is_idle(self) -> bool:
        """Whether the connection may carry another request now."""
        return self._state is State.IDLE and self._request_complete

    # --- in -----------------------------------------------------------------------------------------------------

    def receive(self, data: bytes) -> list[Event]:
        state = self._state
        if not data:
            return self._receive_fin()
        if state is State.HEAD:
            return self._receive_head(data)
        if state is State.BODY or state is State.TUNNEL:
            return self._receive_body(data)
        if state is State.IDLE:
            # Bytes nobody asked for: the next response on this connection could be anybody's.
            return self._fail("http1.codec_error")
        return []

    def start_tunnel(self) -> None:
        self._state = State.TUNNEL
        self._body = UntilCloseBody()
        self._writer = BodyWriter(False, -1)
        self.keep_alive = False

    def _receive_fin(self) -> list[Event]:
        """The peer closed: the end of a body that had no length, else nothing the codec can say."""
        if isinstance(self._body, UntilCloseBody):
            self._state = State.FAILED
            self._body = None
            return [Data(STREAM, b"", True)]
        return []

    def _receive_head(self, data: bytes) -> list[Event]:
        if self._head is None:
            end = data.find(b"\r\n\r\n")
            if 0 < end <= self._settings.max_headers_bytes:
                lines = data[:end].split(b"\r\n")
                return self._response(lines, data[end + 4 :] if len(data) != end + 4 else b"")
            self._head = HeadReader(self._settings.max_headers_bytes)
        head = self._head
        complete = head.feed(data)
        if complete is not None:
            self._head = None
            return self._response(complete, head.rest)
        if head.is_too_large:
            return self._fail("http1.headers_too_large")
        if head.is_malformed:
            return self._fail("http1.codec_error")
        line = head.first_line()
        if line:
            try:
                parse_status_line(line)
            except StartLineError as error:
                return self._fail(error.details)
        return []

    def _response(self, lines: list[bytes], rest: bytes) -> list[Event]:
        line = lines[0]
        del lines[0]
        if len(lines) > self._settings.max_headers_count:
            return self._fail("http1.too_many_headers")
        try:
            status, _, is_http_10 = parse_status_line(line)
            fields = parse_fields(lines)
        except StartLineError as error:
            return self._fail(error.details)
        except FieldLineError:
            return self._fail("http1.codec_error")
        headers = ResponseHeaders(status, fields)
        if self._settings.header_casing is HeaderCasing.PRESERVE:
            self.original_names = {name.lower(): name for name in [each.partition(b":")[0] for each in lines]}
        if status < 200 and status != 101:
            events: list[Event] = [Headers(STREAM, headers, False)]
            return events + self._receive_head(rest) if rest else events
        length = self._length(status, fields, headers)
        if isinstance(length, FramingError):
            return self._fail(length.value)
        self.keep_alive = _keeps_alive(headers, is_http_10)
        return self._begin_body(headers, length, rest)

    def _length(self, status: int, fields: list[tuple[bytes, bytes]], headers: ResponseHeaders) -> int | FramingError:
        if status == 101 or (self._method == b"CONNECT" and 200 <= status < 300):
            return NO_LENGTH
        length = body_length(fields, dict(fields), self._settings.allow_chunked_length)
        # RFC 9112 §6.3 item 1: these have no body whatever the fields say.
        if self._method == b"HEAD" or status == 204 or status == 304:
            return 0
        return length

    def _begin_body(self, headers: ResponseHeaders, length: int, rest: bytes) -> list[Event]:
        if length == 0:
            return self._finish([Headers(STREAM, headers, True)], rest)
        if headers.status == 101 or self._method == b"CONNECT":
            self.start_tunnel()
        else:
            self._state = State.BODY
            if length == CHUNKED:
                self._body = ChunkedBody(self._settings.max_headers_bytes, self._settings.max_headers_count)
            elif length == NO_LENGTH:
                self.keep_alive = False
                self._body = UntilCloseBody()
            else:
                self._body = LengthBody(length)
        events: list[Event] = [Headers(STREAM, headers, False)]
        return events + self._receive_body(rest) if rest else events

    def _receive_body(self, data: bytes) -> list[Event]:
        body = self._body
        assert body is not None
        piece = body.decode(data)
        if body.error:
            return self._fail(body.error)
        if not body.is_complete:
            return [Data(STREAM, piece, False)] if piece else []
        self._body = None
        trailers = body.trailers
        if trailers is None or not self._settings.enable_trailers:
            return self._finish([Data(STREAM, piece, True)], body.rest)
        events: list[Event] = [Data(STREAM, piece, False)] if piece else []
        return self._finish([*events, Trailers(STREAM, trailers)], body.rest)

    def _finish(self, events: list[Event], rest: bytes) -> list[Event]:
        self._state = State.IDLE
        self._writer = None
        if rest:
            # More than was asked for; the response itself is good, the connection is not.
            self.keep_alive = False
        return events

    def _fail(self, details: str) -> list[Event]:
        self._state = State.FAILED
        self._head = None
        self._body = None
        self.keep_alive = False
        return [ProtocolError(STREAM, 502, details)]


def _keeps_alive(headers: ResponseHeaders, is_http_10: bool) -> bool:
    """RFC 9112 §9.3."""
    connection = headers.get(b"connection")
    if connection is None:
        return not is_http_10 and headers.get(b"proxy-connection") != b"close"
    tokens = [token.strip() for token in connection.lower().split(b",")]
    return b"close" not in tokens and (not is_http_10 or b"keep-alive" in tokens)
