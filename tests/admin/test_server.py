import asyncio
import socket
import stat
from contextlib import suppress
from pathlib import Path

import pytest

from portico.admin.from_proto import AdminSettings, SocketOption
from portico.admin.server import MAX_CONNECTIONS, address_of, bind
from portico.api.address import NO_ADDRESS, Address, pipe
from portico.api.errors import ConfigError

from .listening import LOOPBACK, Listening, while_listening

REQUEST = b"GET /ready HTTP/1.1\r\nhost: a\r\nconnection: close\r\n\r\n"


async def ask(listening: Listening) -> None:
    assert b"LIVE" in await listening.exchange(REQUEST)


def test_serves_on_an_ip_address() -> None:
    while_listening(ask)


def test_serves_on_a_unix_socket_with_its_permissions(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"

    async def use(listening: Listening) -> None:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        await ask(listening)

    while_listening(use, AdminSettings(pipe(str(path)), pipe_mode=0o600))


def test_serves_on_an_abstract_socket() -> None:
    while_listening(ask, AdminSettings(pipe("@portico-test-admin")))


def test_a_socket_file_left_by_a_dead_process_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    left = socket.socket(socket.AF_UNIX)
    left.bind(str(path))
    left.close()
    while_listening(ask, AdminSettings(pipe(str(path))))


def test_a_socket_file_in_use_is_not_taken_away(tmp_path: Path) -> None:
    path = tmp_path / "admin.sock"
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(path))
        other.listen()
        with pytest.raises(ConfigError, match=r"cannot bind .*: Address already in use"):
            bind(AdminSettings(pipe(str(path))))


def test_a_port_in_use_is_named() -> None:
    with bind(LOOPBACK) as first:
        port = first.getsockname()[1]
        with pytest.raises(
            ConfigError, match=f"admin: address: cannot bind '127.0.0.1:{port}': Address already in use"
        ):
            bind(AdminSettings(Address("127.0.0.1", port)))


def test_socket_options_are_set_before_bind() -> None:
    option = SocketOption(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    with bind(AdminSettings(Address("127.0.0.1", 0), socket_options=(option,))) as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


def test_one_connection_too_many_is_closed() -> None:
    async def use(listening: Listening) -> None:
        held = [await listening.connect() for _ in range(MAX_CONNECTIONS)]
        while listening.value("listener.admin.downstream_cx_active") < MAX_CONNECTIONS:
            await asyncio.sleep(0)
        reader, writer = await listening.connect()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        assert listening.value("listener.admin.downstream_cx_overflow") == 1
        for _, each in [*held, (reader, writer)]:
            each.close()
            with suppress(OSError):
                await each.wait_closed()

    while_listening(use)


def test_closing_cuts_idle_connections() -> None:
    async def use(listening: Listening) -> None:
        reader, writer = await listening.connect()
        while listening.value("listener.admin.downstream_cx_active") == 0:
            await asyncio.sleep(0)
        await listening.server.close()
        assert await asyncio.wait_for(reader.read(), 10) == b""
        writer.close()
        await writer.wait_closed()

    listening = while_listening(use)
    assert listening.value("http.admin.downstream_cx_destroy_local") == 1


def test_addresses_are_what_the_socket_module_says() -> None:
    assert address_of(("::1", 80, 0, 0)) == Address("::1", 80)
    assert address_of("/run/a.sock") == pipe("/run/a.sock")
    assert address_of(b"\0name") == pipe("@name")
    assert address_of("") is NO_ADDRESS
    assert address_of(None) is NO_ADDRESS
