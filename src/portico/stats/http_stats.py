"""What an HTTP connection manager and its router count: `http.<stat_prefix>.`, and per listener."""

from __future__ import annotations

from portico.api.stats import Counter, StatsScope, Unit


class HttpConnectionManagerStats:
    """`http.<stat_prefix>.`, shared by all managers of one prefix."""

    def __init__(self, scope: StatsScope) -> None:  # noqa: PLR0915  a table
        self.downstream_cx_active = scope.gauge("downstream_cx_active")
        self.downstream_cx_delayed_close_timeout = scope.counter("downstream_cx_delayed_close_timeout")
        self.downstream_cx_destroy = scope.counter("downstream_cx_destroy")
        self.downstream_cx_destroy_active_rq = scope.counter("downstream_cx_destroy_active_rq")
        self.downstream_cx_destroy_local = scope.counter("downstream_cx_destroy_local")
        self.downstream_cx_destroy_local_active_rq = scope.counter("downstream_cx_destroy_local_active_rq")
        self.downstream_cx_destroy_remote = scope.counter("downstream_cx_destroy_remote")
        self.downstream_cx_destroy_remote_active_rq = scope.counter("downstream_cx_destroy_remote_active_rq")
        self.downstream_cx_drain_close = scope.counter("downstream_cx_drain_close")
        self.downstream_cx_http1_active = scope.gauge("downstream_cx_http1_active")
        self.downstream_cx_http1_soft_drain = scope.gauge("downstream_cx_http1_soft_drain")
        self.downstream_cx_http1_total = scope.counter("downstream_cx_http1_total")
        self.downstream_cx_http2_active = scope.gauge("downstream_cx_http2_active")
        self.downstream_cx_http2_total = scope.counter("downstream_cx_http2_total")
        self.downstream_cx_http3_active = scope.gauge("downstream_cx_http3_active")
        self.downstream_cx_http3_total = scope.counter("downstream_cx_http3_total")
        self.downstream_cx_idle_timeout = scope.counter("downstream_cx_idle_timeout")
        self.downstream_cx_length_ms = scope.histogram("downstream_cx_length_ms", Unit.MILLISECONDS)
        self.downstream_cx_max_duration_reached = scope.counter("downstream_cx_max_duration_reached")
        self.downstream_cx_max_requests_reached = scope.counter("downstream_cx_max_requests_reached")
        self.downstream_cx_overload_disable_keepalive = scope.counter("downstream_cx_overload_disable_keepalive")
        self.downstream_cx_protocol_error = scope.counter("downstream_cx_protocol_error")
        self.downstream_cx_rx_bytes_buffered = scope.gauge("downstream_cx_rx_bytes_buffered")
        self.downstream_cx_rx_bytes_total = scope.counter("downstream_cx_rx_bytes_total")
        self.downstream_cx_ssl_active = scope.gauge("downstream_cx_ssl_active")
        self.downstream_cx_ssl_total = scope.counter("downstream_cx_ssl_total")
        self.downstream_cx_total = scope.counter("downstream_cx_total")
        self.downstream_cx_tx_bytes_buffered = scope.gauge("downstream_cx_tx_bytes_buffered")
        self.downstream_cx_tx_bytes_total = scope.counter("downstream_cx_tx_bytes_total")
        self.downstream_cx_upgrades_active = scope.gauge("downstream_cx_upgrades_active")
        self.downstream_cx_upgrades_total = scope.counter("downstream_cx_upgrades_total")
        self.downstream_flow_control_paused_reading_total = scope.counter(
            "downstream_flow_control_paused_reading_total"
        )
        self.downstream_flow_control_resumed_reading_total = scope.counter(
            "downstream_flow_control_resumed_reading_total"
        )
        self.downstream_rq_1xx = scope.counter("downstream_rq_1xx")
        self.downstream_rq_2xx = scope.counter("downstream_rq_2xx")
        self.downstream_rq_3xx = scope.counter("downstream_rq_3xx")
        self.downstream_rq_4xx = scope.counter("downstream_rq_4xx")
        self.downstream_rq_5xx = scope.counter("downstream_rq_5xx")
        self.downstream_rq_xx = by_class(scope)
        self.downstream_rq_active = scope.gauge("downstream_rq_active")
        self.downstream_rq_completed = scope.counter("downstream_rq_completed")
        self.downstream_rq_failed_path_normalization = scope.counter("downstream_rq_failed_path_normalization")
        self.downstream_rq_header_timeout = scope.counter("downstream_rq_header_timeout")
        self.downstream_rq_http1_total = scope.counter("downstream_rq_http1_total")
        self.downstream_rq_http2_total = scope.counter("downstream_rq_http2_total")
        self.downstream_rq_http3_total = scope.counter("downstream_rq_http3_total")
        self.downstream_rq_idle_timeout = scope.counter("downstream_rq_idle_timeout")
        self.downstream_rq_max_duration_reached = scope.counter("downstream_rq_max_duration_reached")
        self.downstream_rq_non_relative_path = scope.counter("downstream_rq_non_relative_path")
        self.downstream_rq_overload_close = scope.counter("downstream_rq_overload_close")
        self.downstream_rq_redirected_with_normalized_path = scope.counter(
            "downstream_rq_redirected_with_normalized_path"
        )
        self.downstream_rq_rejected_via_ip_detection = scope.counter("downstream_rq_rejected_via_ip_detection")
        self.downstream_rq_response_before_rq_complete = scope.counter("downstream_rq_response_before_rq_complete")
        self.downstream_rq_rx_reset = scope.counter("downstream_rq_rx_reset")
        self.downstream_rq_time = scope.histogram("downstream_rq_time", Unit.MILLISECONDS)
        self.downstream_rq_timeout = scope.counter("downstream_rq_timeout")
        self.downstream_rq_too_large = scope.counter("downstream_rq_too_large")
        self.downstream_rq_too_many_premature_resets = scope.counter("downstream_rq_too_many_premature_resets")
        self.downstream_rq_total = scope.counter("downstream_rq_total")
        self.downstream_rq_tx_reset = scope.counter("downstream_rq_tx_reset")
        self.downstream_rq_ws_on_non_ws_route = scope.counter("downstream_rq_ws_on_non_ws_route")
        self.rs_too_large = scope.counter("rs_too_large")


