"""A scripted origin server: it records what the proxy sent and answers, or misbehaves, as the case says."""

import asyncio
import socket
from contextlib import suppress
from typing import Any

from .case import CaseError
from .places import Places
from .wire import Message, Wire, read_body, read_head, to_text, to_wire

DEFAULT_REPLY = "HTTP/1.1 200 OK\ncontent-length: 2\n\nok"


class Exchange:
    """One connection the proxy opened: its requests, and how the proxy left it, if it did."""

    def __init__(self, wire: Wire) -> None:
        self.wire = wire
        self.requests: list[Message] = []
        self.raw: bytes | None = None
        self.left = ""


class Upstream:
    """One listening address with one behaviour. `$name_port` in the case is its port."""

    def __init__(self, name: str, behaviour: Any, places: Places) -> None:
        self.name = name
        self.behaviour = behaviour
        self.places = places
        self.exchanges: list[Exchange] = []
        self._answered = 0
        self._tasks: set[asyncio.Task[None]] = set()
        self._fillers: list[socket.socket] = []
        self._socket = socket.socket()
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        places.add_port(name, self._socket.getsockname()[1])

    def start(self) -> None:
        connect = self.behaviour.get("connect", "accept") if isinstance(self.behaviour, dict) else "accept"
        if connect == "refuse":
            return
        if connect == "blackhole":
            self._become_blackhole()
            return
        if connect != "accept":
            raise CaseError(f"upstream {self.name!r}: connect: must be refuse, blackhole or accept, got {connect!r}")
        self._socket.listen(256)
        self._spawn(self._accept())

    def _become_blackhole(self) -> None:
        # Linux drops the SYN of a connection that does not fit the accept queue: a backlog of 0 fits one.
        self._socket.listen(0)
        for _ in range(4):
            filler = socket.socket()
            filler.setblocking(False)
            with suppress(BlockingIOError):
                filler.connect(self._socket.getsockname())
            self._fillers.append(filler)

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def stop(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for exchange in self.exchanges:
            exchange.wire.close()
        for filler in self._fillers:
            filler.close()
        self._socket.close()

    async def _accept(self) -> None:
        loop = asyncio.get_running_loop()
        while True:
            connection, _ = await loop.sock_accept(self._socket)
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            exchange = Exchange(Wire(connection))
            self.exchanges.append(exchange)
            self._spawn(self._serve(exchange))

    async def _serve(self, exchange: Exchange) -> None:
        if isinstance(self.behaviour, dict) and "tcp" in self.behaviour:
            await self._serve_tcp(exchange, self.behaviour["tcp"])
        else:
            while await self._serve_request(exchange):
                pass
        if exchange.wire.ended:
            exchange.left = exchange.wire.ended

    async def _serve_tcp(self, exchange: Exchange, steps: Any) -> None:
        """`echo`, or the steps of a reply; everything the proxy sent is kept as raw bytes."""
        exchange.raw = b""
        if steps == "echo":
            while exchange.wire.buffer or await exchange.wire.fill():
                data = exchange.wire.take(len(exchange.wire.buffer))
                exchange.raw += data
                await exchange.wire.send(data)
            exchange.wire.half_close()
            return
        if not await self._play(exchange, Message([]), steps):
            exchange.raw += exchange.wire.take(len(exchange.wire.buffer))
            return
        while await exchange.wire.fill():
            pass
        exchange.raw += exchange.wire.take(len(exchange.wire.buffer))

    async def _serve_request(self, exchange: Exchange) -> bool:
        """False when the connection is over."""
        request = Message([])
        if not await read_head(exchange.wire, request):
            if request.body:
                exchange.requests.append(request)
            return False
        exchange.requests.append(request)
        reply = self._choose_reply(request)
        steps = reply if isinstance(reply, list) else [reply]
        early = bool(steps) and isinstance(steps[0], dict) and "early" in steps[0]
        if not early:
            await read_body(exchange.wire, request, may_end_with_connection=False)
            return not request.ending and await self._play(exchange, request, steps)
        goes_on = await self._play(exchange, request, steps[1:])
        if goes_on:
            await read_body(exchange.wire, request, may_end_with_connection=False)
        return goes_on and not request.ending

    def _choose_reply(self, request: Message) -> Any:
        """By path when the behaviour is a mapping of paths, else by the number of the request."""
        number = self._answered
        self._answered += 1
        if isinstance(self.behaviour, dict):
            path = request.target.partition("?")[0]
            return self.behaviour.get(path, self.behaviour.get("*", DEFAULT_REPLY))
        if isinstance(self.behaviour, list):
            return self.behaviour[min(number, len(self.behaviour) - 1)]
        return self.behaviour

    async def _play(self, exchange: Exchange, request: Message, steps: list[Any]) -> bool:
        """Run the steps of one reply. False when they ended the connection."""
        for step in steps:
            if not await self._step(exchange, request, {"reply": step} if isinstance(step, str) else step):
                return False
        return True

    async def _step(self, exchange: Exchange, request: Message, step: dict[str, Any]) -> bool:
        wire = exchange.wire
        match step:
            case {"reply": str(text)}:
                await wire.send(to_wire(self.places.fill_text(text)))
            case {"send": str(text)}:
                await wire.send(self.places.fill_text(text).encode("latin-1") * int(step.get("times", 1)))
            case {"drip": str(text)}:
                for byte in text.encode("latin-1"):
                    await wire.send(bytes([byte]))
                    await asyncio.sleep(float(step.get("every", 0.01)))
            case {"echo": _}:
                head = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(request.body)
                await wire.send(head + request.body)
            case {"pause": seconds}:
                await asyncio.sleep(float(seconds))
            case {"read": int(count)}:
                while len(wire.buffer) < count and await wire.fill():
                    pass
                data = wire.take(min(count, len(wire.buffer)))
                if exchange.raw is not None:
                    exchange.raw += data
            case {"read": "eof"}:
                while await wire.fill():
                    pass
            case {"half_close": _}:
                wire.half_close()
            case {"close": _}:
                wire.close()
                return False
            case {"reset": _}:
                wire.reset()
                return False
            case {"never": _}:
                while await wire.fill():
                    pass
                return False
            case _:
                raise CaseError(f"upstream {self.name!r}: unknown step {step!r}")
        return True

    def lines(self) -> list[str]:
        """What the proxy sent here, connection by connection."""
        shown: list[str] = []
        for number, exchange in enumerate(self.exchanges, 1):
            label = f"{self.name} #{number}"
            if exchange.raw is not None:
                shown.append(f"{label} bytes {to_text(exchange.raw + bytes(exchange.wire.buffer))}")
            elif not exchange.requests:
                shown.append(f"{label} (no request)")
            for request in exchange.requests:
                shown.extend(f"{label} {line}" for line in request.lines())
            if exchange.left:
                shown.append(f"{label} closed by the proxy")
        return [self.places.strip(line) for line in shown]
