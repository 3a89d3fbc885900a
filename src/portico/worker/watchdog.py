"""Notices that the event loop was held up, and tells main that it still turns."""

from __future__ import annotations

import asyncio
import time
from typing import Final

from portico.ipc.shared_table import HEARTBEAT
from portico.worker.application import Application

# Source: envoy source/server/guarddog_impl.cc: half the smallest timeout, by default half of 200 ms.
TOUCH_S: Final = 0.1


class Watchdog:
    """Measures how late its own timer comes."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, application: Application, row: memoryview, limits_ms: tuple[int, int]
    ) -> None:
        self._loop = loop
        self._application = application
        self._row = row
        self._miss_s = limits_ms[0] / 1000
        self._mega_miss_s = limits_ms[1] / 1000
        self._last = time.monotonic()

    def start(self) -> None:
        self._last = time.monotonic()
        self._row[HEARTBEAT] = int(self._last * 1000)
        self._loop.call_later(TOUCH_S, self._touch)

    def _touch(self) -> None:
        since_s = time.monotonic() - self._last
        if since_s >= self._miss_s:
            self._application.count_watchdog_miss(False)
        if since_s >= self._mega_miss_s:
            self._application.count_watchdog_miss(True)
        self.start()
