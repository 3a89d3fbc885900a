"""Listener filters: they look at a connection's first bytes before a filter chain is chosen."""

from __future__ import annotations

from collections.abc import Callable

from mypy_extensions import mypyc_attr

from portico.api.network_filter import NetworkStatus
from portico.api.stream_info import ConnectionInfo


class AcceptedSocket:
    """A connection no filter chain has been chosen for yet. Filters write what they find out into ``info``."""

    def __init__(self, info: ConnectionInfo) -> None:
        self.info = info
        self.rejected = ""  # the reason; "" = still welcome
        self.consumed = 0  # leading bytes that the filter chain must not see

    def reject(self, reason: str) -> None:
        self.rejected = reason


@mypyc_attr(allow_interpreted_subclasses=True)
class ListenerFilter:
    """Looks at a socket before a filter chain is chosen. May peek; consumes only what it declares."""

    def max_peek_bytes(self) -> int:
        """So many of the first bytes are offered at most; 0: the filter decides in ``on_accept`` alone.

        Asked anew after ``on_accept``, which may have settled it. A method, not a class attribute: compiled callers
        do not see attributes of interpreted classes.
        """
        return 0

    def on_accept(self, socket: AcceptedSocket) -> NetworkStatus:
        return NetworkStatus.CONTINUE

    def on_peek(self, socket: AcceptedSocket, peeked: bytes) -> NetworkStatus:
        """Set ``socket.info``'s fields, add to ``socket.consumed``, or call ``socket.reject(reason)``.

        STOP_ITERATION = more bytes are needed. ``peeked`` starts after what earlier filters consumed.
        """
        return NetworkStatus.CONTINUE


ListenerFilterFactory = Callable[[], ListenerFilter]
