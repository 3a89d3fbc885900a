"""Requests that two parsers may read in two ways: the upstream sees as many as there are, the client is hung up on."""

import socket
import threading
from collections.abc import Iterator

import pytest

from tests.integration.drill import OK, Proxy, Upstream, eventually, read_all, read_head

HIDDEN = b"GET /hidden HTTP/1.1\r\nhost: h\r\n\r\n"


class Record(Upstream):
    """Keeps every byte it gets, and answers each head."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.got = b""
        super().__init__(self.answer)

    def answer(self, peer: socket.socket) -> None:
        while True:
            head = read_head(peer)
            with self.lock:
                self.got += head
            peer.sendall(OK)

    def requests(self) -> int:
        return self.got.count(b" HTTP/1.1\r\n")


@pytest.fixture(scope="module")
def upstream() -> Iterator[Record]:
    one = Record()
    yield one
    one.close()


@pytest.fixture(scope="module")
def proxy(upstream: Record, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    folder = tmp_path_factory.mktemp("proxy")
    with Proxy(folder, upstream, hcm={"delayed_close_timeout": "0.1s"}) as running:
        running.wait_live()
        yield running
        upstream.hang_up()
        running.finish()


def post(*fields: bytes, body: bytes = b"") -> bytes:
    return b"POST / HTTP/1.1\r\nhost: h\r\n" + b"".join(each + b"\r\n" for each in fields) + b"\r\n" + body


CHUNKED = b"transfer-encoding: chunked"
END = b"0\r\n\r\n"
REFUSED = {
    "both lengths": (post(CHUNKED, b"content-length: 5", body=END), 400),
    "both lengths, the other way": (post(b"content-length: 5", CHUNKED, body=END), 400),
    "two lengths": (post(b"content-length: 0", b"content-length: %d" % len(HIDDEN)), 400),
    "list of lengths": (post(b"content-length: 0, 0"), 400),
    "signed length": (post(b"content-length: +0"), 400),
    "hexadecimal length": (post(b"content-length: 0x0"), 400),
    "negative length": (post(b"content-length: -1"), 400),
    "length of 2**64": (post(b"content-length: 18446744073709551616"), 400),
    "unknown coding": (post(b"transfer-encoding: xchunked", body=END), 501),
    "identity": (post(b"transfer-encoding: identity"), 501),
    "chunked twice": (post(b"transfer-encoding: chunked, chunked", body=END), 501),
    "gzip and chunked": (post(b"transfer-encoding: gzip, chunked", body=END), 501),
    "vertical tab": (post(b"transfer-encoding: \x0bchunked", body=END), 400),
    "space before colon": (post(b"transfer-encoding : chunked", body=END), 400),
    "bare CR": (post(b"a: b\rtransfer-encoding: chunked", body=END), 400),
    "NUL": (post(b"a: b\0c"), 400),
    "folded line": (post(b"a: b", b" transfer-encoding: chunked", body=END), 400),
    "bare LF": (b"POST / HTTP/1.1\nhost: h\n\n", 400),
    "line without colon": (post(b"nothing"), 400),
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400),
    "two hosts": (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
    "chunked in HTTP/1.0": (b"POST / HTTP/1.0\r\nhost: h\r\n" + CHUNKED + b"\r\n\r\n" + END, 426),
    "101 fields": (post(*[b"a%d: b" % at for at in range(101)]), 431),
    "61 KiB of fields": (post(b"a: " + b"b" * 61 * 1024), 431),
}
# The head is good and travels on; what follows is not.
BAD_BODIES = {
    "bad chunk size": b"zz\r\n",
    "empty chunk size": b"\r\n",
    "negative chunk size": b"-1\r\n",
    "hexadecimal prefix": b"0x1\r\na\r\n",
    "too large a chunk size": b"1" + b"0" * 16 + b"\r\n",
    "junk after a chunk": b"1\r\nabc\r\n",
    "bare LF after a size": b"1\na\r\n",
    "bare LF in an extension": b"1;a\nb\r\na\r\n",
    "space after a size": b"1 \r\na\r\n",
    "trailer that is none": b"0\r\nGET /hidden HTTP/1.1\r\n\r\n",
}


@pytest.mark.parametrize("before", [0, 1], ids=["alone", "behind a good one"])
@pytest.mark.parametrize("case", REFUSED.values(), ids=REFUSED)
def test_a_head_that_is_refused(case: tuple[bytes, int], before: int, proxy: Proxy, upstream: Record) -> None:
    bad, status = case
    upstream.got = b""
    with proxy.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: h\r\n\r\n" * before + bad + HIDDEN)
        answer = read_all(client)
    assert answer.count(b"HTTP/1.1 200 ") == before
    assert answer.count(b"HTTP/1.1 %d " % status) == 1
    assert answer.count(b"HTTP/1.1 ") == before + 1
    assert upstream.requests() == before
    assert b"hidden" not in upstream.got


@pytest.mark.parametrize("body", BAD_BODIES.values(), ids=BAD_BODIES)
def test_a_body_that_is_refused(body: bytes, proxy: Proxy, upstream: Record) -> None:
    upstream.got = b""
    with proxy.connect() as client:
        client.sendall(post(CHUNKED, body=body) + HIDDEN)
        answer = read_all(client)
    assert answer.startswith((b"HTTP/1.1 400 ", b"HTTP/1.1 200 "))  # or the upstream answered before
    assert answer.count(b"HTTP/1.1 ") == 1
    assert b"hidden" not in upstream.got
    assert upstream.requests() <= 1
    assert eventually(lambda: not upstream.open or proxy.get().endswith(b"ok"))


def test_what_looks_like_a_request_in_a_body_is_none(proxy: Proxy, upstream: Record) -> None:
    upstream.got = b""
    with proxy.connect() as client:
        client.sendall(post(b"content-length: %d" % len(HIDDEN), b"connection: close", body=HIDDEN))
        assert read_all(client).count(b"HTTP/1.1 200 ") == 1
    assert b"POST / " in upstream.got
