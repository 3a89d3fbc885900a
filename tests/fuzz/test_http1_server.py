"""Whatever bytes a stranger sends: no exception, no request that a strict reader does not see."""

import re
from itertools import takewhile

import h11
from hypothesis import assume, given, settings

from portico.api.codec import Data, Event, Headers, ProtocolError
from portico.api.headers import RequestHeaders
from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS, Http1Settings
from tests.codec.http1.conversation import TRAILERS, asked, count_requests, ends, refusal
from tests.fuzz.http1_strategies import cut, cuts, requests

PERMISSIVE = Http1Settings(
    accept_http_10=True,
    allow_chunked_length=True,
    allow_custom_methods=True,
    enable_trailers=True,
    max_headers_bytes=64,
)


@settings(max_examples=300, deadline=None)
@given(requests, cuts)
def test_arbitrary_bytes_never_raise_and_mean_the_same_in_pieces(data: bytes, sizes: list[int]) -> None:
    for options in (DEFAULT_SETTINGS, TRAILERS):
        whole = asked([data], options)
        assert meaning(asked(cut(data, sizes), options)) == meaning(whole)
        assert all(not isinstance(event, ProtocolError) for event in whole[:-1])


def meaning(events: list[Event]) -> list[object]:
    """What is refused is refused with one status; for which of its faults, the first bytes to arrive may decide."""
    return [event.status_hint if isinstance(event, ProtocolError) else event for event in events]


@settings(max_examples=200, deadline=None)
@given(requests, cuts)
def test_arbitrary_bytes_never_raise_where_everything_is_allowed(data: bytes, sizes: list[int]) -> None:
    heard = asked(cut(data, sizes), PERMISSIVE)
    assert count_requests(heard) == count_requests(asked([data], PERMISSIVE))


@settings(max_examples=300, deadline=None)
@given(requests)
def test_every_request_is_one_that_h11_sees_too(data: bytes) -> None:
    """h11 reads a little more than portico (bare LF, folded lines), never less: it is the upper bound."""
    assume(b"://" not in data)  # h11 wants a Host beside an absolute target
    complete = [event for event in asked([data]) if isinstance(event, Headers)]
    assume(not any(is_tunnel(event) for event in complete))  # h11 stops at an upgrade and leaves the rest to its caller
    # The connection manager refuses a request without a host, h11 does so itself.
    complete = list(takewhile(lambda event: event.headers.has(b":authority"), complete))
    assert [target(event) for event in complete] == h11_requests(data)[: len(complete)]


def is_tunnel(event: Headers) -> bool:
    headers = event.headers
    return headers.get(b":method") == b"CONNECT" or (headers.has(b"upgrade") and headers.has(b"connection"))


def target(event: Headers) -> tuple[bytes, bytes]:
    headers = event.headers
    assert isinstance(headers, RequestHeaders)
    return headers.method, headers.path


def h11_requests(data: bytes) -> list[tuple[bytes, bytes]]:
    """What h11 makes of it, each request answered at once."""
    # portico takes several spaces in a request line, as Envoy does; to h11 they belong to the target.
    data = re.sub(rb"(?m)^([!-~]+) +([!-~]+) +(HTTP/1\.1\r)$", rb"\1 \2 \3", data)
    server = h11.Connection(h11.SERVER)
    seen: list[tuple[bytes, bytes]] = []
    server.receive_data(data)
    try:
        while True:
            event = server.next_event()
            if isinstance(event, h11.Request):
                seen.append((event.method, event.target))
            elif isinstance(event, h11.EndOfMessage):
                server.send(h11.Response(status_code=200, headers=[(b"content-length", b"0")]))
                server.send(h11.EndOfMessage())
                if server.our_state is not h11.DONE:
                    return seen
                server.start_next_cycle()
            elif not isinstance(event, h11.Data):
                return seen
    except h11.RemoteProtocolError:
        return seen


@settings(max_examples=200, deadline=None)
@given(requests)
def test_nothing_follows_a_refusal(data: bytes) -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    heard: list[Event] = []
    for at in range(len(data)):
        events = codec.receive(data[at : at + 1])
        while events:
            assert refusal(heard) is None
            heard += events
            events = codec.resume() if ends(events[-1]) else []
    body = [event for event in heard if isinstance(event, Data)]
    assert all(event.data or event.end_stream for event in body)
