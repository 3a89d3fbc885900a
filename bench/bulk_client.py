"""A client for large bodies that costs next to nothing: it counts body bytes without copying them.

Usage: python -m bench.bulk_client PORT METHOD PATH SECONDS CONNECTIONS.
Prints one RESULT line, as the script of wrk does.
"""

import json
import select
import socket
import sys
import time
from typing import Final

from bench.headers import request_bytes

_HEAD_BYTES: Final = 16 * 1024
_PIECE_BYTES: Final = 1024 * 1024


class BulkConnection:
    """One keep-alive connection that asks for the same body again and again."""

    def __init__(self, port: int, request: bytes) -> None:
        self._request = request
        self._unread = 0
        self._scratch = bytearray(_PIECE_BYTES)
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=5)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.ask()

    def ask(self) -> None:
        self.asked_at = time.monotonic()
        self.socket.sendall(self._request)

    def on_readable(self) -> bool:
        """True when a body is complete. Raises ValueError for an answer that is not 200 with a length."""
        if self._unread:
            # tcp(7): MSG_TRUNC throws received bytes away in the kernel; the scratch buffer stays untouched.
            taken = self.socket.recv_into(self._scratch, min(self._unread, _PIECE_BYTES), socket.MSG_TRUNC)
            if taken == 0:
                raise ValueError("closed in a body")
            self._unread -= taken
        else:
            self._unread = unread_after_head(self.socket.recv(_HEAD_BYTES))
        return self._unread == 0


def run(port: int, request: bytes, seconds: float, connections: int) -> dict[str, object]:
    """Counts bodies completed within `seconds`."""
    errors = {"connect": 0, "read": 0, "status": 0}
    poll = select.epoll()
    by_fd: dict[int, BulkConnection] = {}
    for _ in range(connections):
        connection = BulkConnection(port, request)
        by_fd[connection.socket.fileno()] = connection
        poll.register(connection.socket.fileno(), select.EPOLLIN)
    latencies: list[float] = []
    started = now = time.monotonic()
    while now < started + seconds and by_fd:
        for fd, _ in poll.poll(0.1):
            connection = by_fd[fd]
            try:
                if connection.on_readable():
                    latencies.append(time.monotonic() - connection.asked_at)
                    connection.ask()
            except ValueError:
                errors["status"] += 1
                del by_fd[fd]
                connection.socket.close()
            except OSError:
                errors["read"] += 1
                del by_fd[fd]
                connection.socket.close()
        now = time.monotonic()
    latencies.sort()
    count = len(latencies)
    p50, p99 = (latencies[count // 2], latencies[count * 99 // 100]) if latencies else (0.0, 0.0)
    return {
        "requests": count,
        "seconds": now - started,
        "p50_us": p50 * 1e6,
        "p99_us": p99 * 1e6,
        "errors": errors,
    }


def unread_after_head(data: bytes) -> int:
    head, separator, body = data.partition(b"\r\n\r\n")
    if not separator or not head.startswith(b"HTTP/1.1 200 "):
        raise ValueError(f"not a 200 with its whole head in one piece: {data[:80]!r}")
    for line in head.split(b"\r\n"):
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            return int(value) - len(body)
    raise ValueError("no content-length")


def main() -> None:
    port, method, path, seconds, connections = sys.argv[1:6]
    result = run(int(port), request_bytes(method, path, 0), float(seconds), int(connections))
    print("RESULT " + json.dumps(result))


if __name__ == "__main__":
    main()
