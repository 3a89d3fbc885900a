"""One worker's time: coarse timers in slots, one loop callback for the earliest slot.

Most timers are cancelled or put off before they fire, so that is what costs nothing: putting off only notes the new
deadline, and the slot moves the timer on when its own time comes. A loop with only idle connections sleeps.
"""

from __future__ import annotations

import asyncio
import heapq
import time
from collections.abc import Callable
from typing import Final

from portico.api.clock import Clock, Timer
from portico.api.log import logger
from portico.api.sparse_log import SparseLog, describe

# A timer may fire late by one grid step, never early.
_FINE_S: Final = 0.001  # below 1 s: what people measure
_MEDIUM_S: Final = 0.016  # below 1 min
_COARSE_S: Final = 1.0  # idle timeouts of minutes and hours
_INACTIVE: Final = float("inf")


class SlotClock(Clock):
    """Monotonic seconds and timers on an event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop, monotonic: Callable[[], float] = time.monotonic) -> None:
        """``monotonic``: the loop's own seconds, another function only in tests."""
        self._loop = loop
        self._slots: dict[float, dict[SlotTimer, None]] = {}
        self._times: list[float] = []  # heap of the keys of _slots
        self._wake: asyncio.TimerHandle | None = None
        self._wake_at = _INACTIVE
        self._monotonic = monotonic
        self._wall = time.time
        self.time = monotonic()
        self._log = SparseLog(logger("main", __name__), self)

    def now(self) -> float:
        return self._monotonic()

    def tick(self) -> None:
        """A turn of the loop begins with us: bytes arrived, or a timer fires."""
        self.time = self._monotonic()

    def wall(self) -> float:
        return self._wall()

    def timer(self, callback: Callable[[], None]) -> Timer:
        return SlotTimer(self, callback)

    def soon(self, callback: Callable[[], None]) -> None:
        self._loop.call_soon(callback)

    def place(self, timer: SlotTimer, delay_s: float) -> None:
        """Put ``timer`` into the slot its deadline falls into."""
        grid = _FINE_S if delay_s < 1.0 else _MEDIUM_S if delay_s < 60.0 else _COARSE_S
        at = (int(timer.deadline / grid) + 1) * grid
        timer.slot = at
        slot = self._slots.get(at)
        if slot is not None:
            slot[timer] = None
            return
        self._slots[at] = {timer: None}
        heapq.heappush(self._times, at)
        if at < self._wake_at:
            self._schedule(at)

    def displace(self, timer: SlotTimer) -> None:
        slot = self._slots.get(timer.slot)
        if slot is not None:
            slot.pop(timer, None)
        timer.slot = 0.0

    def _schedule(self, at: float) -> None:
        if self._wake is not None:
            self._wake.cancel()
        self._wake_at = at
        self._wake = self._loop.call_later(max(at - self._monotonic(), 0.0), self._fire)

    def _fire(self) -> None:
        self._wake = None
        self._wake_at = _INACTIVE
        now = self.time = self._monotonic()
        # The loop's clock has millisecond steps and may wake us a little early.
        while self._times and self._times[0] <= now + _FINE_S:
            at = heapq.heappop(self._times)
            self._fire_slot(self._slots.pop(at), now)
        while self._times and not self._slots[self._times[0]]:
            del self._slots[heapq.heappop(self._times)]
        if self._times and self._times[0] < self._wake_at:
            self._schedule(self._times[0])

    def _fire_slot(self, slot: dict[SlotTimer, None], now: float) -> None:
        for timer in list(slot):
            if timer not in slot:
                continue  # cancelled by one that fired before it
            del slot[timer]
            timer.slot = 0.0
            if timer.deadline == _INACTIVE:
                continue
            if timer.deadline > now + _FINE_S:
                self.place(timer, timer.deadline - now)
                continue
            timer.deadline = _INACTIVE
            try:
                timer.callback()
            except Exception as error:  # noqa: BLE001  boundary: the timers after it must fire all the same
                self._log.error(f"a timer's callback raised {describe(error)}")


class SlotTimer(Timer):
    """One deadline on a SlotClock."""

    def __init__(self, clock: SlotClock, callback: Callable[[], None]) -> None:
        self._clock = clock
        self.callback = callback
        self.deadline = _INACTIVE
        self.slot = 0.0  # 0.0 = in none

    def start(self, delay_s: float) -> None:
        deadline = self._clock.now() + delay_s
        if self.slot:
            if deadline >= self.slot:
                self.deadline = deadline  # the slot will move us on
                return
            self._clock.displace(self)
        self.deadline = deadline
        self._clock.place(self, delay_s)

    def cancel(self) -> None:
        """Forget the deadline and leave the slot, so that nothing keeps the callback's owner alive."""
        self.deadline = _INACTIVE
        if self.slot:
            self._clock.displace(self)

    def pause(self) -> None:
        """Forget the deadline but keep the place: for a timer that is started again for the next request."""
        self.deadline = _INACTIVE

    def dispose(self) -> None:
        self.cancel()
        self.callback = _nothing

    def is_active(self) -> bool:
        return self.deadline != _INACTIVE


def _nothing() -> None:
    """What a disposed timer would call."""