class HttpListenerStats:
    """`listener.<address>.http.<stat_prefix>.`: responses of one listener by class."""

    def __init__(self, scope: StatsScope) -> None:
        self.downstream_rq_1xx = scope.counter("downstream_rq_1xx")
        self.downstream_rq_2xx = scope.counter("downstream_rq_2xx")
        self.downstream_rq_3xx = scope.counter("downstream_rq_3xx")
        self.downstream_rq_4xx = scope.counter("downstream_rq_4xx")
        self.downstream_rq_5xx = scope.counter("downstream_rq_5xx")
        self.downstream_rq_xx = by_class(scope)
        self.downstream_rq_completed = scope.counter("downstream_rq_completed")


class RouterStats:
    """`http.<stat_prefix>.`, counted by the router filter."""

    def __init__(self, scope: StatsScope) -> None:
        self.no_cluster = scope.counter("no_cluster")
        self.no_route = scope.counter("no_route")
        self.passthrough_internal_redirect_bad_location = scope.counter("passthrough_internal_redirect_bad_location")
        self.passthrough_internal_redirect_no_route = scope.counter("passthrough_internal_redirect_no_route")
        self.passthrough_internal_redirect_predicate = scope.counter("passthrough_internal_redirect_predicate")
        self.passthrough_internal_redirect_too_many_redirects = scope.counter(
            "passthrough_internal_redirect_too_many_redirects"
        )
        self.passthrough_internal_redirect_unsafe_scheme = scope.counter("passthrough_internal_redirect_unsafe_scheme")
        self.rq_direct_response = scope.counter("rq_direct_response")
        self.rq_overload_local_reply = scope.counter("rq_overload_local_reply")
        self.rq_redirect = scope.counter("rq_redirect")
        self.rq_reset_after_downstream_response_started = scope.counter("rq_reset_after_downstream_response_started")
        self.rq_total = scope.counter("rq_total")


class TracingStats:
    """`http.<stat_prefix>.tracing.`: why a request was traced or not."""

    def __init__(self, scope: StatsScope) -> None:
        self.client_enabled = scope.counter("client_enabled")
        self.health_check = scope.counter("health_check")
        self.not_traceable = scope.counter("not_traceable")
        self.random_sampling = scope.counter("random_sampling")
        self.service_forced = scope.counter("service_forced")


def by_class(scope: StatsScope) -> list[Counter]:
    """`downstream_rq_<n>xx` at index n = status // 100; a status outside 100-599 counts nowhere."""
    return [
        scope.counter(f"downstream_rq_{hundreds}xx") if 1 <= hundreds <= 5 else Counter("") for hundreds in range(10)
    ]
