"""Clients that leave, at every phase of a request: one line that says so, and nothing goes on without them."""

import socket
from collections.abc import Callable, Iterator

import pytest

from tests.integration.drill import GET, Proxy, Upstream, answering, eventually, read_all, read_head, reset

POST = b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 10\r\n\r\n"
CHUNKED = b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n"
LEFT = "DC downstream_remote_disconnect"


def silent(peer: socket.socket) -> None:
    read_head(peer)
    read_all(peer)


def endless(peer: socket.socket) -> None:
    read_head(peer)
    peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
    while True:
        peer.sendall(b"x" * 65536)


def as_asked(peer: socket.socket) -> None:
    """The request decides: a pool may have opened this connection for a client that has left since."""
    if b" /endless " in read_head(peer):
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 1000000000\r\n\r\n")
        while True:
            peer.sendall(b"x" * 65536)
    read_all(peer)


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(silent) as one:
        yield one


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    with Proxy(tmp_path_factory.mktemp("proxy"), upstream) as proxy:
        proxy.wait_live()
        yield proxy
        proxy.finish()


@pytest.fixture
def proxy(running: Proxy, upstream: Upstream) -> Iterator[Proxy]:
    running.assert_at_rest()
    yield running.begin()
    assert eventually(lambda: not upstream.open)  # whoever worked for nobody was told
    running.assert_at_rest()


def closed(client: socket.socket) -> None:
    client.close()


LEAVING = pytest.mark.parametrize("leave", [closed, reset], ids=["FIN", "RST"])


@LEAVING
def test_a_client_that_leaves_before_it_says_anything(leave: Callable[[socket.socket], None], proxy: Proxy) -> None:
    client = proxy.connect()
    assert eventually(lambda: proxy.counted("http.in.downstream_cx_total") == [1])
    leave(client)
    assert eventually(lambda: proxy.counted("http.in.downstream_cx_destroy_remote") == [1])
    assert proxy.counted("http.in.downstream_rq_total") == [0]
    assert proxy.log(0) == []


@LEAVING
@pytest.mark.parametrize("sent", [b"G", b"GET / HTTP/1.1\r\nhost: h\r\nus"], ids=["method", "field"])
def test_a_client_that_leaves_in_its_head(
    sent: bytes, leave: Callable[[socket.socket], None], proxy: Proxy, upstream: Upstream
) -> None:
    opened = upstream.opened
    client = proxy.connect()
    client.sendall(sent)
    assert eventually(lambda: proxy.counted("http.in.downstream_rq_total") == [1])
    leave(client)
    assert proxy.log(1) == [f"0 {LEFT}"]
    assert upstream.opened == opened


@LEAVING
@pytest.mark.parametrize(
    "sent", [POST + b"abc", CHUNKED + b"5\r\nabc", GET], ids=["in its body", "in a chunk", "waiting for an answer"]
)
def test_a_client_that_leaves_before_the_response(
    sent: bytes, leave: Callable[[socket.socket], None], proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = silent
    client = proxy.connect()
    client.sendall(sent)
    assert eventually(lambda: len(upstream.open) == 1)
    leave(client)
    assert proxy.log(1) == [f"0 {LEFT}"]
    counters = "downstream_rq_rx_reset", "downstream_cx_destroy_remote_active_rq", "downstream_cx_protocol_error"
    assert proxy.counted(*[f"http.in.{name}" for name in counters]) == [1, 1, 0]
    assert proxy.counted("cluster.up.upstream_cx_destroy_local_with_active_rq") == [1]


@LEAVING
@pytest.mark.parametrize("reads", [1, 1_000_000], ids=["at once", "after a while"])
def test_a_client_that_leaves_in_the_response(
    reads: int, leave: Callable[[socket.socket], None], proxy: Proxy, upstream: Upstream
) -> None:
    upstream.script = endless
    client = proxy.connect()
    client.sendall(GET)
    while reads > 0:
        reads -= len(client.recv(65536))
    leave(client)
    assert proxy.log(1) == [f"200 {LEFT}"]
    assert proxy.counted("cluster.up.upstream_cx_destroy_local_with_active_rq") == [1]


@LEAVING
def test_a_client_that_leaves_with_requests_unanswered(
    leave: Callable[[socket.socket], None], proxy: Proxy, upstream: Upstream
) -> None:
    """Only the first one was begun."""
    upstream.script = silent
    client = proxy.connect()
    client.sendall(GET * 100)
    assert eventually(lambda: len(upstream.open) == 1)
    leave(client)
    assert proxy.log(1) == [f"0 {LEFT}"]


def test_clients_that_leave_take_their_memory_with_them(proxy: Proxy, upstream: Upstream) -> None:
    def leave(times: int) -> None:
        for at in range(times):
            upstream.script = as_asked
            path = b" /endless " if at % 2 else b" / "
            with proxy.connect() as client:
                client.sendall((POST + b"abc" if at % 4 else GET).replace(b" / ", path, 1))
                if at % 2:
                    client.recv(1)
                if at % 3:
                    reset(client)

    leave(100)
    before_kib = proxy.memory_kib()
    leave(500)
    assert proxy.memory_kib() - before_kib < 2048
    proxy.assert_at_rest(upstream)
    upstream.hang_up()  # who left before a connection was there left it to the pool


def test_after_all_that_a_request_is_answered(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = answering()
    assert proxy.get().endswith(b"ok")
    upstream.hang_up()
