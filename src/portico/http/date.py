"""The ``date`` field, formatted once a second."""

from __future__ import annotations

from email.utils import formatdate

from portico.api.clock import Clock


class DateCache:
    """RFC 9110 §5.6.7 IMF-fixdate of the current second."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = -1
        self._text = b""

    def now(self) -> bytes:
        second = int(self._clock.wall())
        if second != self._second:
            self._second = second
            self._text = formatdate(second, usegmt=True).encode()
        return self._text
