"""When a stream or connection is logged besides at its end."""

from __future__ import annotations


class LogOptions:
    """0.0 and False: not at all.

    ``on_established``: an HTTP tunnel's 2xx was sent, or a TCP proxy has its upstream connection.
    """

    def __init__(self, interval_s: float = 0.0, on_start: bool = False, on_established: bool = False) -> None:
        self.interval_s = interval_s
        self.on_start = on_start
        self.on_established = on_established
