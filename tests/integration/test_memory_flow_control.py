"""Peers that are slower than their counterpart: who sends is held back, and nobody's bytes pile up here."""

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.drill import (
    GET,
    OK,
    Proxy,
    Server,
    Upstream,
    answering,
    eventually,
    is_paused,
    linux_only,
    read_all,
    read_head,
)
from tests.integration.portico_process import DEADLINE_S

GIB = 1 << 30
CHUNK = b"x" * 65536
# Two buffers of 1 MiB, what reads that were under way brought, and the allocator's slack.
LIMIT_KIB = 8 * 1024

pytestmark = linux_only


class Stream:
    """A script that sends a gibibyte, and tells how far it came."""

    def __init__(self, head: bytes, size: int = GIB) -> None:
        self.head = head
        self.size = size
        self.sent = 0
        self.peer: socket.socket | None = None

    def __call__(self, peer: socket.socket) -> None:
        self.peer = peer
        read_head(peer)
        peer.sendall(self.head)
        while self.sent < self.size:
            self.sent += peer.send(CHUNK)


@pytest.fixture
def upstream() -> Iterator[Upstream]:
    with Upstream(answering()) as one:
        yield one


@pytest.fixture
def proxy(upstream: Upstream, tmp_path: Path) -> Iterator[Proxy]:
    with Proxy(tmp_path, upstream) as running:
        running.wait_live()
        for _ in range(20):
            running.get()
        upstream.hang_up()  # a pooled connection would go on with the script it began with
        running.assert_at_rest()
        yield running
        upstream.hang_up()
        running.finish()


def watch(proxy: Proxy, seconds: float) -> int:
    """The worker's greatest memory in the meantime, in KiB."""
    until = time.monotonic() + seconds
    most = 0
    while time.monotonic() < until:
        most = max(most, proxy.memory_kib())
        time.sleep(0.02)
    return most


def is_stalled(stream: Stream) -> bool:
    sent = stream.sent
    time.sleep(0.3)
    return 0 < stream.sent == sent < stream.size


@pytest.mark.parametrize("head", [b"content-length: %d" % GIB, b"x: y"], ids=["content-length", "until close"])
@pytest.mark.parametrize("bytes_per_read", [0, 1], ids=["nothing", "a byte at a time"])
def test_a_client_that_reads(bytes_per_read: int, head: bytes, proxy: Proxy, upstream: Upstream) -> None:
    before_kib = proxy.memory_kib()
    stream = Stream(b"HTTP/1.1 200 OK\r\n" + head + b"\r\n\r\n")
    upstream.script = stream
    with proxy.connect() as client:
        client.sendall(GET)
        assert eventually(lambda: is_stalled(stream))
        for _ in range(5):
            client.recv(bytes_per_read)
            assert watch(proxy, 0.1) - before_kib < LIMIT_KIB
        assert is_stalled(stream)
        counters = "cluster.up.upstream_flow_control_paused_reading_total", "http.in.downstream_rq_active"
        stats = proxy.stats()
        assert [stats[name] for name in counters] == [1, 1]


def test_a_client_that_reads_again_gets_the_rest(proxy: Proxy, upstream: Upstream) -> None:
    size = 64 << 20
    stream = Stream(b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % size, size)
    upstream.script = stream
    with proxy.connect() as client:
        client.sendall(GET)
        assert eventually(lambda: is_stalled(stream))
        client.recv_into(head := bytearray(65536))
        got = len(head.rstrip(b"\0").partition(b"\r\n\r\n")[2])
        while got < size:
            part = client.recv(1 << 20)
            assert part
            got += len(part)
        assert got == size
    stats = proxy.stats()
    assert stats["cluster.up.upstream_flow_control_resumed_reading_total"] >= 1


def test_an_upstream_that_reads_nothing(proxy: Proxy, upstream: Upstream) -> None:
    before_kib = proxy.memory_kib()
    done = threading.Event()

    def script(peer: socket.socket) -> None:
        read_head(peer)
        done.wait(DEADLINE_S)

    upstream.script = script
    with proxy.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % GIB)
        client.setblocking(False)
        sent = 0
        while not is_paused(client, 0.3):
            sent += client.send(CHUNK)
            assert sent < 64 << 20
        assert watch(proxy, 0.5) - before_kib < LIMIT_KIB
        assert is_paused(client)
        assert proxy.stats()["http.in.downstream_flow_control_paused_reading_total"] >= 1
        done.set()


