"""The last network filter of an HTTP listener. It owns nothing: the connection's HTTP side is http.http1_connection."""

from __future__ import annotations

from portico.api.buffer import Buffer
from portico.api.connection import ConnectionEvent
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.http.config import HttpConfig
from portico.http.date import DateCache
from portico.http.http1_connection import Http1Connection
from portico.stats.http_stats import HttpListenerStats


class ConnectionManager(NetworkFilter):
    """Hands bytes, watermarks and the end of a connection to its protocol."""

    def __init__(self, config: HttpConfig, listener_stats: HttpListenerStats, date: DateCache) -> None:
        self._config = config
        self._http = Http1Connection(config, listener_stats, date)

    def on_new_connection(self) -> NetworkStatus:
        self._http.begin(self.connection)
        return NetworkStatus.CONTINUE

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        received = data.take()
        self._config.stats.downstream_cx_rx_bytes_total.value += len(received)
        self._http.receive(received)
        return NetworkStatus.STOP_ITERATION

    def on_event(self, event: ConnectionEvent) -> None:
        self._http.on_close(event)

    def on_above_write_buffer_high_watermark(self) -> None:
        self._http.on_watermark(True)

    def on_below_write_buffer_low_watermark(self) -> None:
        self._http.on_watermark(False)
