"""Notices that an event loop was held up."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

# Source: envoy source/server/guarddog_impl.cc: half the smallest timeout, by default half of 200 ms.
TOUCH_S: Final = 0.1


class Watchdog:
    """Measures how late its own timer comes.

    ``on_miss`` is told whether it was a mega miss too; ``on_touch`` the loop's time in ms, whenever it turns.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        limits_ms: tuple[int, int],
        on_miss: Callable[[bool], None],
        on_touch: Callable[[int], None] = lambda now_ms: None,
    ) -> None:
        self._loop = loop
        self._miss_s = limits_ms[0] / 1000
        self._mega_miss_s = limits_ms[1] / 1000
        self._on_miss = on_miss
        self._on_touch = on_touch
        self._last_s = 0.0
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        self._last_s = self._loop.time()
        self._on_touch(int(self._last_s * 1000))
        self._timer = self._loop.call_later(TOUCH_S, self._touch)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _touch(self) -> None:
        since_s = self._loop.time() - self._last_s
        if since_s >= self._miss_s:
            self._on_miss(False)
        if since_s >= self._mega_miss_s:
            self._on_miss(True)
        self.start()
