"""Time and chance, as handed to code that must not reach for them itself."""

from __future__ import annotations

from collections.abc import Callable

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class Timer:
    """One deadline. Most are cancelled: starting and cancelling are O(1) and never touch the kernel."""

    def start(self, delay_s: float) -> None:
        """Call back once after ``delay_s`` seconds; a running timer is started anew."""
        raise NotImplementedError

    def cancel(self) -> None:
        """Forget the deadline. Harmless when none is set."""
        raise NotImplementedError

    def pause(self) -> None:
        """Forget the deadline of a timer that will be started again: cheaper than cancel, which must end its life."""
        self.cancel()

    def dispose(self) -> None:
        """Cancel for good and let go of the callback: its owner mostly holds the timer, and no cycle must be left."""
        self.cancel()

    def is_active(self) -> bool:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Clock:
    """Seconds, and timers on them. One per worker; a fake one in tests."""

    time: float = 0.0  # monotonic seconds when this turn of the loop began: what the request path reads

    def tick(self) -> None:
        """Set ``time``: a turn of the loop begins with the caller."""
        raise NotImplementedError

    def now(self) -> float:
        """Monotonic seconds, for durations and deadlines."""
        raise NotImplementedError

    def wall(self) -> float:
        """Seconds since the epoch, for what people read."""
        raise NotImplementedError

    def timer(self, callback: Callable[[], None]) -> Timer:
        """A timer that is not running."""
        raise NotImplementedError

    def soon(self, callback: Callable[[], None]) -> None:
        """Call back in this turn of the loop, after what is running now."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class Random:
    """Where chance comes from. Never for secrets."""

    def below(self, limit: int) -> int:
        """Uniform in [0, limit)."""
        raise NotImplementedError

    def uuid4(self) -> bytes:
        """A random UUID's 36 characters."""
        raise NotImplementedError
