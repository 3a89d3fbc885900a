"""HTTP/1 as a server speaks it: requests in, responses out, one at a time and in order.

States: HEAD -> BODY -> RESPONDING -> HEAD. A pipelined request waits, unparsed, until ``resume`` (RFC 9112 §9.3.2).
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from portico.api.codec import Codec, Data, Event, Headers, LocalProtocolError, ProtocolError, Trailers
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.stream_info import Protocol
from portico.codec.http1.body import BodyDecoder, ChunkedBody, LengthBody, UntilCloseBody
from portico.codec.http1.fields import CODEC_ERROR, error_details
from portico.codec.http1.framing import CHUNKED, NO_LENGTH
from portico.codec.http1.head import HeadReader
from portico.codec.http1.request_block import BlockError, RequestBlock, parse_request_block
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.codec.http1.start_line import (
    METHODS,
    USUAL_REQUEST_LINE,
    RequestLine,
    StartLineError,
    is_target,
    may_start_method,
    parse_request_line,
)
from portico.codec.http1.writer import STATUS_LINES, cased_line, chunk, field_lines, last_chunk, status_line

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
        self._is_bodiless = False  # the response to HEAD, and those whose status forbids a body
        self._has_responded = False
        self._is_chunking = False
        self._remaining = -1  # announced body bytes not yet written; -1 = no length was announced
        self.protocol = Protocol.HTTP11
        self.is_upgrade = False  # the request asks for a tunnel: its body length is unknown
        self._last: RequestBlock | None = None  # the connection's last block: the next one is likely the same
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
        self._has_responded = False
        self._is_chunking = False
        self.must_close = False
        if not self._next:
            return []
        data = self._next
        self._next = b""
        return self._receive_head(data)

    def has_more(self) -> bool:
        """Whether bytes of later requests wait here."""
        return self._next != b""

    def waiting_bytes(self) -> int:
        """Of later requests."""
        return len(self._next)

    def has_partial_head(self) -> bool:
        """Whether a request has begun, and its head is not complete."""
        return self._head is not None

    def request_header_bytes(self) -> int:
        """Of the last head's field lines, as Envoy counts them."""
        return self._last.header_bytes if self._last is not None else 0

    def is_idle(self) -> bool:
        """Whether no byte of the next request has come."""
        return self._state is State.HEAD and self._head is None

    def start_tunnel(self) -> None:
        """From here on both directions are bytes (after 101, or 2xx to CONNECT)."""
        self._state = State.TUNNEL
        self._body = UntilCloseBody()
        self._has_responded = True

    def _receive_head(self, data: bytes) -> list[Event]:
        if self._head is None:
            last = self._last
            if last is not None:
                usual = USUAL_REQUEST_LINE.match(data)
                if usual is not None and data.startswith(last.ending, usual.end()):
                    return self._request_like_last(usual, last, data)
            # The usual case: one read holds one whole head.
            end = data.find(b"\r\n\r\n")
            if 0 < end <= self._settings.max_headers_bytes and data[0] > 32:
                return self._request(data[:end], data[end + 4 :] if len(data) != end + 4 else b"")
            self._head = HeadReader(self._settings.max_headers_bytes)
        head = self._head
        complete = head.feed(data)
        if complete is not None:
            self._head = None
            return self._request(complete, head.rest)
        if head.is_empty():
            self._head = None
            return []
        refused = self._check_early(head)
        if refused:
            return refused
        if head.is_too_large:
            return self._fail(431, "http1.headers_too_large")
        if head.is_malformed:
            return self._fail(400, "http1.codec_error")
        return []

    def _request_like_last(self, line: re.Match[bytes], last: RequestBlock, data: bytes) -> list[Event]:
        """The field lines are those of the request before, byte for byte; only the request line was to be read."""
        end = line.end() + len(last.ending)
        if end > self._settings.max_headers_bytes:
            return self._fail(431, "http1.headers_too_large")
        self.protocol = Protocol.HTTP11
        last.block.came_again()
        headers = RequestHeaders(line[1], line[2], last.host, None, b"http", last.block)
        headers.original_names = last.original_names
        headers.has_empty_authority = last.has_empty_host
        return self._accept(headers, last, data[end:] if len(data) != end else b"")

    def _check_early(self, head: HeadReader) -> list[Event]:
        """Refuse a wrong request line before the rest of the head arrives, and what is none before it ends."""
        line = head.first_line()
        begins = head.begins()
        if line:
            try:
                self._parse_line(line)
            except StartLineError as error:
                return self._fail(error.status_hint, error.details)
        elif begins and not may_start_method(begins, self._settings.allow_custom_methods):
            return self._fail(400, CODEC_ERROR)
        return []

    def _parse_line(self, line: bytes) -> RequestLine:
        settings = self._settings
        return parse_request_line(
            line, settings.allow_custom_methods, settings.accept_http_10, settings.allow_absolute_url
        )

    def _refuse(self, status: int, details: str, head: bytes) -> list[Event]:
        if details == CODEC_ERROR and may_start_method(head, self._settings.allow_custom_methods):
            details = error_details(head)
        return self._fail(status, details)

    def _request(self, head: bytes, rest: bytes) -> list[Event]:
        """``head``: request line and field lines, without the empty line."""
        line, _, raw = head.partition(b"\r\n")
        try:
            method, path, authority = self._start_line(line)
        except StartLineError as error:
            return self._refuse(error.status_hint, error.details, head)
        parsed = self._last
        if parsed is None or parsed.raw != raw:
            found = parse_request_block(raw, self._settings)
            if isinstance(found, BlockError):
                return self._refuse(found.status, found.details, head)
            parsed = self._last = found
        headers = RequestHeaders(method, path, authority or parsed.host, None, b"http", parsed.block)
        headers.original_names = parsed.original_names
        headers.has_empty_authority = parsed.has_empty_host and not authority
        return self._accept(headers, parsed, rest)

    def _start_line(self, line: bytes) -> tuple[bytes, bytes, bytes]:
        """(method, path, authority of the target)."""
        parts = line.split(b" ")
        if (
            len(parts) == 3
            and parts[2] == b"HTTP/1.1"
            and parts[0] in METHODS
            and parts[0] != b"CONNECT"
            and parts[1][:1] == b"/"
            and is_target(parts[1])
        ):
            self.protocol = Protocol.HTTP11
            return parts[0], parts[1], b""
        request = self._parse_line(line)
        self.protocol = Protocol.HTTP10 if request.is_http_10 else Protocol.HTTP11
        return request.method, request.path, request.authority

    def _accept(self, headers: RequestHeaders, parsed: RequestBlock, rest: bytes) -> list[Event]:
        length = parsed.length
        self._is_bodiless = headers.method == b"HEAD"
        if self.protocol is Protocol.HTTP10:
            if length == CHUNKED:  # RFC 9112 §6.1: an HTTP/1.0 message with Transfer-Encoding is faulty
                return self._fail(400, "http1.transfer_encoding_not_allowed")
            if not headers.authority and not headers.has_empty_authority:
                headers.authority = self._settings.default_host_for_http_10
        self.is_upgrade = parsed.is_upgrade or headers.method == b"CONNECT"
        if length == 0 or (length == NO_LENGTH and not self.is_upgrade):
            self._state = State.RESPONDING
            self._next = rest
            return [Headers(STREAM, headers, True)]
        if length == NO_LENGTH:
            self._state = State.TUNNEL
            self._body = UntilCloseBody()
        else:
            self._state = State.BODY
            if length == CHUNKED:
                self._body = ChunkedBody(self._settings.max_headers_bytes, self._settings.max_headers_count)
            else:
                self._body = LengthBody(length)
        events: list[Event] = [Headers(STREAM, headers, False)]
        return events + self._receive_body(rest) if rest else events

    def _receive_body(self, data: bytes) -> list[Event]:
        body = self._body
        assert body is not None
        if not data:
            return []
        piece = body.decode(data)
        if body.error:
            before: list[Event] = [Data(STREAM, piece, False)] if piece else []
            return before + self._fail(400, body.error)
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

    def encode_headers(self, headers: HeaderMap, end_stream: bool) -> bytes:
        assert isinstance(headers, ResponseHeaders)
        status = headers.status
        line = STATUS_LINES.get(status) or status_line(status)
        original = headers.original_names
        if original is not None and headers.reason:
            line = status_line(status, headers.reason)
        if self.protocol is Protocol.HTTP10:
            line = line.replace(b"HTTP/1.1", b"HTTP/1.0", 1)  # whose client may know no other
        casing = self._settings.header_casing
        is_plain = original is None and casing is not HeaderCasing.PROPER_CASE_WORDS
        parts = [line]
        if is_plain:
            headers.write_to(parts)
        else:
            parts.append(field_lines(headers, casing, original))
        if status < 200 and status != 101:
            parts.append(b"\r\n")
            return b"".join(parts)
        if self._has_responded and self._state is not State.TUNNEL:
            raise LocalProtocolError("two responses to one request")
        self._has_responded = True
        if status == 204 or status == 304:
            # RFC 9110 §15.3.5, §15.4.5: a body would be taken for the next response.
            self._is_bodiless = True
        length = headers.get(b"content-length")
        if length is not None:
            self._remaining = int(length) if length.isdigit() else -1
            # Without a body, it speaks of what a GET would bring (RFC 9110 §8.6).
            if end_stream and self._remaining > 0 and not self._is_bodiless:
                raise LocalProtocolError("less body than content-length")
        else:
            framing = self._framing(status, end_stream)
            parts.append(framing if is_plain else cased_line(framing, casing, original))
        parts.append(b"\r\n")
        return b"".join(parts)

    def _framing(self, status: int, end_stream: bool) -> bytes:
        """How the client will know where a body without a length ends."""
        self._remaining = -1
        is_tunnel = status == 101 or (self.is_upgrade and status < 300)
        if status == 204 or status == 304 or is_tunnel:
            return b""
        if end_stream:
            if not self._is_bodiless:
                return b"content-length: 0\r\n"
            # Without a length, what the GET would be framed with (RFC 9110 §8.6); Envoy 1.40 says chunked.
            return b"transfer-encoding: chunked\r\n" if self.protocol is Protocol.HTTP11 else b""
        if self.protocol is Protocol.HTTP11:
            self._is_chunking = True
            return b"transfer-encoding: chunked\r\n"
        self.must_close = True
        return b""

    def encode_data(self, data: bytes, end_stream: bool) -> bytes:
        if not self._has_responded:
            raise LocalProtocolError("body before headers")
        if self._is_bodiless:
            return b""
        if self._is_chunking:
            return chunk(data, end_stream)
        if self._remaining >= 0:
            self._remaining -= len(data)
            if self._remaining < 0:
                raise LocalProtocolError("more body than content-length")
            if end_stream and self._remaining:
                # The client would take the next response for the rest of this one.
                raise LocalProtocolError("less body than content-length")
        return data

    def encode_trailers(self, trailers: HeaderMap) -> bytes:
        if not self._has_responded:
            raise LocalProtocolError("trailers before headers")
        if not self._is_chunking or self._is_bodiless:
            if self._remaining > 0 and not self._is_bodiless:
                raise LocalProtocolError("less body than content-length")
            return b""
        return last_chunk(trailers if self._settings.enable_trailers else None)
