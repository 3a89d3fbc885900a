"""HTTP/1 messages as they crossed a socket: read without judging them, shown as lines of text.

The reader is deliberately naive. It keeps the order, the case and the spacing of what the proxy wrote, because that is
what a case compares; it never rejects a message, it only stops understanding it.
"""

import asyncio
import hashlib
import re
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field

MAX_SHOWN_BYTES = 600
HEAD_END = re.compile(rb"\r?\n\r?\n")


def to_wire(text: str) -> bytes:
    """A message written for people, as bytes: the head gets CRLF and its blank line, the body stays as it is.

    One line break at the end of the text is YAML's, not the message's, and goes.
    """
    head, blank, body = text.partition("\n\n")
    if not blank:
        head = head.removesuffix("\n")
    body = body.removesuffix("\n")
    return (head.replace("\n", "\r\n") + "\r\n\r\n" + body).encode("latin-1")


def to_text(data: bytes) -> str:
    """Bytes on one line: printable ASCII as it is, the rest escaped, long data by size and hash."""
    if len(data) > MAX_SHOWN_BYTES:
        return f"{to_text(data[:40])} ... {len(data)} bytes, sha1 {hashlib.sha1(data).hexdigest()[:12]}"
    return data.decode("latin-1").encode("unicode_escape").decode("ascii").replace("\\\\", "\\")


@dataclass
class Message:
    """One request or response. `ending` says how its body was delimited, or how it was cut short."""

    head: list[bytes]
    body: bytes = b""
    trailers: list[bytes] = field(default_factory=list)
    ending: str = ""

    @property
    def start(self) -> bytes:
        return self.head[0] if self.head else b""

    def values(self, name: bytes) -> list[bytes]:
        """The header's values, stripped and lower-cased."""
        pairs = (line.partition(b":") for line in self.head[1:])
        return [value.strip().lower() for key, _, value in pairs if key.strip().lower() == name]

    @property
    def target(self) -> str:
        parts = self.start.split(b" ")
        return parts[1].decode("latin-1") if len(parts) > 1 else ""

    @property
    def status(self) -> int:
        parts = self.start.split(b" ")
        return int(parts[1]) if len(parts) > 1 and parts[1].isdigit() else 0

    def lines(self) -> list[str]:
        shown = [to_text(line) for line in self.head]
        if self.body or self.ending:
            note = f"[{self.ending}] " if self.ending else ""
            shown.append(f"  {note}{to_text(self.body)}".rstrip())
        shown.extend(f"  trailer {to_text(line)}" for line in self.trailers)
        return shown


class Wire:
    """One connection with a read buffer. `ended` is how the other side left: "", "eof" or "reset"."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.buffer = bytearray()
        self.ended = ""
        self.ended_s = 0.0
        self.received = 0
        self.last_activity_s = asyncio.get_running_loop().time()

    async def send(self, data: bytes) -> None:
        """A peer that is gone already is not an error of the case: what it answered is what counts."""
        self.last_activity_s = asyncio.get_running_loop().time()
        with suppress(OSError):
            await asyncio.get_running_loop().sock_sendall(self.sock, data)

    async def fill(self) -> bool:
        """Wait for more bytes. False when the other side ended."""
        if self.ended:
            return False
        loop = asyncio.get_running_loop()
        try:
            data = await loop.sock_recv(self.sock, 65536)
        except OSError:
            return self._end("reset")
        if not data:
            return self._end("eof")
        self.received += len(data)
        self.buffer += data
        self.last_activity_s = loop.time()
        return True

    def _end(self, how: str) -> bool:
        self.ended = how
        self.ended_s = asyncio.get_running_loop().time()
        return False

    def take(self, count: int) -> bytes:
        data = bytes(self.buffer[:count])
        del self.buffer[:count]
        return data

    def half_close(self) -> None:
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def close(self) -> None:
        self.sock.close()


async def read_head(wire: Wire, into: Message) -> bool:
    """Fill `into.head`. False when the connection ended first; what had arrived is then in `into.body`."""
    while (found := HEAD_END.search(wire.buffer)) is None:
        if not await wire.fill():
            into.body = wire.take(len(wire.buffer))
            into.ending = f"cut in the head by {wire.ended}" if into.body else ""
            return False
    head = wire.take(found.end())
    into.head = [line for line in re.split(rb"\r?\n", head) if line]
    return True


async def read_exactly(wire: Wire, count: int, into: Message) -> None:
    while count and (wire.buffer or await wire.fill()):
        part = wire.take(min(count, len(wire.buffer)))
        into.body += part
        count -= len(part)
    if count:
        into.ending = f"cut after {len(into.body)} body bytes by {wire.ended}"


async def read_line(wire: Wire) -> bytes | None:
    while b"\n" not in wire.buffer:
        if not await wire.fill():
            return None
    return wire.take(wire.buffer.index(b"\n") + 1).strip(b"\r\n")


async def read_chunks(wire: Wire, into: Message) -> None:
    """Chunk boundaries depend on timing, so only the joined body and the trailers are kept."""
    while True:
        line = await read_line(wire)
        if line is None:
            into.ending = f"cut after {len(into.body)} chunked body bytes by {wire.ended}"
            return
        try:
            size = int(line.split(b";")[0].strip(), 16)
        except ValueError:
            into.ending = f"bad chunk size {to_text(line)}"
            return
        if size == 0:
            break
        await read_exactly(wire, size, into)
        if into.ending or await read_line(wire) is None:
            into.ending = into.ending or f"cut after {len(into.body)} chunked body bytes by {wire.ended}"
            return
    while (trailer := await read_line(wire)) is not None and trailer:
        into.trailers.append(trailer)
    if trailer is None:
        into.ending = f"cut before the end of the trailers by {wire.ended}"


async def read_body(wire: Wire, message: Message, may_end_with_connection: bool) -> None:
    if b"chunked" in b",".join(message.values(b"transfer-encoding")):
        await read_chunks(wire, message)
    elif lengths := message.values(b"content-length"):
        if lengths[0].isdigit():
            await read_exactly(wire, int(lengths[0]), message)
    elif may_end_with_connection:
        while await wire.fill():
            pass
        message.body = wire.take(len(wire.buffer))
        message.ending = f"until {wire.ended}"


async def read_response(wire: Wire, message: Message, *, bodiless: bool = False) -> bool:
    """Read one response, interim or final, into `message`. False when the connection ended before its head."""
    if not await read_head(wire, message):
        return False
    status = message.status
    if bodiless or status in (204, 304) or 100 <= status < 200:
        return True
    await read_body(wire, message, may_end_with_connection=True)
    return True


async def read_request(wire: Wire, message: Message) -> bool:
    """Read one request with its body into `message`. False when the connection ended before its head."""
    if not await read_head(wire, message):
        return False
    await read_body(wire, message, may_end_with_connection=False)
    return True
