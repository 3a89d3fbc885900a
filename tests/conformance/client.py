"""Plays the `steps` of a case against one proxy and writes down, line by line, what came back."""

import asyncio
import re
import socket
from contextlib import suppress
from pathlib import Path
from typing import Any, Protocol

from .admin_answer import answer_lines
from .case import Case, CaseError
from .places import Places
from .wire import Message, Wire, read_response, to_text, to_wire

READ_TIMEOUT_S = 5.0
STEP_KEYS = {
    *("conn", "get", "method", "host", "headers", "request", "send", "times", "split"),
    *("read", "within", "half_close", "close", "reset"),
}
LINGER_S = 0.3
DELAYED_S = 0.5  # an end later than this came from a timer (delayed_close_timeout is 1 s), not from the exchange
REQUEST_START = re.compile(rb"(?:^|\n)([A-Z]+) [^\r\n]* HTTP/1\.[01]\r?\n")


class Admin(Protocol):
    """The part of a proxy that steps need besides its listeners."""

    async def admin(self, method: str, path: str) -> Message: ...
    def signal(self, name: str) -> None: ...
    async def wait(self, timeout_s: float) -> int | None: ...


class Connection:
    def __init__(self, name: str, wire: Wire) -> None:
        self.name = name
        self.wire = wire
        self.methods: list[bytes] = []
        self.closed = False
        self.end_noted = False


