"""The admin interface's socket, log and announcement. Its answers are in tests/admin."""

import asyncio
import socket
from pathlib import Path
from typing import Any

import pytest

from portico.admin.from_proto import AdminSettings
from portico.admin.state import ServerState
from portico.api.address import Address
from portico.api.errors import ConfigError
from portico.main.admin_interface import log_messages, start_admin
from portico.main.surroundings import Surroundings
from portico.stats.store import StatsStore
from tests.main.configs import loaded, options

NOBODY: Any = None


def started(settings: AdminSettings, address_path: Path) -> bytes:
    """The first bytes of an answer to nonsense: somebody listens."""

    async def run() -> bytes:
        surroundings = Surroundings(options("{}"), loaded("{}").bootstrap, asyncio.get_running_loop(), StatsStore())
        state = ServerState(NOBODY, NOBODY, NOBODY, NOBODY, NOBODY)
        server = await start_admin(settings, state, surroundings.context, str(address_path))
        reader, writer = await asyncio.open_connection("127.0.0.1", server.local.port)
        writer.write(b"nonsense\r\n\r\n")
        answer = await asyncio.wait_for(reader.read(100), 5)
        writer.close()
        await writer.wait_closed()
        await server.close()
        surroundings.logs.close()
        return answer

    return asyncio.run(run())


def test_listens_and_tells_where(tmp_path: Path) -> None:
    assert started(AdminSettings(Address("127.0.0.1", 0)), tmp_path / "address").startswith(b"HTTP/1.1 400 ")
    ip, _, port = (tmp_path / "address").read_text().partition(":")
    assert ip == "127.0.0.1"
    assert int(port) > 0


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"cannot bind '127.0.0.1:{port}': Address already in use"):
            started(AdminSettings(Address("127.0.0.1", port)), tmp_path / "address")


def test_the_older_access_log_field_is_a_file_log() -> None:
    (message,) = log_messages(AdminSettings(Address("127.0.0.1", 0), access_log_path="/tmp/admin.log"))
    assert message.typed_config.type_url.endswith("FileAccessLog")
    assert b"/tmp/admin.log" in message.typed_config.value
    assert log_messages(AdminSettings(Address("127.0.0.1", 0))) == []
