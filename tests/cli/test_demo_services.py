"""The services behind the demo answer what a proxy may send them."""

import asyncio

import pytest

from portico.cli.demo_services import Service, connection_of, users, web


def answers(service: Service, sent: bytes) -> bytes:
    async def run() -> bytes:
        server = await asyncio.start_server(connection_of(service), "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(sent)
        writer.write_eof()
        received = await asyncio.wait_for(reader.read(), 5)
        writer.close()
        await writer.wait_closed()
        server.close()
        await asyncio.sleep(0)
        return received

    return asyncio.run(run())


def test_users_have_names() -> None:
    assert answers(users, b"GET /users/ada%20l?x=1 HTTP/1.1\r\n\r\n").endswith(
        b'\r\n\r\n{"name": "ada l", "service": "users"}\n'
    )
    assert answers(users, b"GET /users/ HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404 Not Found\r\n")


@pytest.mark.parametrize(
    "body",
    [
        b"content-length: 5\r\n\r\nhello",
        b"Transfer-Encoding: chunked\r\n\r\n3;x=1\r\nhel\r\n2\r\nlo\r\n0\r\nt: 1\r\n\r\n",
    ],
    ids=["length", "chunked"],
)
def test_echo_gives_back_head_and_body_and_keeps_the_connection(body: bytes) -> None:
    received = answers(web, b"POST /echo HTTP/1.1\r\n" + body + b"GET / HTTP/1.1\r\n\r\n")
    assert b"\r\n\r\nPOST /echo HTTP/1.1\r\n" in received
    assert b"\r\n\r\nhelloHTTP/1.1 200 OK\r\n" in received


def test_head_has_no_body() -> None:
    assert answers(web, b"HEAD / HTTP/1.1\r\n\r\n").endswith(b"\r\n\r\n")


@pytest.mark.parametrize("sent", [b"", b"nonsense\r\n\r\n", b"GET / HTTP/1.1\r\ncontent-length: 99999999\r\n\r\n"])
def test_nonsense_ends_the_connection_without_an_answer(sent: bytes) -> None:
    assert answers(web, sent) == b""
