"""The conversation with one HTTP peer, without its socket: bytes in, events out, events in, bytes out."""

from __future__ import annotations

from mypy_extensions import mypyc_attr

from portico.api.headers import HeaderMap


@mypyc_attr(allow_interpreted_subclasses=True)
class Event:
    """Something one stream, or the whole connection (``stream_id`` 0), said."""

    stream_id: int = 0


class Headers(Event):
    """A request's or a response's block; a 1xx response comes before the final one."""

    def __init__(self, stream_id: int, headers: HeaderMap, end_stream: bool) -> None:
        self.stream_id = stream_id
        self.headers = headers
        self.end_stream = end_stream

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Headers) and _key(self) == _key(other)

    def __repr__(self) -> str:
        return f"Headers({self.stream_id}, {self.headers!r}, end_stream={self.end_stream})"


class Data(Event):
    """Body bytes; never empty unless they end the stream."""

    def __init__(self, stream_id: int, data: bytes, end_stream: bool) -> None:
        self.stream_id = stream_id
        self.data = data
        self.end_stream = end_stream

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Data) and _key(self) == _key(other)

    def __repr__(self) -> str:
        return f"Data({self.stream_id}, {self.data!r}, end_stream={self.end_stream})"


class Trailers(Event):
    """The end of a stream that had trailers."""

    def __init__(self, stream_id: int, trailers: HeaderMap) -> None:
        self.stream_id = stream_id
        self.trailers = trailers

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Trailers) and _key(self) == _key(other)

    def __repr__(self) -> str:
        return f"Trailers({self.stream_id}, {self.trailers!r})"


class StreamReset(Event):
    """The peer gave up one stream."""

    def __init__(self, stream_id: int, details: str) -> None:
        self.stream_id = stream_id
        self.details = details

    def __eq__(self, other: object) -> bool:
        return isinstance(other, StreamReset) and _key(self) == _key(other)

    def __repr__(self) -> str:
        return f"StreamReset({self.stream_id}, {self.details!r})"


class ProtocolError(Event):
    """The peer broke the protocol: always the last event, the connection is of no more use.

    ``status_hint`` is what a server answers (400, 426, 431, 501); ``details`` is Envoy's response code details.
    """

    def __init__(self, stream_id: int, status_hint: int, details: str) -> None:
        self.stream_id = stream_id
        self.status_hint = status_hint
        self.details = details

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ProtocolError) and _key(self) == _key(other)

    def __repr__(self) -> str:
        return f"ProtocolError({self.stream_id}, {self.status_hint}, {self.details!r})"


class LocalProtocolError(Exception):
    """We were about to say something illegal: our bug, not the peer's."""


@mypyc_attr(allow_interpreted_subclasses=True)
class Codec:
    """One HTTP connection's wire state, client or server. Never sees a socket or a clock.

    The ``encode_*`` methods raise LocalProtocolError when the message is illegal now, and return the bytes to write.
    """

    def receive(self, data: bytes) -> list[Event]:
        """Parse what arrived (b"" = peer sent FIN). A protocol error is the last event, never raised."""
        raise NotImplementedError

    def encode_headers(self, headers: HeaderMap, end_stream: bool) -> bytes:
        raise NotImplementedError

    def encode_data(self, data: bytes, end_stream: bool) -> bytes:
        raise NotImplementedError

    def encode_trailers(self, trailers: HeaderMap) -> bytes:
        raise NotImplementedError


def _key(event: Event) -> str:
    """Events are compared in tests only, by what they print."""
    return repr(event)
