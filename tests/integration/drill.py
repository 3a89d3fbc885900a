"""What fault drills share: an HTTP proxy with one worker, upstreams scripted byte by byte, and what must be at rest."""

import contextlib
import json
import re
import select
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

import pytest

from tests.integration.portico_process import DEADLINE_S, Portico, address, free_port

HCM = "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER = "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"
FILE_LOG = "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog"
LOG_FORMAT = "%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n"
GET = b"GET / HTTP/1.1\r\nhost: h\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"

# Gauges that count something open. The drill's own questions to the admin interface are not part of it.
_OPEN = re.compile(r"(?!http\.admin\.|listener\.admin\.|listener_manager\.).*(_active|_open)")

linux_only = pytest.mark.skipif(sys.platform != "linux", reason="memory and CPU are read from /proc")

Script = Callable[[socket.socket], None]


def eventually(is_true: Callable[[], bool], seconds: float = DEADLINE_S) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if is_true():
            return True
        time.sleep(0.01)
    return is_true()


def read_head(peer: socket.socket) -> bytes:
    """A message's head, byte by byte so that what follows stays in the kernel; ConnectionError at its end."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        byte = peer.recv(1)
        if not byte:
            raise ConnectionError("closed")
        head += byte
    return head


def read_all(peer: socket.socket) -> bytes:
    """Until the end, or the reset."""
    parts = []
    try:
        while part := peer.recv(65536):
            parts.append(part)
    except ConnectionResetError:
        pass
    return b"".join(parts)


def reset(peer: socket.socket) -> None:
    """Close with RST."""
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()


def answering(response: bytes = OK) -> Script:
    """Every request, for as long as the connection lasts."""

    def script(peer: socket.socket) -> None:
        while True:
            read_head(peer)
            peer.sendall(response)

    return script


class Server:
    """Something on a port."""

    port: int


class Upstream(Server):
    """A listening socket whose connections each run ``script`` on a thread, and close when it returns."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.opened = 0
        self.open: set[socket.socket] = set()
        self.port = 0
        self.listen()

    def __enter__(self) -> "Upstream":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def listen(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=1024)
        self.port = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def close(self) -> None:
        self.refuse()
        self.hang_up()

    def refuse(self) -> None:
        self._listener.close()
        # A thread in accept(2) keeps the socket listening until it returns.
        with socket.socket() as last:
            last.connect_ex(("127.0.0.1", self.port))

    def hang_up(self) -> None:
        """Close every connection."""
        for peer in list(self.open):
            with contextlib.suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            self.opened += 1
            self.open.add(peer)
            threading.Thread(target=self._run, args=(peer,), daemon=True).start()

    def _run(self, peer: socket.socket) -> None:
        try:
            self.script(peer)
        except OSError:
            pass
        finally:
            self.open.discard(peer)
            peer.close()


