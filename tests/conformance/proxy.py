"""A proxy under test as a process: start it on a bootstrap, ask its admin endpoint, stop it."""

import asyncio
import itertools
import json
import os
import shlex
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .wire import Message, Wire, read_response

ROOT = Path(__file__).parents[2]
ENVOY = ROOT / ".venv-envoy" / "bin" / "envoy"
START_TIMEOUT_S = 20.0
STOP_TIMEOUT_S = 5.0

_base_ids = itertools.count(os.getpid() % 40000 * 1000)


@dataclass(frozen=True)
class Target:
    """A command that takes Envoy's flags."""

    name: str
    command: tuple[str, ...]


def envoy_target() -> Target:
    return Target("envoy", (os.environ.get("ENVOY_COMMAND", str(ENVOY)),))


def portico_target() -> Target:
    default = f"{sys.executable} -m portico"
    return Target("portico", tuple(shlex.split(os.environ.get("PORTICO_COMMAND", default))))


class StartError(Exception):
    """The proxy did not become ready; the message is what it complained about, `complaints` all of it."""

    def __init__(self, message: str, complaints: str) -> None:
        super().__init__(message)
        self.complaints = complaints


class Proxy:
    def __init__(self, target: Target, directory: Path, admin_port: int, arguments: list[str]) -> None:
        self.target = target
        self.directory = directory
        self.admin_port = admin_port
        self.arguments = arguments
        self.output = directory / "output.txt"
        self.base_id = next(_base_ids)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self, bootstrap: dict[str, Any]) -> None:
        """Returns when /ready says LIVE. Raises StartError when the process exits first or takes too long."""
        config = self.directory / "bootstrap.json"
        config.write_text(json.dumps(bootstrap, indent=1))
        await self.launch(["-c", str(config), *self.arguments])
        try:
            async with asyncio.timeout(START_TIMEOUT_S):
                while not await self._is_live():
                    if self._process is None or self._process.returncode is not None:
                        raise StartError(self.output_tail(), self.complaints())
                    await asyncio.sleep(0.05)
        except TimeoutError:
            late = f"not LIVE after {START_TIMEOUT_S:g} s\n{self.output_tail()}"
            raise StartError(late, self.complaints()) from None

    async def launch(self, arguments: list[str]) -> None:
        defaults = {"--concurrency": "1", "--base-id": str(self.base_id), "--file-flush-interval-msec": "50"}
        flags = [part for flag, value in defaults.items() if flag not in arguments for part in (flag, value)]
        with self.output.open("ab") as output:
            self._process = await asyncio.create_subprocess_exec(
                *self.target.command, *arguments, *flags, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
            )

    async def _is_live(self) -> bool:
        try:
            answer = await self.admin("GET", "/ready")
        except OSError:
            return False
        return answer.status == 200

    async def admin(self, method: str, path: str) -> Message:
        loop = asyncio.get_running_loop()
        with socket.socket() as sock:
            sock.setblocking(False)
            await loop.sock_connect(sock, ("127.0.0.1", self.admin_port))
            wire = Wire(sock)
            await wire.send(f"{method} {path} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n".encode())
            message = Message([])
            await read_response(wire, message, bodiless=method == "HEAD")
            return message

    def complaints(self) -> str:
        """Everything it printed above the level of a warning."""
        lines = self.output.read_text(errors="replace").splitlines() if self.output.exists() else []
        return "\n".join(line for line in lines if "][info]" not in line and "][warning]" not in line)

    def output_tail(self) -> str:
        telling = self.complaints().splitlines()
        named = [line for line in telling if "critical" in line or "rror" in line]
        return "\n".join(line[:2000] for line in [*named[:5], *telling[-5:]])

    def signal(self, name: str) -> None:
        if self._process is not None and self._process.returncode is None:
            self._process.send_signal(signal.Signals[name])

    def is_running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def wait(self, timeout_s: float) -> int | None:
        """The exit code; None when the process is still there after that time."""
        assert self._process is not None
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                return await self._process.wait()
        return None

    async def stop(self) -> None:
        if self._process is None:
            return
        self.signal("SIGTERM")
        if await self.wait(STOP_TIMEOUT_S) is None:
            self.signal("SIGKILL")
            await self._process.wait()
        # Envoy leaves its hot-restart block behind for a next epoch, which never comes here.
        Path(f"/dev/shm/envoy_shared_memory_{self.base_id * 10}").unlink(missing_ok=True)
