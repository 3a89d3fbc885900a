"""What tcp_proxy counts: `tcp.<stat_prefix>.`"""

from __future__ import annotations

from portico.api.stats import StatsScope


class TcpProxyStats:
    """Shared by all filters of one prefix."""

    def __init__(self, scope: StatsScope) -> None:
        self.downstream_cx_drain_close = scope.counter("downstream_cx_drain_close")
        self.downstream_cx_no_route = scope.counter("downstream_cx_no_route")
        self.downstream_cx_overload_close = scope.counter("downstream_cx_overload_close")
        self.downstream_cx_rx_bytes_buffered = scope.gauge("downstream_cx_rx_bytes_buffered")
        self.downstream_cx_rx_bytes_total = scope.counter("downstream_cx_rx_bytes_total")
        self.downstream_cx_total = scope.counter("downstream_cx_total")
        self.downstream_cx_tx_bytes_buffered = scope.gauge("downstream_cx_tx_bytes_buffered")
        self.downstream_cx_tx_bytes_total = scope.counter("downstream_cx_tx_bytes_total")
        self.downstream_flow_control_paused_reading_total = scope.counter(
            "downstream_flow_control_paused_reading_total"
        )
        self.downstream_flow_control_resumed_reading_total = scope.counter(
            "downstream_flow_control_resumed_reading_total"
        )
        self.early_data_received_count_total = scope.counter("early_data_received_count_total")
        self.idle_timeout = scope.counter("idle_timeout")
        self.max_downstream_connection_duration = scope.counter("max_downstream_connection_duration")
        self.route_delayed_total = scope.counter("route_delayed_total")
        self.upstream_flush_active = scope.gauge("upstream_flush_active")
        self.upstream_flush_total = scope.counter("upstream_flush_total")
