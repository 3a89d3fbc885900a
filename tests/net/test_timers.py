"""The worker's timers: order, laziness, and a loop that sleeps when nothing is due."""

import gc
import weakref
from collections.abc import Callable
from typing import Any

import pytest

from portico.api.clock import Timer
from portico.net.timers import SlotClock


class Handle:
    def __init__(self, at: float, callback: Callable[[], object]) -> None:
        self.at = at
        self.callback = callback
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True


class SteppedLoop:
    """A loop whose seconds pass only when a test says so; ``wakes`` counts how often it had to get up."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.wakes = 0
        self.soon: list[Callable[[], object]] = []
        self._handles: list[Handle] = []

    def call_later(self, delay: float, callback: Callable[..., object], *args: object, context: Any = None) -> Any:
        handle = Handle(self.now + delay, lambda: callback(*args))
        self._handles.append(handle)
        return handle

    def call_soon(self, callback: Callable[..., object], *args: object, context: Any = None) -> Any:
        self.soon.append(lambda: callback(*args))

    def scheduled(self) -> list[float]:
        return sorted(handle.at - self.now for handle in self._handles if not handle.is_cancelled)

    def advance(self, seconds: float) -> None:
        until = self.now + seconds
        while True:
            due = [handle for handle in self._handles if not handle.is_cancelled and handle.at <= until]
            if not due:
                break
            first = min(due, key=lambda handle: handle.at)
            self._handles.remove(first)
            self.now = max(self.now, first.at)
            self.wakes += 1
            first.callback()
        self.now = until


class Heard:
    """Timers by name, and when they fired, in milliseconds from the start."""

    def __init__(self) -> None:
        self.loop = SteppedLoop()
        as_loop: Any = self.loop
        self.clock = SlotClock(as_loop, lambda: self.loop.now)
        self.fired: list[tuple[str, int]] = []
        self.timers: dict[str, Timer] = {}
        self.on_fire: dict[str, Callable[[], object]] = {}

    def start(self, name: str, seconds: float) -> Timer:
        timer = self.timers.get(name)
        if timer is None:
            timer = self.timers[name] = self.clock.timer(lambda: self._fire(name))
        timer.start(seconds)
        return timer

    def names(self) -> list[str]:
        return [name for name, _ in self.fired]

    def _fire(self, name: str) -> None:
        self.fired.append((name, round((self.loop.now - 1000.0) * 1000)))
        if name in self.on_fire:
            self.on_fire[name]()


@pytest.mark.parametrize(
    ("seconds", "grid_s"), [(0.0, 0.002), (0.05, 0.002), (5.0, 0.017), (300.0, 1.0), (3600.0, 1.0)]
)
def test_fires_late_by_one_step_of_its_grid_at_most_and_never_early(seconds: float, grid_s: float) -> None:
    heard = Heard()
    heard.start("a", seconds)
    heard.loop.advance(seconds + grid_s + 0.001)
    ((_, at_ms),) = heard.fired
    assert seconds * 1000 - 1 <= at_ms <= (seconds + grid_s) * 1000 + 1


def test_fires_in_order_of_deadline() -> None:
    heard = Heard()
    for name, seconds in (("c", 0.3), ("a", 0.1), ("d", 40.0), ("b", 0.2)):
        heard.start(name, seconds)
    heard.loop.advance(100.0)
    assert heard.names() == ["a", "b", "c", "d"]


def test_fires_once() -> None:
    heard = Heard()
    heard.start("a", 0.1)
    heard.loop.advance(1000.0)
    assert heard.names() == ["a"]
    assert not heard.timers["a"].is_active()


def test_started_again_it_has_the_new_deadline_only() -> None:
    heard = Heard()
    heard.start("later", 0.1)
    heard.start("later", 0.5)
    heard.start("sooner", 0.5)
    heard.start("sooner", 0.1)
    heard.loop.advance(0.3)
    assert heard.names() == ["sooner"]
    heard.loop.advance(0.3)
    assert heard.names() == ["sooner", "later"]


def test_putting_off_costs_no_wake_up() -> None:
    heard = Heard()
    for _ in range(100):
        heard.start("idle", 300.0)
        heard.loop.advance(0.01)
    assert heard.loop.wakes == 0
    assert len(heard.loop.scheduled()) == 1
    heard.loop.advance(302.0)
    assert heard.names() == ["idle"]
    assert heard.loop.wakes <= 2


def test_cancelled_it_stays_silent() -> None:
    heard = Heard()
    timer = heard.start("a", 0.1)
    assert timer.is_active()
    timer.cancel()
    timer.cancel()
    assert not timer.is_active()
    heard.loop.advance(10.0)
    assert heard.fired == []


def test_disposed_it_leaves_its_owner_to_die_at_once() -> None:
    clock = Heard().clock

    class Owner:
        def __init__(self) -> None:
            self.timer = clock.timer(self.late)
            self.timer.start(60.0)

        def late(self) -> None:
            raise AssertionError("disposed")

    owner = Owner()
    seen = weakref.ref(owner)
    owner.timer.dispose()
    gc.disable()
    try:
        del owner
        assert seen() is None
    finally:
        gc.enable()


def test_paused_it_stays_silent_until_started_again() -> None:
    heard = Heard()
    timer = heard.start("a", 0.1)
    timer.pause()
    assert not timer.is_active()
    heard.loop.advance(10.0)
    assert heard.fired == []
    timer.start(0.1)
    heard.loop.advance(0.2)
    assert heard.names() == ["a"]


def test_paused_and_started_within_its_slot_it_keeps_its_place() -> None:
    heard = Heard()
    timer = heard.start("a", 10.0)
    for _ in range(5):
        timer.pause()
        heard.loop.advance(1.0)
        timer.start(10.0)
    assert len(heard.loop.scheduled()) == 1
    heard.loop.advance(10.1)
    assert heard.names() == ["a"]


def test_one_that_fires_can_cancel_its_neighbour() -> None:
    heard = Heard()
    heard.start("a", 0.1)
    heard.start("b", 0.1)
    heard.on_fire["a"] = lambda: heard.start("b", 0.1).cancel()
    heard.loop.advance(1.0)
    assert heard.names() == ["a"]


def test_one_that_fires_can_start_itself_again() -> None:
    heard = Heard()
    heard.start("a", 0.1)
    heard.on_fire["a"] = lambda: heard.start("a", 0.1)
    heard.loop.advance(1.05)
    assert 9 <= len(heard.fired) <= 10


def test_one_that_fires_can_start_another_that_is_due_before_all_others() -> None:
    heard = Heard()
    heard.start("a", 0.1)
    heard.start("z", 5.0)
    heard.on_fire["a"] = lambda: heard.start("b", 0.1)
    heard.loop.advance(1.0)
    assert heard.names() == ["a", "b"]


def test_exception_of_one_callback_stops_no_other() -> None:
    heard = Heard()
    heard.start("a", 0.1)
    heard.start("b", 0.1)
    heard.start("c", 0.2)

    heard.on_fire["a"] = lambda: int("no number")
    heard.loop.advance(1.0)
    assert heard.names() == ["a", "b", "c"]


def test_loop_sleeps_when_no_timer_runs() -> None:
    heard = Heard()
    timers = [heard.start(f"{number}", 1.0) for number in range(1000)]
    assert len(heard.loop.scheduled()) == 1
    for timer in timers:
        timer.cancel()
    heard.loop.advance(5.0)
    wakes = heard.loop.wakes
    assert wakes <= 1
    heard.loop.advance(1000.0)
    assert heard.loop.wakes == wakes
    assert heard.loop.scheduled() == []


def test_thousands_of_idle_timers_share_their_wake_ups() -> None:
    heard = Heard()
    for number in range(2000):
        heard.start(f"{number}", 3600.0)
    heard.loop.advance(3602.0)
    assert len(heard.fired) == 2000
    assert heard.loop.wakes == 1


def test_time_is_that_of_the_turn_that_began_last() -> None:
    heard = Heard()
    began = heard.clock.time
    heard.loop.now += 0.5
    assert (heard.clock.time, heard.clock.now()) == (began, began + 0.5)
    heard.clock.tick()
    assert heard.clock.time == began + 0.5


def test_callback_of_a_timer_sees_the_time_it_fires_at() -> None:
    heard = Heard()
    seen: list[float] = []
    timer = heard.clock.timer(lambda: seen.append(heard.clock.time))
    timer.start(0.5)
    heard.loop.advance(1.0)
    assert seen == [pytest.approx(1000.5, abs=0.01)]


def test_soon_is_the_loops_own() -> None:
    heard = Heard()
    heard.clock.soon(lambda: heard.fired.append(("soon", 0)))
    for callback in heard.loop.soon:
        callback()
    assert heard.names() == ["soon"]


def test_wall_clock_is_for_people() -> None:
    assert Heard().clock.wall() > 1_700_000_000
