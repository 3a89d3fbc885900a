"""Free loopback ports, and one-shot HTTP requests to them."""

import http.client
import socket
import time
from collections.abc import Callable
from typing import Final

from bench.headers import BROWSER_HEADERS
from bench.process import BenchError, PinnedProcess

POLL_INTERVAL_S: Final = 0.002


def free_ports(count: int) -> list[int]:
    """Different ports nobody listens on; all are held open until the last is known."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(one.getsockname()[1]) for one in sockets]
    for one in sockets:
        one.close()
    return ports


def fetch(port: int, method: str, path: str, request_body_bytes: int = 0) -> tuple[int, bytes]:
    """Status and body of one request with the browser's headers. Raises OSError or HTTPException."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        body = b"x" * request_body_bytes or None
        connection.request(method, path, body, headers=dict(BROWSER_HEADERS))
        response = connection.getresponse()
        return response.status, response.read()
    finally:
        connection.close()


def wait_until(process: PinnedProcess, is_ready: Callable[[], bool], timeout_s: float) -> float:
    """Seconds from exec until `is_ready`; raises BenchError if the process dies or the time is over."""
    while True:
        try:
            if is_ready():
                return time.monotonic() - process.started_at
        except (OSError, http.client.HTTPException):
            pass
        process.raise_if_dead()
        if time.monotonic() - process.started_at > timeout_s:
            raise BenchError(f"not ready after {timeout_s:.0f} s: {process.output_tail()}")
        time.sleep(POLL_INTERVAL_S)
