"""What every cluster counts, at 0 from the moment it is loaded: `cluster.<name>.`"""

from __future__ import annotations

from portico.api.stats import StatsScope, Unit


class ClusterStats:
    """One attribute a name, a dot in the name being an underscore. Dashboards rely on all of them."""

    def __init__(self, scope: StatsScope) -> None:
        self.count_connections(scope)
        self.count_requests(scope)
        self.count_hosts(scope)

    def count_connections(self, scope: StatsScope) -> None:
        self.bind_errors = scope.counter("bind_errors")
        self.upstream_cx_active = scope.gauge("upstream_cx_active")
        self.upstream_cx_close_notify = scope.counter("upstream_cx_close_notify")
        self.upstream_cx_connect_attempts_exceeded = scope.counter("upstream_cx_connect_attempts_exceeded")
        self.upstream_cx_connect_fail = scope.counter("upstream_cx_connect_fail")
        self.upstream_cx_connect_ms = scope.histogram("upstream_cx_connect_ms", Unit.MILLISECONDS)
        self.upstream_cx_connect_timeout = scope.counter("upstream_cx_connect_timeout")
        self.upstream_cx_connect_with_0_rtt = scope.counter("upstream_cx_connect_with_0_rtt")
        self.upstream_cx_destroy = scope.counter("upstream_cx_destroy")
        self.upstream_cx_destroy_local = scope.counter("upstream_cx_destroy_local")
        self.upstream_cx_destroy_local_with_active_rq = scope.counter("upstream_cx_destroy_local_with_active_rq")
        self.upstream_cx_destroy_remote = scope.counter("upstream_cx_destroy_remote")
        self.upstream_cx_destroy_remote_with_active_rq = scope.counter("upstream_cx_destroy_remote_with_active_rq")
        self.upstream_cx_destroy_with_active_rq = scope.counter("upstream_cx_destroy_with_active_rq")
        self.upstream_cx_http1_total = scope.counter("upstream_cx_http1_total")
        self.upstream_cx_http2_total = scope.counter("upstream_cx_http2_total")
        self.upstream_cx_http3_total = scope.counter("upstream_cx_http3_total")
        self.upstream_cx_idle_timeout = scope.counter("upstream_cx_idle_timeout")
        self.upstream_cx_length_ms = scope.histogram("upstream_cx_length_ms", Unit.MILLISECONDS)
        self.upstream_cx_max_duration_reached = scope.counter("upstream_cx_max_duration_reached")
        self.upstream_cx_max_requests = scope.counter("upstream_cx_max_requests")
        self.upstream_cx_none_healthy = scope.counter("upstream_cx_none_healthy")
        self.upstream_cx_overflow = scope.counter("upstream_cx_overflow")
        self.upstream_cx_pool_overflow = scope.counter("upstream_cx_pool_overflow")
        self.upstream_cx_preconnect_skipped = scope.counter("upstream_cx_preconnect_skipped")
        self.upstream_cx_protocol_error = scope.counter("upstream_cx_protocol_error")
        self.upstream_cx_rx_bytes_buffered = scope.gauge("upstream_cx_rx_bytes_buffered")
        self.upstream_cx_rx_bytes_total = scope.counter("upstream_cx_rx_bytes_total")
        self.upstream_cx_total = scope.counter("upstream_cx_total")
        self.upstream_cx_tx_bytes_buffered = scope.gauge("upstream_cx_tx_bytes_buffered")
        self.upstream_cx_tx_bytes_total = scope.counter("upstream_cx_tx_bytes_total")
        self.upstream_flow_control_backed_up_total = scope.counter("upstream_flow_control_backed_up_total")
        self.upstream_flow_control_drained_total = scope.counter("upstream_flow_control_drained_total")
        self.upstream_flow_control_paused_reading_total = scope.counter("upstream_flow_control_paused_reading_total")
        self.upstream_flow_control_resumed_reading_total = scope.counter("upstream_flow_control_resumed_reading_total")
        self.upstream_http3_broken = scope.counter("upstream_http3_broken")

    def count_requests(self, scope: StatsScope) -> None:
        self.retry_or_shadow_abandoned = scope.counter("retry_or_shadow_abandoned")
        self.upstream_internal_redirect_failed_total = scope.counter("upstream_internal_redirect_failed_total")
        self.upstream_internal_redirect_succeeded_total = scope.counter("upstream_internal_redirect_succeeded_total")
        self.upstream_queue_overloaded = scope.gauge("upstream_queue_overloaded")
        self.upstream_rq_0rtt = scope.counter("upstream_rq_0rtt")
        self.upstream_rq_active = scope.gauge("upstream_rq_active")
        self.upstream_rq_active_overflow = scope.counter("upstream_rq_active_overflow")
        self.upstream_rq_cancelled = scope.counter("upstream_rq_cancelled")
        self.upstream_rq_completed = scope.counter("upstream_rq_completed")
        self.upstream_rq_maintenance_mode = scope.counter("upstream_rq_maintenance_mode")
        self.upstream_rq_max_duration_reached = scope.counter("upstream_rq_max_duration_reached")
        self.upstream_rq_pending_active = scope.gauge("upstream_rq_pending_active")
        self.upstream_rq_pending_failure_eject = scope.counter("upstream_rq_pending_failure_eject")
        self.upstream_rq_pending_overflow = scope.counter("upstream_rq_pending_overflow")
        self.upstream_rq_pending_total = scope.counter("upstream_rq_pending_total")
        self.upstream_rq_per_cx = scope.histogram("upstream_rq_per_cx", Unit.UNSPECIFIED)
        self.upstream_rq_per_try_idle_timeout = scope.counter("upstream_rq_per_try_idle_timeout")
        self.upstream_rq_per_try_timeout = scope.counter("upstream_rq_per_try_timeout")
        self.upstream_rq_retry = scope.counter("upstream_rq_retry")
        self.upstream_rq_retry_backoff_exponential = scope.counter("upstream_rq_retry_backoff_exponential")
        self.upstream_rq_retry_backoff_ratelimited = scope.counter("upstream_rq_retry_backoff_ratelimited")
        self.upstream_rq_retry_limit_exceeded = scope.counter("upstream_rq_retry_limit_exceeded")
        self.upstream_rq_retry_overflow = scope.counter("upstream_rq_retry_overflow")
        self.upstream_rq_retry_success = scope.counter("upstream_rq_retry_success")
        self.upstream_rq_rx_reset = scope.counter("upstream_rq_rx_reset")
        self.upstream_rq_rx_reset_no_error = scope.counter("upstream_rq_rx_reset_no_error")
        self.upstream_rq_timeout = scope.counter("upstream_rq_timeout")
        self.upstream_rq_total = scope.counter("upstream_rq_total")
        self.upstream_rq_tx_reset = scope.counter("upstream_rq_tx_reset")

    def count_hosts(self, scope: StatsScope) -> None:
        """Discovery, membership and load balancing."""
        self.assignment_stale = scope.counter("assignment_stale")
        self.assignment_timeout_received = scope.counter("assignment_timeout_received")
        self.assignment_use_cached = scope.counter("assignment_use_cached")
        self.default_total_match_count = scope.counter("default.total_match_count")
        self.lb_healthy_panic = scope.counter("lb_healthy_panic")
        self.lb_local_cluster_not_ok = scope.counter("lb_local_cluster_not_ok")
        self.lb_recalculate_zone_structures = scope.counter("lb_recalculate_zone_structures")
        self.lb_subsets_active = scope.gauge("lb_subsets_active")
        self.lb_subsets_created = scope.counter("lb_subsets_created")
        self.lb_subsets_fallback = scope.counter("lb_subsets_fallback")
        self.lb_subsets_fallback_panic = scope.counter("lb_subsets_fallback_panic")
        self.lb_subsets_removed = scope.counter("lb_subsets_removed")
        self.lb_subsets_selected = scope.counter("lb_subsets_selected")
        self.lb_zone_cluster_too_small = scope.counter("lb_zone_cluster_too_small")
        self.lb_zone_no_capacity_left = scope.counter("lb_zone_no_capacity_left")
        self.lb_zone_routing_all_directly = scope.counter("lb_zone_routing_all_directly")
        self.lb_zone_routing_cross_zone = scope.counter("lb_zone_routing_cross_zone")
        self.lb_zone_routing_sampled = scope.counter("lb_zone_routing_sampled")
        self.max_host_weight = scope.gauge("max_host_weight")
        self.membership_change = scope.counter("membership_change")
        self.membership_degraded = scope.gauge("membership_degraded")
        self.membership_excluded = scope.gauge("membership_excluded")
        self.membership_healthy = scope.gauge("membership_healthy")
        self.membership_total = scope.gauge("membership_total")
        self.original_dst_host_invalid = scope.counter("original_dst_host_invalid")
        self.update_attempt = scope.counter("update_attempt")
        self.update_empty = scope.counter("update_empty")
        self.update_failure = scope.counter("update_failure")
        self.update_no_rebuild = scope.counter("update_no_rebuild")
        self.update_success = scope.counter("update_success")
        self.version = scope.gauge("version")
        self.warming_state = scope.gauge("warming_state")


class CircuitBreakerStats:
    """`cluster.<name>.circuit_breakers.<default|high>.`: 1 while the limit is reached."""

    def __init__(self, scope: StatsScope) -> None:
        self.cx_open = scope.gauge("cx_open")
        self.cx_pool_open = scope.gauge("cx_pool_open")
        self.rq_open = scope.gauge("rq_open")
        self.rq_pending_open = scope.gauge("rq_pending_open")
        self.rq_retry_open = scope.gauge("rq_retry_open")


class RemainingStats:
    """Beside them, where the thresholds say `track_remaining`: what is left of each limit."""

    def __init__(self, scope: StatsScope) -> None:
        self.remaining_cx = scope.gauge("remaining_cx")
        self.remaining_cx_pools = scope.gauge("remaining_cx_pools")
        self.remaining_pending = scope.gauge("remaining_pending")
        self.remaining_retries = scope.gauge("remaining_retries")
        self.remaining_rq = scope.gauge("remaining_rq")
