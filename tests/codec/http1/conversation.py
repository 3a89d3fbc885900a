"""What a codec says to bytes, however they are cut; and messages that are worth cutting."""

from collections.abc import Iterable

from portico.api.codec import Data, Event, Headers, ProtocolError, Trailers
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.codec.http1.client import ClientCodec
from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS, Http1Settings

TRAILERS = Http1Settings(enable_trailers=True)


def ends(event: Event) -> bool:
    if isinstance(event, Headers | Data):
        return event.end_stream
    return isinstance(event, Trailers)


def joined(events: Iterable[Event]) -> list[Event]:
    """Body pieces that follow each other as one: where they are cut is the network's affair."""
    merged: list[Event] = []
    for event in events:
        last = merged[-1] if merged else None
        if isinstance(event, Data) and isinstance(last, Data) and not last.end_stream:
            merged[-1] = Data(event.stream_id, last.data + event.data, event.end_stream)
        else:
            merged.append(event)
    return merged


def asked(pieces: Iterable[bytes], settings: Http1Settings = DEFAULT_SETTINGS) -> list[Event]:
    """What a server hears from ``pieces``; it takes up the next request as soon as one is complete."""
    codec = ServerCodec(settings)
    heard: list[Event] = []
    for piece in pieces:
        events = codec.receive(piece)
        while events:
            heard += events
            events = codec.resume() if ends(events[-1]) else []
    return joined(heard)


def answered(
    pieces: Iterable[bytes], request: RequestHeaders | None = None, settings: Http1Settings = DEFAULT_SETTINGS
) -> list[Event]:
    """What a client hears in answer to ``request``; b"" is the server's FIN."""
    codec = ClientCodec(settings)
    codec.encode_headers(get() if request is None else request, True)
    heard: list[Event] = []
    for piece in pieces:
        heard += codec.receive(piece)
    return joined(heard)


def cut_everywhere(data: bytes) -> Iterable[list[bytes]]:
    """Every way to cut ``data`` in two, and byte by byte."""
    for at in range(1, len(data)):
        yield [data[:at], data[at:]]
    yield [data[at : at + 1] for at in range(len(data))]


def get(path: bytes = b"/", method: bytes = b"GET", *fields: tuple[bytes, bytes]) -> RequestHeaders:
    return RequestHeaders(method, path, b"h.test", list(fields))


def request(path: bytes = b"/", method: bytes = b"GET", *fields: tuple[bytes, bytes]) -> RequestHeaders:
    return RequestHeaders(method, path, b"h", list(fields))


def refusal(events: list[Event]) -> tuple[int, str] | None:
    """(status hint, details) of a protocol error at the end; None when there is none."""
    last = events[-1] if events else None
    return (last.status_hint, last.details) if isinstance(last, ProtocolError) else None


def count_requests(events: list[Event]) -> int:
    return sum(isinstance(event, Headers) for event in events)


def response(status: int = 200, *fields: tuple[bytes, bytes]) -> ResponseHeaders:
    return ResponseHeaders(status, list(fields))


CHUNKED_POST = b"POST /p HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
CHUNKED_200 = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

REQUESTS: dict[str, bytes] = {
    "get": b"GET / HTTP/1.1\r\nHost: h\r\n\r\n",
    "after empty lines": b"\r\n\r\nGET /a HTTP/1.1\r\nHost: h\r\n\r\n",
    "many fields": b"GET /a?b=c HTTP/1.1\r\nHost: h\r\nA:1\r\nb: \t 2 \t\r\nX-Empty:\r\n"
    b"Cookie: a=1\r\nCookie: b=2\r\n\r\n",
    "obs-text": b"GET / HTTP/1.1\r\nHost: h\r\nX: caf\xe9 \xff\r\n\r\n",
    "length": b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\nhello",
    "length zero": b"POST /p HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n",
    "chunked": CHUNKED_POST + b"5\r\nhello\r\nA\r\n0123456789\r\n0\r\n\r\n",
    "chunk extensions": b"PUT / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: Chunked\r\n\r\n2;a=b;c\r\nok\r\n0;z\r\n\r\n",
    "empty chunked": CHUNKED_POST + b"0\r\n\r\n",
    "trailers": CHUNKED_POST + b"2\r\nok\r\n0\r\nT: 1\r\nU: 2\r\n\r\n",
    "trailers only": CHUNKED_POST + b"0\r\nT: 1\r\n\r\n",
    "pipelined": b"GET /1 HTTP/1.1\r\nHost: h\r\n\r\nPOST /2 HTTP/1.1\r\nHost: h\r\nContent-Length: 2\r\n\r\nok"
    b"POST /3 HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
    b"HEAD /4 HTTP/1.1\r\nHost: h\r\n\r\n",
    "absolute form": b"GET http://other:81/a?b HTTP/1.1\r\nHost: h\r\n\r\n",
    "asterisk": b"OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n",
    "connect": b"CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\nbytes\r\n\r\nand more",
    "upgrade": b"GET / HTTP/1.1\r\nHost: h\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n\r\n\x81\x00",
    "h2c is no upgrade": b"GET / HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    "expect": b"PUT / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\nok",
    "bad chunk": CHUNKED_POST + b"2\r\nokX\r\n0\r\n\r\n",
    "bad field": b"GET / HTTP/1.1\r\nHost: h\r\nX : 1\r\n\r\n",
    "bad second request": b"GET / HTTP/1.1\r\nHost: h\r\n\r\nGET / HTTP/3.0\r\nHost: h\r\n\r\n",
    "bad method": b"FOO / HTTP/1.1\r\nHost: h\r\n\r\n",
}

# name -> (method of the request, bytes, whether the server closes after them)
RESPONSES: dict[str, tuple[bytes, bytes, bool]] = {
    "length": (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: 1\r\n\r\nok", False),
    "no body": (b"GET", b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", False),
    "no reason": (b"GET", b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", False),
    "chunked": (
        b"GET",
        CHUNKED_200 + b"3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n",
        False,
    ),
    "trailers": (b"GET", CHUNKED_200 + b"1\r\nx\r\n0\r\nT: 1\r\n\r\n", False),
    "until close": (b"GET", b"HTTP/1.1 200 OK\r\nX: 1\r\n\r\nuntil the end", True),
    "empty until close": (b"GET", b"HTTP/1.0 200 OK\r\n\r\n", True),
    "head": (b"HEAD", b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n", False),
    "head chunked": (b"HEAD", b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", False),
    "204": (b"GET", b"HTTP/1.1 204 No Content\r\nX: 1\r\n\r\n", False),
    "304": (b"GET", b"HTTP/1.1 304 Not Modified\r\nContent-Length: 10\r\nETag: e\r\n\r\n", False),
    "interim": (
        b"GET",
        (
            b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: l\r\n\r\n"
            b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nx"
        ),
        False,
    ),
    "connect": (b"CONNECT", b"HTTP/1.1 200 OK\r\n\r\nbytes\r\n\r\n", True),
    "refused connect": (b"CONNECT", b"HTTP/1.1 403 Forbidden\r\nContent-Length: 2\r\n\r\nno", False),
    "bad status line": (b"GET", b"HTTP/1.1 abc OK\r\nX: 1\r\n\r\n", False),
    "bad field": (b"GET", b"HTTP/1.1 200 OK\r\nX 1\r\n\r\n", False),
    "bad chunk": (b"GET", CHUNKED_200 + b"z\r\n", False),
}
