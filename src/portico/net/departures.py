"""Peers that leave while nothing is read from them."""

from __future__ import annotations

import asyncio
import contextlib
import select
import sys
from collections.abc import Callable
from typing import Any, Final

_RESET: Final = 0x008  # EPOLLERR
_CLOSED: Final = 0x2000  # EPOLLRDHUP


class Departures:
    """Tells of a peer's FIN or RST on sockets whose reading is paused.

    A loop that does not read a socket does not hear of its end either, and a request would be worked on for nobody
    until some timeout. Linux tells the end apart from data that waits (EPOLLRDHUP); elsewhere the next read meets it.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._epoll: Any = None  # made for the first socket: most processes of a test never need it
        self._watched: dict[int, Callable[[bool], None]] = {}

    def watch(self, descriptor: int, on_departure: Callable[[bool], None]) -> None:
        """``on_departure`` is called once, with whether it was a reset, unless ``forget`` comes first."""
        if sys.platform != "linux":
            return
        if self._epoll is None:
            self._epoll = select.epoll()
            self._loop.add_reader(self._epoll.fileno(), self._on_ready)
        self._watched[descriptor] = on_departure
        self._epoll.register(descriptor, _CLOSED)

    def forget(self, descriptor: int) -> None:
        """Does nothing if it is not watched. Must come before anybody else can be given the same descriptor."""
        if self._watched.pop(descriptor, None) is not None:
            with contextlib.suppress(OSError):  # closed: the kernel forgot it already
                self._epoll.unregister(descriptor)

    def _on_ready(self) -> None:
        for descriptor, events in self._epoll.poll(0):
            on_departure = self._watched.get(descriptor)
            self.forget(descriptor)
            if on_departure is not None:
                on_departure(bool(events & _RESET))