class Proxy(Portico):
    """One worker that forwards everything to ``upstreams``, and logs each request."""

    def __init__(
        self,
        folder: Path,
        *upstreams: Server,
        hcm: dict[str, Any] | None = None,
        cluster: dict[str, Any] | None = None,
        listener: dict[str, Any] | None = None,
        log_path: Path | None = None,
        descriptor_limit: int = 0,
    ) -> None:
        self.port, admin_port = free_port(), free_port()
        self.log_path = log_path or folder / "access.log"
        self._logged_before = 0
        self._counted_before: dict[str, int] = {}
        config = {
            "admin": {"address": address(admin_port)},
            "static_resources": {
                "listeners": [http_listener(self.port, self.log_path, hcm or {}) | (listener or {})],
                "clusters": [static_cluster([each.port for each in upstreams]) | (cluster or {})],
            },
        }
        super().__init__(
            json.dumps(config),
            "--concurrency",
            "1",
            "--file-flush-interval-msec",
            "50",
            admin_port=admin_port,
            descriptor_limit=descriptor_limit,
        )

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), DEADLINE_S)

    def get(self, request: bytes = GET) -> bytes:
        """The answer to one request on a connection of its own: all that comes until its end."""
        with self.connect() as client:
            client.sendall(request.replace(b"\r\n\r\n", b"\r\nconnection: close\r\n\r\n", 1))
            return read_all(client)

    def worker(self) -> int:
        return max(self.children())

    def memory_kib(self) -> int:
        """The worker's own, without what it shares with the process it was forked from."""
        status = Path(f"/proc/{self.worker()}/status").read_text()
        return next(int(line.split()[1]) for line in status.splitlines() if line.startswith("RssAnon:"))

    def cpu_s(self) -> float:
        """User and system time of the worker so far."""
        fields = Path(f"/proc/{self.worker()}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / 100

    def begin(self) -> "Proxy":
        """Log lines and counters are those from here on."""
        self._logged_before = 0
        time.sleep(0.1)  # two flushes
        self._logged_before = len(self._log_lines())
        self._counted_before = self.stats()
        return self

    def log(self, lines: int) -> list[str]:
        """The access log once it holds as many lines; fails if it gets more or fewer."""
        eventually(lambda: len(self._log_lines()) >= lines)
        time.sleep(0.1)  # two flushes: what is one too many has come
        found = self._log_lines()
        assert len(found) == lines, found
        return found

    def counted(self, *names: str) -> list[int]:
        stats = self.stats()
        return [stats.get(name, 0) - self._counted_before.get(name, 0) for name in names]

    def _log_lines(self) -> list[str]:
        lines = self.log_path.read_text().splitlines() if self.log_path.exists() else []
        return lines[self._logged_before :]

    def stats(self) -> dict[str, int]:
        split = [line.partition(": ") for line in self.admin("/stats")[1].splitlines()]
        return {name: int(value) for name, _, value in split if value.isdigit()}

    def open_gauges(self) -> dict[str, int]:
        return {name: value for name, value in self.stats().items() if value and _OPEN.fullmatch(name)}

    def assert_at_rest(self, *upstreams: Upstream) -> None:
        """No gauge counts anything open, but for the connections that ``upstreams`` still see."""

        def idle() -> dict[str, int]:
            want = sum(len(each.open) for each in upstreams)
            return {"cluster.up.upstream_cx_active": want} if want else {}

        eventually(lambda: self.open_gauges() == idle())
        found, wanted = self.open_gauges(), idle()
        assert found == wanted, f"{found} instead of {wanted}"

    def finish(self, *upstreams: Upstream) -> str:
        """At rest, then stopped; standard error without a traceback."""
        self.assert_at_rest(*upstreams)
        _, errors = self.stop()
        assert "Traceback" not in errors, errors
        return errors


def http_listener(port: int, log_path: Path, hcm: dict[str, Any]) -> dict[str, Any]:
    routes = [{"match": {"prefix": "/"}, "route": {"cluster": "up"}}]
    log = {
        "@type": FILE_LOG,
        "path": str(log_path),
        "log_format": {"text_format_source": {"inline_string": LOG_FORMAT}},
    }
    manager = {
        "@type": HCM,
        "stat_prefix": "in",
        "access_log": [{"name": "file", "typed_config": log}],
        "http_filters": [{"name": "router", "typed_config": {"@type": ROUTER}}],
        "route_config": {"virtual_hosts": [{"name": "all", "domains": ["*"], "routes": routes}]},
    }
    filters = [{"name": "hcm", "typed_config": manager | hcm}]
    return {"name": "in", "address": address(port), "filter_chains": [{"filters": filters}]}


def static_cluster(ports: list[int]) -> dict[str, Any]:
    endpoints = [{"endpoint": {"address": address(port)}} for port in ports]
    return {
        "name": "up",
        "connect_timeout": "2s",
        "load_assignment": {"cluster_name": "up", "endpoints": [{"lb_endpoints": endpoints}]},
    }


def is_paused(peer: socket.socket, seconds: float = 0.5) -> bool:
    """Whether ``peer`` takes no more bytes, and goes on taking none."""
    return not select.select([], [peer], [], seconds)[1]
