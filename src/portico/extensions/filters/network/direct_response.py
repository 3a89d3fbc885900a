"""Answers every connection with the same bytes and closes it."""

from __future__ import annotations

from typing import Any, Final

from portico.api.buffer import Buffer
from portico.api.connection import CloseType
from portico.api.context import FactoryContext
from portico.api.errors import inside
from portico.api.network_filter import NetworkFilter, NetworkFilterFactory, NetworkStatus
from portico.api.registries import NETWORK_FILTERS
from portico.formatter.from_proto import read_data_source

TYPE: Final = "envoy.extensions.filters.network.direct_response.v3.Config"

SUPPORTED: Final[dict[str, frozenset[str]]] = {
    TYPE: frozenset({"response"}),
    "envoy.config.core.v3.DataSource": frozenset({"filename", "inline_bytes", "inline_string", "environment_variable"}),
}


class DirectResponseFilter(NetworkFilter):
    """Reads nothing: what the peer sent may turn the close into a reset, as with Envoy."""

    def __init__(self, response: bytes) -> None:
        self._response = response

    def on_new_connection(self) -> NetworkStatus:
        if self._response:
            self.connection.write(self._response)
        self.callbacks.stream_info.response_code_details = "direct_response"
        self.connection.close(CloseType.FLUSH_WRITE, "")
        return NetworkStatus.STOP_ITERATION

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        data.clear()
        return NetworkStatus.STOP_ITERATION


@NETWORK_FILTERS.register(TYPE, SUPPORTED[TYPE], is_terminal=True)
def direct_response(config: Any, context: FactoryContext) -> NetworkFilterFactory:
    response = b""
    if config.HasField("response"):
        with inside("response"):
            response = read_data_source(config.response)
    return lambda: DirectResponseFilter(response)
