"""How long one try may take. Made only for tries that something limits."""

from __future__ import annotations

from collections.abc import Callable

from portico.api.clock import Clock, Timer


class TryLimits:
    """Seconds; 0.0 = no limit. Neither runs while the try waits for a connection: connect_timeout does."""

    def __init__(self, clock: Clock, per_try_s: float, duration_s: float) -> None:
        self._clock = clock
        self._per_try_s = per_try_s  # from the end of the request
        self._duration_s = duration_s  # of the stream, from its beginning
        self._on_per_try: Callable[[], None] | None = None
        self._on_duration: Callable[[], None] | None = None
        self._timers: list[Timer] = []

    def report_to(self, on_per_try: Callable[[], None], on_duration: Callable[[], None]) -> None:
        self._on_per_try = on_per_try
        self._on_duration = on_duration

    def stream_begins(self) -> None:
        self._start(self._duration_s, self._on_duration)

    def request_ends(self) -> None:
        """The stream has the whole request."""
        self._start(self._per_try_s, self._on_per_try)

    def cancel(self) -> None:
        timers = self._timers
        self._timers = []
        self._on_per_try = None
        self._on_duration = None
        for timer in timers:
            timer.cancel()

    def _start(self, seconds: float, on_late: Callable[[], None] | None) -> None:
        if seconds > 0 and on_late is not None:
            timer = self._clock.timer(on_late)
            timer.start(seconds)
            self._timers.append(timer)
