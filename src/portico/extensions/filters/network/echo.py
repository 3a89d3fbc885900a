"""Sends back what comes in."""

from __future__ import annotations

from typing import Any, Final

from portico.api.buffer import Buffer
from portico.api.context import FactoryContext
from portico.api.network_filter import NetworkFilter, NetworkFilterFactory, NetworkStatus
from portico.api.registries import NETWORK_FILTERS

TYPE: Final = "envoy.extensions.filters.network.echo.v3.Echo"


class EchoFilter(NetworkFilter):
    """A peer that does not take its bytes back is not read from."""

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        self.connection.write(data.take(), end_stream)
        return NetworkStatus.STOP_ITERATION

    def on_above_write_buffer_high_watermark(self) -> None:
        self.connection.pause_reading()

    def on_below_write_buffer_low_watermark(self) -> None:
        self.connection.resume_reading()


@NETWORK_FILTERS.register(TYPE, frozenset(), is_terminal=True)
def echo(config: Any, context: FactoryContext) -> NetworkFilterFactory:
    return EchoFilter
