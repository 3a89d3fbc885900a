"""The services behind `portico demo`: as small as an HTTP/1.1 server can be. Not for anything else."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable
from typing import Final, NamedTuple
from urllib.parse import unquote

SLOW_S: Final = 2.0
MAX_BODY_BYTES: Final = 1024 * 1024


class Request(NamedTuple):
    """A request, whole."""

    method: str
    path: str
    head: str
    body: bytes


Service = Callable[[Request], Awaitable[tuple[int, str, bytes]]]  # status, content type, body


async def users(request: Request) -> tuple[int, str, bytes]:
    """/users/<name>"""
    name = unquote(request.path.partition("?")[0].removeprefix("/users/"))
    if not name or "/" in name:
        return 404, "application/json", b'{"error": "no such user"}\n'
    return 200, "application/json", json.dumps({"name": name, "service": "users"}).encode() + b"\n"


async def web(request: Request) -> tuple[int, str, bytes]:
    """/ /slow /echo"""
    path = request.path.partition("?")[0]
    if path == "/":
        return 200, "text/plain", b"portico works. Next: /users/ada /echo /slow /hello\n"
    if path == "/slow":
        await asyncio.sleep(SLOW_S)
        return 200, "text/plain", b"sorry to keep you waiting\n"
    if path == "/echo":
        return 200, "text/plain", request.head.encode("latin-1") + request.body
    return 404, "text/plain", b"no such page\n"


def serve(listening: list[tuple[socket.socket, Service]], lifeline: socket.socket) -> None:
    """Until ``lifeline`` reads EOF: whoever holds its other end is gone."""

    async def run() -> None:
        for sock, service in listening:
            await asyncio.start_server(connection_of(service), sock=sock)
        reader, _ = await asyncio.open_connection(sock=lifeline)
        await reader.read()

    asyncio.run(run())


def connection_of(service: Service) -> Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]:
    async def connection(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while (request := await read_request(reader)) is not None:
                status, content_type, body = await service(request)
                head = HEAD.format(status=status, reason=REASONS[status], content_type=content_type, length=len(body))
                writer.write(head.encode() + (b"" if request.method == "HEAD" else body))
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError, ValueError):
            pass  # the peer left, or is no HTTP client
        finally:
            writer.close()

    return connection


HEAD: Final = "HTTP/1.1 {status} {reason}\r\ncontent-type: {content_type}\r\ncontent-length: {length}\r\n\r\n"
REASONS: Final = {200: "OK", 404: "Not Found"}


async def read_request(reader: asyncio.StreamReader) -> Request | None:
    """None at the end of the connection. ValueError if it is no request this server understands."""
    try:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
    except asyncio.IncompleteReadError:
        return None
    request_line, *lines = head[:-4].split("\r\n")
    method, path, _ = request_line.split(" ")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = await read_chunks(reader)
    else:
        length = int(headers.get("content-length", "0"))
        if length > MAX_BODY_BYTES:
            raise ValueError("too much for a demo")
        body = await reader.readexactly(length)
    return Request(method, path, head, body)


async def read_chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while size := int((await reader.readline()).partition(b";")[0], 16):
        body += await reader.readexactly(size)
        await reader.readline()
        if len(body) > MAX_BODY_BYTES:
            raise ValueError("too much for a demo")
    while (await reader.readline()).strip():
        continue  # trailers
    return body
