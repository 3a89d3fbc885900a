"""A connection remembers its last block; what a filter does to one message must not show in the next."""

from collections.abc import Callable

import pytest

from portico.api.codec import Headers
from portico.api.headers import HeaderMap
from portico.codec.http1.client import ClientCodec
from portico.codec.http1.server import ServerCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS
from tests.codec.http1.conversation import get, response

FIELDS = b"Host: h\r\nA: 1\r\nB: 2\r\nB: 3\r\nCookie: secret\r\n"
REQUEST = b"GET / HTTP/1.1\r\n" + FIELDS + b"\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nA: 1\r\nB: 2\r\nB: 3\r\n\r\n"

NAMES = frozenset([b"a", b"b"])


def remove_and_add_again(headers: HeaderMap) -> None:
    headers.remove_any(NAMES)
    headers.add(b"a", b"again")


def set_and_remove(headers: HeaderMap) -> None:
    headers.set(b"a", b"other")
    headers.remove_any(NAMES)


MUTATIONS: dict[str, Callable[[HeaderMap], object]] = {
    "add": lambda headers: headers.add(b"new", b"1"),
    "add again": lambda headers: headers.add(b"b", b"4"),
    "set": lambda headers: headers.set(b"a", b"other"),
    "set a repeated one": lambda headers: headers.set(b"b", b"other"),
    "set a new one": lambda headers: headers.set(b"new", b"1"),
    "append": lambda headers: headers.append(b"a", b"more"),
    "remove": lambda headers: headers.remove(b"a"),
    "remove several": lambda headers: headers.remove_any(NAMES),
    "remove a prefix": lambda headers: headers.remove_prefix(b"a"),
    "remove several, then add one": remove_and_add_again,
    "set, then remove": set_and_remove,
}


def next_request(codec: ServerCodec, data: bytes = REQUEST) -> HeaderMap:
    event = codec.receive(data)[0]
    assert isinstance(event, Headers)
    codec.encode_headers(response(), True)
    codec.resume()
    return event.headers


def next_response(codec: ClientCodec, data: bytes = RESPONSE) -> HeaderMap:
    codec.encode_headers(get(), True)
    event = codec.receive(data)[0]
    assert isinstance(event, Headers)
    return event.headers


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutated_request_does_not_show_in_the_next(mutation: str) -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    untouched = next_request(ServerCodec(DEFAULT_SETTINGS))
    kept = []
    for _ in range(3):
        headers = next_request(codec)
        assert headers == untouched
        assert headers.wire() == untouched.wire()
        MUTATIONS[mutation](headers)
        kept.append(headers)
    assert kept[0] == kept[1] == kept[2]
    assert kept[0] != untouched


@pytest.mark.parametrize("mutation", MUTATIONS)
def test_mutated_response_does_not_show_in_the_next(mutation: str) -> None:
    codec = ClientCodec(DEFAULT_SETTINGS)
    untouched = next_response(ClientCodec(DEFAULT_SETTINGS))
    for _ in range(3):
        headers = next_response(codec)
        assert headers == untouched
        MUTATIONS[mutation](headers)


def test_start_line_is_each_requests_own() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    seen = [next_request(codec, start + FIELDS + b"\r\n") for start in (b"GET /a HTTP/1.1\r\n", b"PUT /b HTTP/1.1\r\n")]
    assert [headers.get(b":path") for headers in seen] == [b"/a", b"/b"]
    assert [headers.get(b":method") for headers in seen] == [b"GET", b"PUT"]


def test_absolute_target_does_not_lend_its_authority_to_the_next_request() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    first = next_request(codec, b"GET http://other/ HTTP/1.1\r\n" + FIELDS + b"\r\n")
    second = next_request(codec)
    assert (first.get(b":authority"), second.get(b":authority")) == (b"other", b"h")


def test_one_byte_of_difference_is_another_block() -> None:
    codec = ServerCodec(DEFAULT_SETTINGS)
    next_request(codec)
    other = next_request(codec, REQUEST.replace(b"A: 1", b"A: 2"))
    assert other.get(b"a") == b"2"
    assert next_request(codec).get(b"a") == b"1"


def test_refused_block_is_refused_again_and_the_good_one_is_forgotten_nowhere_else() -> None:
    one, other = ServerCodec(DEFAULT_SETTINGS), ServerCodec(DEFAULT_SETTINGS)
    next_request(one)
    next_request(other, REQUEST.replace(b"secret", b"another"))
    assert next_request(one).get(b"cookie") == b"secret"
    assert next_request(other, REQUEST.replace(b"secret", b"another")).get(b"cookie") == b"another"


def test_framing_is_judged_with_each_start_line() -> None:
    """The same fields end a response to GET at its body and a response to HEAD at its head."""
    codec = ClientCodec(DEFAULT_SETTINGS)
    data = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n"
    codec.encode_headers(get(b"/", b"HEAD"), True)
    assert len(codec.receive(data)) == 1
    codec.encode_headers(get(), True)
    assert len(codec.receive(data + b"ok")) == 2
