"""L4 filters: one object per connection, in the order of the filter chain for reads, reversed for writes."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum

from mypy_extensions import mypyc_attr

from portico.api.buffer import Buffer
from portico.api.connection import Connection, ConnectionEvent
from portico.api.stream_info import StreamInfo


class NetworkStatus(Enum):
    """Go on to the next filter, or stay here until ``continue_reading``."""

    CONTINUE = 1
    STOP_ITERATION = 2


@mypyc_attr(allow_interpreted_subclasses=True)
class NetworkFilterCallbacks:
    """What a network filter may ask of its chain."""

    connection: Connection
    stream_info: StreamInfo

    def continue_reading(self) -> None:
        """Take up the read path again after the filter that returned STOP_ITERATION."""
        raise NotImplementedError

    def inject_read_data(self, data: bytes, end_stream: bool) -> None:
        """Hand bytes to the filters after this one."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class NetworkFilter:
    """One connection's pass through one L4 filter. Override only what you need."""

    connection: Connection  # set by the chain before on_new_connection
    callbacks: NetworkFilterCallbacks

    def on_new_connection(self) -> NetworkStatus:
        return NetworkStatus.CONTINUE

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        """Bytes from downstream. STOP_ITERATION keeps what is left in ``data`` for the next call."""
        return NetworkStatus.CONTINUE

    def on_write(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        """Bytes for downstream, last filter first. May change ``data``; STOP_ITERATION drops them."""
        return NetworkStatus.CONTINUE

    def on_event(self, event: ConnectionEvent) -> None:
        """The downstream connection closed."""

    def on_above_write_buffer_high_watermark(self) -> None:
        """The downstream peer reads slower than this filter writes."""

    def on_below_write_buffer_low_watermark(self) -> None:
        """The downstream peer caught up."""


NetworkFilterFactory = Callable[[], NetworkFilter]