class Client:
    """One run of the steps of one case. `dialogue` has both directions, `lines` only what is compared."""

    def __init__(self, case: Case, places: Places, listeners: list[str], admin: Admin) -> None:
        self.case = case
        self.places = places
        self.listeners = listeners
        self.proxy = admin
        self.timeout_s = float(case.get("timeout", READ_TIMEOUT_S))
        self.lines: list[str] = []
        self.admin_lines: list[str] = []
        self.process_lines: list[str] = []
        self.dialogue: list[str] = []
        self.statuses: list[int] = []
        self._connections: dict[str, Connection] = {}
        self._last = ""

    async def run(self) -> None:
        steps = self.case.get("steps", [{"get": "/"}])
        try:
            for step in steps:
                await self._step({"get": step} if isinstance(step, str) else dict(step))
            # All at once: a connection must not look closed only because another was watched first.
            await asyncio.gather(*(self._linger(connection) for connection in self._connections.values()))
            for connection in self._connections.values():
                await self._note_end(connection)
        finally:
            for connection in self._connections.values():
                connection.wire.close()

    def _note(self, connection: Connection, text: str) -> None:
        line = self.places.strip(f"{connection.name} {text}")
        self.lines.append(line)
        self.dialogue.append(line)

    async def _step(self, step: dict[str, Any]) -> None:
        if "admin" in step:
            await self._admin_step(step)
        elif "signal" in step:
            self.proxy.signal(str(step["signal"]))
        elif "exit" in step:
            code = await self.proxy.wait(float(step["exit"]))
            self.process_lines.append("still running" if code is None else f"exit code {code}")
        elif "rename" in step:
            old, new = (Path(self.places.values["dir"]) / name for name in step["rename"])
            old.rename(new)
        elif "connect" in step:
            await self._connect(str(step["connect"]), step)
        elif set(step) == {"pause"}:
            await asyncio.sleep(float(step["pause"]))
        else:
            await self._exchange_step(await self._connection(step.get("conn")), step)

    async def _exchange_step(self, connection: Connection, step: dict[str, Any]) -> None:
        if unknown := sorted(str(key) for key in step if key not in STEP_KEYS):
            raise CaseError(f"{self.case.name}: unknown keys {unknown} in step {step!r}")
        wait = step.get("read", "response")
        if "get" in step:
            await self._send(connection, self._get_request(step))
            await self._read(connection, wait, step)
        elif "request" in step:
            await self._send(connection, to_wire(self.places.fill_text(step["request"])))
            await self._read(connection, wait, step)
        elif "send" in step:
            data = self.places.fill_text(step["send"]).encode("latin-1") * int(step.get("times", 1))
            await self._send(connection, data, piece=int(step.get("split", 0)))
            if "read" in step:
                await self._read(connection, wait, step)
        elif "half_close" in step:
            connection.wire.half_close()
        elif "close" in step:
            connection.wire.close()
            connection.closed = True
        elif "reset" in step:
            connection.wire.reset()
            connection.closed = True
        elif "read" in step:
            await self._read(connection, wait, step)
        else:
            raise CaseError(f"{self.case.name}: unknown step {step!r}")

    def _get_request(self, step: dict[str, Any]) -> bytes:
        headers = [str(line) for line in step.get("headers", [])]
        if not any(line.lower().startswith("host:") for line in headers):
            headers.insert(0, "host: " + step.get("host", "a.test"))
        method = step.get("method", "GET")
        return to_wire(self.places.fill_text("\n".join([f"{method} {step['get']} HTTP/1.1", *headers]) + "\n\n"))

    async def _connection(self, name: str | None) -> Connection:
        name = name or self._last or "main"
        if name not in self._connections:
            await self._connect(name, {})
        self._last = name
        return self._connections[name]

    async def _connect(self, name: str, step: dict[str, Any]) -> None:
        """To the listener of that name, of `listener:`, or `main`; or to the address in `to`; from that in `from`."""
        listener = step.get("listener", name if name in self.listeners else self.listeners[0])
        target = self.places.fill_text(str(step["to"])) if "to" in step else self.places.values[listener]
        unix = target.startswith("/")
        sock = socket.socket(socket.AF_UNIX if unix else socket.AF_INET6 if target.startswith("[") else socket.AF_INET)
        sock.setblocking(False)
        if "from" in step:
            host, _, port = str(step["from"]).partition(":")
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            sock.bind((host, int(self.places.fill_text(port) or 0)))
        connection = Connection(name, Wire(sock))
        self._connections[name] = connection
        self._last = name
        host, _, port = target.rpartition(":")
        try:
            await asyncio.get_running_loop().sock_connect(sock, target if unix else (host.strip("[]"), int(port)))
        except OSError as error:
            connection.wire.ended = "refused"
            connection.end_noted = True
            self._note(connection, f"not connected: {type(error).__name__}")
            return
        if not unix:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    async def _send(self, connection: Connection, data: bytes, piece: int = 0) -> None:
        connection.methods.extend(REQUEST_START.findall(data))
        for line in to_text(data.removesuffix(b"\r\n\r\n")).split(r"\r\n"):
            self.dialogue.append(self.places.strip(f"{connection.name} > {line}"))
        if not piece:
            await connection.wire.send(data)
            return
        for start in range(0, len(data), piece):
            await connection.wire.send(data[start : start + piece])
            await asyncio.sleep(0.002)

    async def _read(self, connection: Connection, wait: Any, step: dict[str, Any]) -> None:
        """`none`, `response`, a number of responses, `interim`, `eof`, {bytes: n}, {until: text} or {for: seconds}."""
        started_s = asyncio.get_running_loop().time()
        match wait:
            case "none":
                return
            case "response":
                await self._responses(connection, 1)
            case "interim":
                await self._one_response(connection)
            case int(count):
                await self._responses(connection, count)
            case "eof":
                await self._until_end(connection)
            case {"bytes": int(count)}:
                await self._until(connection, lambda wire: len(wire.buffer) >= count)
            case {"until": str(text)}:
                wanted = text.encode("latin-1")
                await self._until(connection, lambda wire: wanted in wire.buffer)
            case {"for": seconds}:
                await self._for(connection, float(seconds))
            case _:
                raise CaseError(f"{self.case.name}: unknown read {wait!r}")
        if "within" in step:
            low, high = step["within"]
            took_s = asyncio.get_running_loop().time() - started_s
            self._note(connection, f"took {low}-{high} s" if low <= took_s <= high else f"took {took_s:.2f} s")

    async def _responses(self, connection: Connection, count: int) -> None:
        while count:
            status = await self._one_response(connection)
            if status is None:
                return
            if status >= 200 or status == 101 or status == 0:
                count -= 1

    async def _one_response(self, connection: Connection) -> int | None:
        """The status of the next response; None when none came. An interim response leaves its request waiting."""
        message = Message([])
        bodiless = connection.methods[:1] == [b"HEAD"]
        timed_out = False
        got = True
        try:
            async with asyncio.timeout(self.timeout_s):
                got = await read_response(connection.wire, message, bodiless=bodiless)
        except TimeoutError:
            timed_out = True
        for line in message.lines():
            self._note(connection, f"< {line}")
        if timed_out:
            self._note_timeout(connection)
            return None
        if not got:
            await self._note_end(connection)
            return None
        if message.status >= 200:
            self.statuses.append(message.status)
            del connection.methods[:1]
        if "until" in message.ending:
            await self._note_end(connection)
        return message.status

    def _note_timeout(self, connection: Connection) -> None:
        rest = connection.wire.take(len(connection.wire.buffer))
        self._note(connection, f"nothing more in {self.timeout_s:g} s" + (f" after {to_text(rest)}" if rest else ""))

    async def _until(self, connection: Connection, enough: Any) -> None:
        wire = connection.wire
        try:
            async with asyncio.timeout(self.timeout_s):
                while not enough(wire) and await wire.fill():
                    pass
        except TimeoutError:
            self._note_timeout(connection)
            return
        self._note_bytes(connection)

    async def _for(self, connection: Connection, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while await connection.wire.fill():
                    pass
        self._note_bytes(connection)

    async def _until_end(self, connection: Connection) -> None:
        try:
            async with asyncio.timeout(self.timeout_s):
                while await connection.wire.fill():
                    pass
        except TimeoutError:
            self._note_bytes(connection)
            self._note(connection, f"still open after {self.timeout_s:g} s")
            connection.end_noted = True
            return
        await self._note_end(connection)

    def _note_bytes(self, connection: Connection) -> None:
        if connection.wire.buffer:
            self._note(connection, f"< bytes {to_text(connection.wire.take(len(connection.wire.buffer)))}")

    async def _linger(self, connection: Connection) -> None:
        if connection.closed or connection.end_noted:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(LINGER_S):
                while await connection.wire.fill():
                    pass

    async def _note_end(self, connection: Connection) -> None:
        """Whether the proxy left the connection open, closed it at once, or closed it after a delay."""
        if connection.closed or connection.end_noted:
            return
        connection.end_noted = True
        wire = connection.wire
        self._note_bytes(connection)
        if not wire.ended:
            self._note(connection, "left open")
        else:
            delayed = wire.ended_s - wire.last_activity_s > DELAYED_S
            self._note(connection, f"{wire.ended} {'after a delay' if delayed else 'at once'}")

    async def _admin_step(self, step: dict[str, Any]) -> None:
        step = self.places.fill(step)
        method, _, path = step["admin"].rpartition(" ")
        try:
            async with asyncio.timeout(self.timeout_s):
                answer = await self.proxy.admin(method or "GET", path)
        except (TimeoutError, OSError) as error:
            self.admin_lines.append(f"{method or 'GET'} {self.places.strip(path)}: no answer ({type(error).__name__})")
            return
        lines = [f"{method or 'GET'} {self.places.strip(path)}", *answer_lines(answer, step)]
        self.admin_lines.extend(self.places.strip(line) for line in lines)
        self.statuses.append(answer.status)
