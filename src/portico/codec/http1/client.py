"""HTTP/1 as a client speaks it: one request out, its responses in (1xx ones first)."""

from __future__ import annotations

from enum import Enum
from typing import Final

from portico.api.codec import Codec, Data, Event, Headers, LocalProtocolError, ProtocolError, Trailers
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.codec.http1.body import BodyDecoder, ChunkedBody, LengthBody, UntilCloseBody
from portico.codec.http1.framing import CHUNKED, NO_LENGTH
from portico.codec.http1.head import HeadReader
from portico.codec.http1.response_head import ResponseHead, parse_response_head
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.codec.http1.start_line import StartLineError, parse_status_line
from portico.codec.http1.writer import cased, cased_line, chunk, field_lines, last_chunk

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
        self._method = b""
        self._request_complete = True  # no request yet
        self._is_chunking = False
        self._asks_for_tunnel = False
        self._remaining = -1  # announced body bytes not yet written; -1 = no length was announced
        self._last: ResponseHead | None = None  # the connection's last head: the next one is likely the same
        self.response_header_bytes = 0  # of the last response's field lines, as Envoy counts them
        self.keep_alive = True  # whether another request may follow on this connection

    # --- out ----------------------------------------------------------------------------------------------------

    def encode_headers(self, headers: HeaderMap, end_stream: bool) -> bytes:
        assert isinstance(headers, RequestHeaders)
        if self._state is not State.IDLE:
            raise LocalProtocolError("a request is under way")
        self._state = State.HEAD
        self.response_header_bytes = 0
        method = headers.method
        self._method = method
        self._request_complete = end_stream
        self._is_chunking = False
        self._remaining = -1
        framing = b""
        length = headers.get(b"content-length")
        self._asks_for_tunnel = method == b"CONNECT" or headers.has(b"upgrade")
        if length is not None:
            self._remaining = int(length) if length.isdigit() else -1
            if end_stream and self._remaining > 0:
                raise LocalProtocolError("less body than content-length")
        elif end_stream:
            if method not in _BODILESS:
                framing = b"content-length: 0\r\n"
        elif not self._asks_for_tunnel:
            self._is_chunking = True
            framing = b"transfer-encoding: chunked\r\n"
        target = headers.path or headers.authority
        if self._settings.sends_absolute_targets and method != b"CONNECT":
            target = headers.scheme + b"://" + headers.authority + target
        casing = self._settings.header_casing
        original = headers.original_names
        if original is None and casing is not HeaderCasing.PROPER_CASE_WORDS:
            parts = [method, b" ", target, b" HTTP/1.1\r\nhost: ", headers.authority, b"\r\n"]
            headers.write_to(parts)
            parts.append(framing)
            parts.append(b"\r\n")
            return b"".join(parts)
        host = cased(b"host", casing, original)
        block = field_lines(headers, casing, original)
        framing = cased_line(framing, casing, original)
        return b"%b %b HTTP/1.1\r\n%b: %b\r\n%b%b\r\n" % (method, target, host, headers.authority, block, framing)

    def encode_data(self, data: bytes, end_stream: bool) -> bytes:
        if self._request_complete:
            raise LocalProtocolError("body after the end of the request")
        self._request_complete = end_stream
        if self._is_chunking:
            return chunk(data, end_stream)
        if self._remaining >= 0:
            self._remaining -= len(data)
            if self._remaining < 0:
                raise LocalProtocolError("more body than content-length")
            if end_stream and self._remaining:
                # The upstream would take the next request for the rest of this one.
                raise LocalProtocolError("less body than content-length")
        return data

    def encode_trailers(self, trailers: HeaderMap) -> bytes:
        if self._request_complete:
            raise LocalProtocolError("trailers after the end of the request")
        self._request_complete = True
        if not self._is_chunking:
            if self._remaining > 0:
                raise LocalProtocolError("less body than content-length")
            return b""
        return last_chunk(trailers if self._settings.enable_trailers else None)

    def is_request_complete(self) -> bool:
        return self._request_complete

    def was_told_to_close(self) -> bool:
        """Whether the last response said that its connection ends with it."""
        return self._last is not None and not self._last.keep_alive

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
        self._is_chunking = False
        self._remaining = -1
        self._request_complete = False
        self.keep_alive = False

    def _receive_fin(self) -> list[Event]:
        """The peer closed: the end of a body that had no length, else nothing the codec can say."""
        if isinstance(self._body, UntilCloseBody):
            self._state = State.FAILED
            self._body = None
            return [Data(STREAM, b"", True)]
        return []

    def _receive_head(self, data: bytes) -> list[Event]:
        """One final response, and any number of 1xx ones before it: a loop, as a peer decides how many."""
        last = self._last
        if last is not None and self._head is None and last.status >= 200 and data.startswith(last.ending):
            # The head is that of the response before, byte for byte.
            last.block.came_again()
            headers = ResponseHeaders(last.status, None, last.block)
            if last.original_names is not None:
                last.keep_spelling(headers)
            return self._response(last, headers, data[len(last.ending) :])
        interim: list[Event] = []
        while True:
            head = data
            rest = b""
            end = data.find(b"\r\n\r\n") if self._head is None else -1
            if 0 < end <= self._settings.max_headers_bytes:
                head = data[:end]
                rest = data[end + 4 :] if len(data) != end + 4 else b""
            else:
                if self._head is None:
                    self._head = HeadReader(self._settings.max_headers_bytes)
                complete = self._head.feed(data)
                if complete is None:
                    return interim + self._check_early(self._head)
                head = complete
                rest = self._head.rest
                self._head = None
            parsed = self._parse(head)
            if isinstance(parsed, str):
                return interim + self._fail(parsed)
            headers = ResponseHeaders(parsed.status, None, parsed.block)
            if parsed.original_names is not None:
                parsed.keep_spelling(headers)
            if parsed.status >= 200 or parsed.status == 101:
                final = self._response(parsed, headers, rest)
                return interim + final if interim else final
            self.response_header_bytes += parsed.header_bytes
            interim.append(Headers(STREAM, headers, False))
            if not rest:
                return interim
            data = rest

    def _check_early(self, head: HeadReader) -> list[Event]:
        """What is wrong with an unfinished head already."""
        line = head.first_line()
        if line:
            try:
                parse_status_line(line)
            except StartLineError as error:
                return self._fail(error.details)
        if head.is_too_large:
            return self._fail("http1.headers_too_large")
        if head.is_malformed:
            return self._fail("http1.codec_error")
        if head.is_empty():
            self._head = None
        return []

    def _parse(self, head: bytes) -> ResponseHead | str:
        """``head``: status line and field lines, without the empty line."""
        parsed = self._last
        if parsed is None or parsed.raw != head:
            found = parse_response_head(head, self._settings)
            if isinstance(found, str):
                return found
            parsed = self._last = found
        if parsed.status == 101 and not self._asks_for_tunnel:
            return "http1.codec_error"  # RFC 9110 §15.2.2: an answer to an Upgrade field only
        return parsed

    def _response(self, parsed: ResponseHead, headers: ResponseHeaders, rest: bytes) -> list[Event]:
        status = parsed.status
        self.keep_alive = parsed.keep_alive
        self.response_header_bytes += parsed.header_bytes
        length = parsed.length
        # RFC 9112 §6.3 item 1: these have no body whatever the fields say.
        if status == 204 or status == 304 or self._method == b"HEAD":
            length = 0
        elif status == 101 or (self._method == b"CONNECT" and 200 <= status < 300):
            length = NO_LENGTH
        return self._begin_body(headers, length, rest)

    def _begin_body(self, headers: ResponseHeaders, length: int, rest: bytes) -> list[Event]:
        if length == 0:
            return self._finish([Headers(STREAM, headers, True)], rest)
        if 0 < length <= len(rest):
            # The usual small answer: all of it came in one read.
            body = rest if length == len(rest) else rest[:length]
            return self._finish([Headers(STREAM, headers, False), Data(STREAM, body, True)], rest[length:])
        if headers.status == 101 or (self._method == b"CONNECT" and headers.status < 300):
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
            before: list[Event] = [Data(STREAM, piece, False)] if piece else []
            return before + self._fail(body.error)
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
        if rest:
            # More than was asked for; the response itself is good, the connection is not.
            return events + self._fail("http1.codec_error")
        return events

    def _fail(self, details: str) -> list[Event]:
        self._state = State.FAILED
        self._head = None
        self._body = None
        self.keep_alive = False
        return [ProtocolError(STREAM, 502, details)]
