"""What upstreams do wrong: one flag, one details string, one counter and one log line each, and life goes on."""

import socket
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.integration.drill import GET, OK, Proxy, Script, Upstream, answering, eventually, read_all, read_head, reset
from tests.integration.portico_process import DEADLINE_S

BEFORE_HEADERS = "upstream_reset_before_response_started"
AFTER_HEADERS = "upstream_reset_after_response_started"


def saying(data: bytes) -> Script:
    """Once, and closes."""

    def script(peer: socket.socket) -> None:
        read_head(peer)
        peer.sendall(data)

    return script


def resetting(data: bytes) -> Script:
    """RST after ``data`` has arrived."""

    def script(peer: socket.socket) -> None:
        read_head(peer)
        if data:
            peer.sendall(data)
        reset(peer)

    return script


def silent(peer: socket.socket) -> None:
    read_head(peer)
    peer.recv(1)


@dataclass
class Fault:
    script: Script
    status: int
    flag: str
    details: str
    counters: dict[str, int]
    body: bytes = b""


FAULTS = {
    "closes at once": Fault(
        lambda peer: None, 503, "UC", f"{BEFORE_HEADERS}{{connection_termination}}", {"upstream_cx_destroy_remote": 1}
    ),
    "closes before headers": Fault(
        saying(b""),
        503,
        "UC",
        f"{BEFORE_HEADERS}{{connection_termination}}",
        {"upstream_cx_destroy_remote_with_active_rq": 1, "upstream_cx_protocol_error": 0, "upstream_rq_503": 1},
    ),
    "resets before headers": Fault(
        resetting(b""),
        503,
        "UC",
        f"{BEFORE_HEADERS}{{connection_termination}}",
        {"upstream_cx_destroy_remote_with_active_rq": 1, "upstream_rq_503": 1},
    ),
    "closes in the middle of its head": Fault(
        saying(b"HTTP/1.1 200 OK\r\ncontent-le"),
        502,
        "UPE",
        f"{BEFORE_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1},
    ),
    "speaks garbage": Fault(
        saying(b"\x00\x01\x02 SSH-2.0-garbage\r\n\r\n"),
        502,
        "UPE",
        f"{BEFORE_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1, "upstream_rq_502": 1},
    ),
    "sends 101 headers": Fault(
        saying(b"HTTP/1.1 200 OK\r\n" + b"".join(b"a%d: b\r\n" % n for n in range(101)) + b"content-length: 0\r\n\r\n"),
        502,
        "UPE",
        f"{BEFORE_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1},
    ),
    "sends two content-lengths": Fault(
        saying(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\nabc"),
        502,
        "UPE",
        f"{BEFORE_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1},
    ),
    "closes in the middle of its body": Fault(
        saying(b"HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nabc"),
        200,
        "UPE",
        f"{AFTER_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1, "upstream_rq_200": 1},
        b"abc",
    ),
    "closes in the middle of its chunks": Fault(
        saying(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n"),
        200,
        "UPE",
        f"{AFTER_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1},
        b"abc",
    ),
    "sends a bad chunk": Fault(
        saying(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n"),
        200,
        "UPE",
        f"{AFTER_HEADERS}{{protocol_error}}",
        {"upstream_cx_protocol_error": 1},
        b"abc",
    ),
    "never answers": Fault(
        silent,
        504,
        "UT",
        "response_timeout",
        {"upstream_rq_timeout": 1, "upstream_rq_504": 1},
        b"upstream request timeout",
    ),
}


@pytest.fixture(scope="module")
def upstream() -> Iterator[Upstream]:
    with Upstream(answering()) as one:
        yield one


@pytest.fixture(scope="module")
def running(upstream: Upstream, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Proxy]:
    route = {"match": {"prefix": "/"}, "route": {"cluster": "up", "timeout": "0.5s"}}
    hcm: dict[str, Any] = {"route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": [route]}]}}
    hcm["delayed_close_timeout"] = "0.1s"
    with Proxy(tmp_path_factory.mktemp("proxy"), upstream, hcm=hcm) as proxy:
        proxy.wait_live()
        yield proxy
        proxy.finish(upstream)


