"""Time that passes only when a test says so."""

from __future__ import annotations

from collections.abc import Callable

from portico.api.clock import Clock, Timer


class FakeClock(Clock):
    """Starts at ``now``; ``advance`` fires what falls due, in order of deadline, then of being started."""

    def __init__(self, now: float = 1000.0, wall: float = 1_700_000_000.0) -> None:
        self._now = now
        self.time = now
        self._wall_offset = wall - now
        self._started = 0
        self._timers: dict[FakeTimer, None] = {}
        self._soon: list[Callable[[], None]] = []

    def now(self) -> float:
        return self._now

    def tick(self) -> None:
        """Nothing to do: ``time`` and ``now`` never differ here."""

    def wall(self) -> float:
        return self._now + self._wall_offset

    def timer(self, callback: Callable[[], None]) -> Timer:
        return FakeTimer(self, callback)

    def soon(self, callback: Callable[[], None]) -> None:
        """Runs at the next ``run_soon`` or ``advance``."""
        self._soon.append(callback)

    def run_soon(self) -> None:
        """Everything asked for with ``soon``, also by what runs here."""
        while self._soon:
            self._soon.pop(0)()

    def advance(self, seconds: float) -> None:
        self.run_soon()
        until = self._now + seconds
        while True:
            timer = self._next_due(until)
            if timer is None:
                break
            self._now = self.time = max(self._now, timer.deadline)
            timer.fire()
            self.run_soon()
        self._now = self.time = until

    def deadlines(self) -> list[float]:
        """Seconds from now of every running timer, soonest first."""
        return sorted(timer.deadline - self._now for timer in self._timers)

    def add(self, timer: FakeTimer) -> int:
        self._timers[timer] = None
        self._started += 1
        return self._started

    def discard(self, timer: FakeTimer) -> None:
        self._timers.pop(timer, None)

    def _next_due(self, until: float) -> FakeTimer | None:
        due = [timer for timer in self._timers if timer.deadline <= until]
        return min(due, key=lambda timer: (timer.deadline, timer.order)) if due else None


class FakeTimer(Timer):
    """A timer of a FakeClock."""

    def __init__(self, clock: FakeClock, callback: Callable[[], None]) -> None:
        self._clock = clock
        self._callback = callback
        self.deadline = 0.0
        self.order = 0
        self._is_active = False

    def start(self, delay_s: float) -> None:
        self.cancel()
        self.deadline = self._clock.now() + delay_s
        self._is_active = True
        self.order = self._clock.add(self)

    def cancel(self) -> None:
        self._is_active = False
        self._clock.discard(self)

    def is_active(self) -> bool:
        return self._is_active

    def fire(self) -> None:
        self.cancel()
        self._callback()
