"""Clients that take their time: each deadline has its own answer, and waiting costs nothing."""

import resource
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.integration.drill import GET, Proxy, Upstream, answering, eventually, linux_only, read_all
from tests.integration.portico_process import DEADLINE_S

IDLE = 2000
# What an idle connection costs Envoy 1.40 (bench/idle_memory).
CONNECTION_KIB = 12


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(answering()) as one:
        yield one


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    hcm = {
        "request_headers_timeout": "0.4s",
        "request_timeout": "0.8s",
        "delayed_close_timeout": "0.1s",
        "drain_timeout": "0.1s",
        "common_http_protocol_options": {"idle_timeout": "0.6s"},
    }
    with Proxy(tmp_path_factory.mktemp("proxy"), upstream, hcm=hcm) as proxy:
        proxy.wait_live()
        yield proxy
        upstream.hang_up()
        proxy.finish()


@pytest.fixture
def proxy(running: Proxy) -> Proxy:
    return running.begin()


def unanswered(peer: socket.socket) -> None:
    read_all(peer)


def trickle(client: socket.socket, byte: bytes) -> bytes:
    """A byte at a time until the other side has enough; what it said."""
    client.settimeout(0.05)
    deadline = time.monotonic() + DEADLINE_S
    answer = b""
    while time.monotonic() < deadline:
        try:
            client.sendall(byte)
            part = client.recv(65536)
        except TimeoutError:
            continue
        except OSError:
            break
        if not part:
            break
        answer += part
    return answer


def test_a_head_that_trickles(proxy: Proxy) -> None:
    with proxy.connect() as client:
        client.sendall(b"GET / HTTP/1.1\r\nhost: h\r\na: ")
        answer = trickle(client, b"b")
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"\r\n\r\nrequest header timeout")
    assert proxy.log(1) == ["408 - request_header_timeout"]
    assert proxy.counted("http.in.downstream_rq_header_timeout", "http.in.downstream_rq_4xx") == [1, 1]


@pytest.mark.parametrize(
    ("head", "byte"),
    [(b"content-length: 1000000", b"x"), (b"transfer-encoding: chunked", b"1\r\nx\r\n")],
    ids=["content-length", "chunked"],
)
def test_a_body_that_trickles(head: bytes, byte: bytes, proxy: Proxy, upstream: Upstream) -> None:
    upstream.hang_up()
    upstream.script = unanswered
    with proxy.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: h\r\n" + head + b"\r\n\r\n")
        answer = trickle(client, byte)
    assert answer.startswith(b"HTTP/1.1 408 ")
    assert answer.endswith(b"\r\n\r\nrequest timeout")
    assert proxy.log(1) == ["408 - request_overall_timeout"]
    assert proxy.counted("http.in.downstream_rq_timeout") == [1]
    assert eventually(lambda: not upstream.open)
    upstream.script = answering()


@pytest.mark.parametrize("requests", [0, 1])
def test_a_connection_that_is_idle(requests: int, proxy: Proxy) -> None:
    with proxy.connect() as client:
        client.sendall(GET * requests)
        assert read_all(client).count(b"HTTP/1.1 200 ") == requests
    assert proxy.log(requests) == ["200 - via_upstream"] * requests
    counted = proxy.counted("http.in.downstream_cx_idle_timeout", "http.in.downstream_cx_destroy_local")
    assert counted == [1, 1]


@linux_only
def test_many_idle_connections_cost_no_cpu_and_little_memory(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft < 2 * IDLE:
        if hard < 2 * IDLE:
            pytest.skip(f"only {hard} descriptors")
        resource.setrlimit(resource.RLIMIT_NOFILE, (2 * IDLE, hard))
    with Upstream(answering()) as upstream, Proxy(tmp_path, upstream) as proxy:
        proxy.wait_live()
        proxy.get()
        before_kib = proxy.memory_kib()
        clients = [proxy.connect() for _ in range(IDLE)]
        for client in clients:
            client.sendall(GET)
            answer = b""
            while not answer.endswith(b"ok"):
                answer += client.recv(65536)
        each_kib = (proxy.memory_kib() - before_kib) / IDLE
        assert each_kib <= CONNECTION_KIB
        used_s = proxy.cpu_s()
        time.sleep(1)
        assert proxy.cpu_s() - used_s <= 0.02  # two ticks: stats are collected meanwhile
        assert proxy.get().endswith(b"ok")
        for client in clients:
            client.close()
        proxy.finish(upstream)
