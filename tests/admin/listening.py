"""An admin server on a real socket, and a client that sees its bytes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine
from typing import Any

from portico.admin.admin_stats import AdminStats
from portico.admin.connection import AdminSite, AdminTimeouts
from portico.admin.from_proto import AdminSettings
from portico.admin.origin_guard import OriginGuard
from portico.admin.server import AdminServer, bind
from portico.api.access_log import AccessLog, LogEntry
from portico.api.address import Address
from portico.api.clock import Clock

from .fakes import FakeServer

PATIENT = AdminTimeouts()
LOOPBACK = AdminSettings(Address("127.0.0.1", 0))


class StillClock(Clock):
    """Durations from the system, the date from 2026."""

    def now(self) -> float:
        return time.monotonic()

    def wall(self) -> float:
        return 1795181948.0


class KeptLog(AccessLog):
    def __init__(self) -> None:
        self.entries: list[LogEntry] = []

    def log(self, entry: LogEntry) -> None:
        self.entries.append(entry)


class Listening:
    """The fakes behind a socket."""

    def __init__(self, settings: AdminSettings = LOOPBACK, timeouts: AdminTimeouts = PATIENT) -> None:
        self.fake = FakeServer()
        self.log = KeptLog()
        self.stats = AdminStats(self.fake.stats.store)
        guard = OriginGuard(frozenset())
        site = AdminSite(self.fake.admin, self.stats, guard, StillClock(), (self.log,), timeouts)
        self.server = AdminServer(site, bind(settings))

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        local = self.server.local
        if local.is_pipe:
            path = "\0" + local.path[1:] if local.path.startswith("@") else local.path
            return await asyncio.open_unix_connection(path)
        return await asyncio.open_connection(local.ip, local.port)

    async def exchange(self, request: bytes) -> bytes:
        """All bytes the server sends until it closes; the request must make it close."""
        reader, writer = await self.connect()
        writer.write(request)
        try:
            return await asyncio.wait_for(reader.read(), 10)
        finally:
            writer.close()
            await writer.wait_closed()

    def value(self, name: str) -> int:
        store = self.fake.stats.store
        return store.counters[name].value if name in store.counters else store.gauges[name].value


def while_listening(
    use: Callable[[Listening], Coroutine[Any, Any, None]],
    settings: AdminSettings = LOOPBACK,
    timeouts: AdminTimeouts = PATIENT,
) -> Listening:
    """Runs ``use`` with a started server and closes it."""

    async def run() -> Listening:
        listening = Listening(settings, timeouts)
        await listening.server.start()
        try:
            await use(listening)
        finally:
            await listening.server.close()
        return listening

    return asyncio.run(run())


def answer_to(request: bytes) -> bytes:
    """What a fresh server sends for one connection's bytes."""
    answers: list[bytes] = []

    async def use(listening: Listening) -> None:
        answers.append(await listening.exchange(request))

    while_listening(use)
    return answers[0]