class Full(Server):
    """Its queue holds what it can: whoever connects waits."""

    def __init__(self) -> None:
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.port = listener.getsockname()[1]
        self._sockets = [listener] + [socket.socket() for _ in range(4)]
        for filler in self._sockets[1:]:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", self.port))

    def close(self) -> None:
        for each in self._sockets:
            each.close()


def test_an_upstream_that_cannot_be_reached_yet(tmp_path: Path) -> None:
    """A body that waits for a connection is bounded like one that waits for its reader."""
    full = Full()
    with Proxy(tmp_path, full) as proxy:
        proxy.wait_live()
        before_kib = proxy.memory_kib()
        with proxy.connect() as client:
            client.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: %d\r\n\r\n" % GIB)
            client.setblocking(False)
            sent = 0
            while not is_paused(client, 0.3):
                sent += client.send(CHUNK)
                assert sent < 64 << 20
            assert watch(proxy, 0.3) - before_kib < LIMIT_KIB
            client.setblocking(True)
            assert read_all(client).startswith(b"HTTP/1.1 503 ")
        full.close()
        proxy.finish()


def test_requests_whose_answers_nobody_reads(proxy: Proxy, upstream: Upstream) -> None:
    """CVE-2020-8661: a client that pipelines and does not read must not fill memory with answers."""
    before_kib = proxy.memory_kib()
    answered = 0

    def script(peer: socket.socket) -> None:
        nonlocal answered
        while True:
            read_head(peer)
            peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 10000\r\n\r\n" + b"x" * 10_000)
            answered += 1

    upstream.script = script
    with proxy.connect() as client:
        client.setblocking(False)
        requests = GET * 10_000
        sent = 0
        while sent < len(requests) and not is_paused(client, 0.3):
            sent += client.send(requests[sent:])
        assert watch(proxy, 2) - before_kib < LIMIT_KIB
        seen = answered
        assert 0 < seen < 10_000
        assert watch(proxy, 0.3) - before_kib < LIMIT_KIB
        assert answered == seen


def test_local_replies_that_nobody_reads(upstream: Upstream, tmp_path: Path) -> None:
    route = {"match": {"prefix": "/"}, "direct_response": {"status": 200, "body": {"inline_string": "x" * 4000}}}
    hcm = {"route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]}}
    with Proxy(tmp_path, upstream, hcm=hcm) as proxy:
        proxy.wait_live()
        proxy.get()
        before_kib = proxy.memory_kib()
        with proxy.connect() as client:
            client.setblocking(False)
            requests = GET * 10_000
            sent = 0
            while sent < len(requests) and not is_paused(client, 0.5):
                sent += client.send(requests[sent:])
            assert watch(proxy, 1) - before_kib < LIMIT_KIB
            assert proxy.stats()["http.in.downstream_rq_total"] < 10_000
        proxy.finish()


def test_a_body_in_chunks_of_one_byte(proxy: Proxy, upstream: Upstream) -> None:
    size = 10 << 20

    def script(peer: socket.socket) -> None:
        read_head(peer)
        while peer.recv(65536)[-5:] != b"0\r\n\r\n":
            pass
        peer.sendall(OK)

    upstream.script = script
    before_kib = proxy.memory_kib()
    piece = b"1\r\nx\r\n" * 10_000
    with proxy.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ntransfer-encoding: chunked\r\n\r\n")
        for at in range(size // len(piece)):
            client.sendall(piece)
            if at % 50 == 0:
                assert proxy.memory_kib() - before_kib < LIMIT_KIB
        client.sendall(b"0\r\n\r\n")
        assert client.recv(65536).startswith(b"HTTP/1.1 200 ")


def test_a_response_in_chunks_of_one_byte_to_nobody(proxy: Proxy, upstream: Upstream) -> None:
    stream = Stream(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n")

    def script(peer: socket.socket) -> None:
        read_head(peer)
        peer.sendall(stream.head)
        while True:
            stream.sent += peer.send(b"1\r\nx\r\n" * 10_000)

    upstream.script = script
    before_kib = proxy.memory_kib()
    with proxy.connect() as client:
        client.sendall(GET)
        assert watch(proxy, 1) - before_kib < LIMIT_KIB
        assert eventually(lambda: is_stalled(stream))
        assert watch(proxy, 0.2) - before_kib < LIMIT_KIB