@pytest.fixture
def proxy(running: Proxy, upstream: Upstream) -> Iterator[Proxy]:
    """In the state of a new one: no upstream connections, nothing counted, nothing logged."""
    running.assert_at_rest(upstream)
    yield running.begin()
    upstream.script = answering()
    assert running.get().endswith(b"ok")
    assert running.get().endswith(b"ok")
    upstream.hang_up()
    running.assert_at_rest()


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_an_upstream_that(fault: Fault, proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = fault.script
    answer = proxy.get()
    assert answer.startswith(b"HTTP/1.1 %d " % fault.status)
    assert fault.body in answer
    assert not answer.endswith(b"0\r\n\r\n")
    assert proxy.log(1) == [f"{fault.status} {fault.flag} {fault.details}"]
    assert eventually(lambda: not upstream.open)
    assert proxy.counted(*[f"cluster.up.{name}" for name in fault.counters]) == list(fault.counters.values())


def test_an_upstream_that_refuses(proxy: Proxy, upstream: Upstream) -> None:
    upstream.refuse()
    assert proxy.get().startswith(b"HTTP/1.1 503 ")
    upstream.listen()
    details = "{remote_connection_failure|delayed_connect_error:_Connection_refused}"
    assert proxy.log(1) == [f"503 UF {BEFORE_HEADERS}{details}"]
    counters = "upstream_cx_connect_fail", "upstream_rq_pending_failure_eject", "upstream_rq_503", "upstream_cx_total"
    assert proxy.counted(*[f"cluster.up.{name}" for name in counters]) == [1, 1, 1, 1]


def test_an_upstream_that_answers_before_the_request_ended(proxy: Proxy, upstream: Upstream) -> None:
    with proxy.connect() as client:
        client.sendall(b"POST / HTTP/1.1\r\nhost: h\r\ncontent-length: 1000000\r\n\r\nabc")
        answer = read_all(client)
    assert b"connection: close\r\n" in answer
    assert answer.endswith(b"\r\n\r\nok")
    assert proxy.log(1) == ["200 - via_upstream"]
    assert eventually(lambda: not upstream.open)  # what is left of the request would be its next one
    assert proxy.counted("http.in.downstream_rq_response_before_rq_complete", "cluster.up.upstream_rq_200") == [1, 1]


def test_an_upstream_that_sends_two_responses(proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = answering(OK + b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled")
    with proxy.connect() as client:
        for _ in range(3):
            client.sendall(GET)
            assert eventually(lambda: client.recv(65536, socket.MSG_PEEK).endswith(b"ok"))
            assert b"smuggled" not in client.recv(65536)
    assert proxy.log(3) == ["200 - via_upstream"] * 3
    assert eventually(lambda: not upstream.open)
    assert proxy.counted("cluster.up.upstream_cx_total") == [3]


def test_an_upstream_that_speaks_unasked(proxy: Proxy, upstream: Upstream) -> None:
    gate = threading.Event()

    def script(peer: socket.socket) -> None:
        read_head(peer)
        peer.sendall(OK)
        gate.wait(DEADLINE_S)
        peer.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nsmuggled")
        read_all(peer)

    upstream.script = script
    assert proxy.get().endswith(b"ok")
    gate.set()
    assert eventually(lambda: not upstream.open)
    assert proxy.get().endswith(b"ok")
    assert proxy.log(2) == ["200 - via_upstream"] * 2
    assert eventually(lambda: not upstream.open)
    assert proxy.counted("cluster.up.upstream_cx_total", "cluster.up.upstream_cx_protocol_error") == [2, 2]


@pytest.mark.parametrize("interim", [b"HTTP/1.1 100 Continue\r\n\r\n", b"HTTP/1.1 103 Early Hints\r\n\r\n"])
def test_an_upstream_that_is_full_of_interim_responses(interim: bytes, proxy: Proxy, upstream: Upstream) -> None:
    upstream.script = saying(interim * 20_000 + OK)
    assert proxy.get().endswith(b"ok")
    assert proxy.log(1) == ["200 - via_upstream"]


def test_an_upstream_whose_interim_responses_never_end(proxy: Proxy, upstream: Upstream) -> None:
    def script(peer: socket.socket) -> None:
        read_head(peer)
        while True:
            peer.sendall(b"HTTP/1.1 100 Continue\r\n\r\n" * 100)

    upstream.script = script
    assert proxy.get().startswith(b"HTTP/1.1 504 ")
    assert proxy.log(1) == ["504 UT response_timeout"]


def test_faults_leave_no_memory_behind(proxy: Proxy, upstream: Upstream) -> None:
    faults = [fault for fault in FAULTS.values() if fault.status != 504]
    for fault in faults * 3:
        upstream.script = fault.script
        proxy.get()
    before_kib = proxy.memory_kib()
    for fault in faults * 20:
        upstream.script = fault.script
        proxy.get()
    assert proxy.memory_kib() - before_kib < 1024


def test_one_upstream_of_three_dies_under_load(tmp_path: Path) -> None:
    """What goes to it fails, one request in three; every other one is answered."""
    with (
        Upstream(answering()) as first,
        Upstream(answering()) as second,
        Upstream(answering()) as victim,
        Proxy(tmp_path, first, second, victim) as proxy,
    ):
        proxy.wait_live()
        assert all(proxy.get().endswith(b"ok") for _ in range(9))
        victim.close()
        answers = [proxy.get() for _ in range(30)]
        refused = [answer for answer in answers if answer.startswith(b"HTTP/1.1 503 ")]
        assert len(refused) == 10  # round robin, and nothing watches its health
        assert sum(answer.endswith(b"ok") for answer in answers) == 20
        proxy.finish(first, second)
