"""Memory of an idle keep-alive connection: many are opened, each serves one request and stays."""

import select
import socket
import time
from dataclasses import dataclass
from typing import Final

from bench import procfs
from bench.contestants.contestant import Contestant
from bench.headers import request_bytes
from bench.process import BenchError
from bench.scenarios import SMALL_BODY, Listener
from bench.stage import Stage, proxy_on_stage

IDLE_CONNECTIONS: Final = 5000
_WARM_UP_REQUESTS: Final = 50
_SETTLE_S: Final = 1.0
_SPARE_FILES: Final = 200


@dataclass(frozen=True)
class IdleMemory:
    """Growth of the process tree per connection; base is the tree that has served a first connection.

    Anonymous memory is what the goal is held against: RSS and PSS also have the pages of the program file, and PSS
    changes when another process starts or stops to share them.
    """

    connections: int
    base_rss_bytes: int
    base_pss_bytes: int
    rss_bytes_per_connection: float
    pss_bytes_per_connection: float
    anonymous_bytes_per_connection: float


def measure_idle_memory(stage: Stage, contestant: Contestant) -> IdleMemory:
    """Raises BenchError if a connection is refused, answered wrongly or closed while idle."""
    count = min(IDLE_CONNECTIONS, stage.nofile - _SPARE_FILES)
    request = request_bytes("GET", "/", 0)
    sockets: list[socket.socket] = []
    with proxy_on_stage(stage, contestant, Listener.HTTP) as proxy:
        try:
            first = _connect(proxy.layout.listen_port)
            sockets.append(first)
            for _ in range(_WARM_UP_REQUESTS):
                _exchange(first, request)
            time.sleep(_SETTLE_S)
            before = procfs.memory(proxy.process.pid)
            for _ in range(count):
                one = _connect(proxy.layout.listen_port)
                sockets.append(one)
                _exchange(one, request)
            time.sleep(_SETTLE_S)
            after = procfs.memory(proxy.process.pid)
            _check_open(sockets)
        finally:
            for one in sockets:
                one.close()
    return IdleMemory(
        connections=count,
        base_rss_bytes=before.rss_bytes,
        base_pss_bytes=before.pss_bytes,
        rss_bytes_per_connection=(after.rss_bytes - before.rss_bytes) / count,
        pss_bytes_per_connection=(after.pss_bytes - before.pss_bytes) / count,
        anonymous_bytes_per_connection=(after.anonymous_bytes - before.anonymous_bytes) / count,
    )


def _connect(port: int) -> socket.socket:
    try:
        return socket.create_connection(("127.0.0.1", port), timeout=5)
    except OSError as error:
        raise BenchError(f"connection refused or timed out: {error}") from None


def _exchange(one: socket.socket, request: bytes) -> None:
    """One request and the whole of its answer, which ends with the known body."""
    one.sendall(request)
    answer = b""
    while not answer.endswith(SMALL_BODY):
        data = one.recv(4096)
        if not data:
            raise BenchError(f"connection closed after {answer[:80]!r}")
        answer += data
    if not answer.startswith(b"HTTP/1.1 200 "):
        raise BenchError(f"wrong answer {answer[:80]!r}")


def _check_open(sockets: list[socket.socket]) -> None:
    poll = select.poll()
    for one in sockets:
        poll.register(one, select.POLLIN)
    if closed := len(poll.poll(0)):
        raise BenchError(f"{closed} of {len(sockets)} idle connections were closed by the proxy")
