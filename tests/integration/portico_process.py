"""A portico of one's own: started from a bootstrap on free ports, asked, signalled, stopped."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).resolve().parents[2]
DEADLINE_S = 15.0
ECHO = "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo"


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


def address(port: int) -> dict[str, Any]:
    return {"socket_address": {"address": "127.0.0.1", "port_value": port}}


def echo_listener(name: str, port: int) -> dict[str, Any]:
    filters = [{"name": "echo", "typed_config": {"@type": ECHO}}]
    return {"name": name, "address": address(port), "filter_chains": [{"filters": filters}]}


def bootstrap(*listeners: dict[str, Any], admin_port: int = 0, **more: Any) -> str:
    admin = {"admin": {"address": address(admin_port)}} if admin_port else {}
    return json.dumps({**admin, "static_resources": {"listeners": list(listeners)}, **more})


def command(*arguments: str) -> list[str]:
    return [sys.executable, "-m", "portico", *arguments]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """To its end."""
    return subprocess.run(
        command(*arguments), cwd=ROOT, capture_output=True, text=True, timeout=DEADLINE_S, check=False
    )


class Portico:
    """One that serves; errors and output are read when it is stopped."""

    def __init__(self, config: str, *arguments: str, admin_port: int = 0, descriptor_limit: int = 0) -> None:
        self.admin_port = admin_port
        limit = ["sh", "-c", f'ulimit -n {descriptor_limit}; exec "$@"', "sh"] if descriptor_limit else []
        self.process = subprocess.Popen(
            [*limit, *command("--config-yaml", config, "--use-dynamic-base-id", *arguments)],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        self._finished: tuple[str, str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def wait_live(self) -> Self:
        deadline = time.monotonic() + DEADLINE_S
        while time.monotonic() < deadline and self.process.poll() is None:
            if self.admin("/ready")[0] == 200:
                return self
            time.sleep(0.02)
        raise AssertionError(f"not LIVE: {self.stop()}")

    def admin(self, path: str, *, post: bool = False) -> tuple[int, str]:
        """Status and body; status 0 = no answer."""
        url = f"http://127.0.0.1:{self.admin_port}{path}"
        try:
            with urllib.request.urlopen(
                urllib.request.Request(url, method="POST" if post else "GET"), timeout=5
            ) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def stat(self, name: str) -> int:
        lines = self.admin("/stats")[1].splitlines()
        return next(int(line.partition(": ")[2]) for line in lines if line.startswith(name + ": "))

    def children(self) -> list[int]:
        listed = subprocess.run(["ps", "-e", "-o", "pid=,ppid="], capture_output=True, text=True, check=True).stdout
        pairs = [tuple(map(int, line.split())) for line in listed.splitlines()]
        return [pid for pid, parent in pairs if parent == self.process.pid]

    def stop(self, number: signal.Signals = signal.SIGTERM) -> tuple[str, str]:
        """Standard output and standard error."""
        if self._finished is None:
            if self.process.poll() is None:
                self.process.send_signal(number)
            try:
                self._finished = self.process.communicate(timeout=DEADLINE_S)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self._finished = self.process.communicate()
                raise
        return self._finished


def echoed(port: int, text: bytes) -> bytes:
    with socket.create_connection(("127.0.0.1", port), DEADLINE_S) as client:
        client.sendall(text)
        return client.recv(65536)
