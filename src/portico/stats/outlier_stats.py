"""What outlier detection counts: `cluster.<name>.outlier_detection.`, only where it is configured."""

from __future__ import annotations

from portico.api.stats import StatsScope


class OutlierDetectionStats:
    """Ejections by cause; detected ones count even when enforcement is off."""

    def __init__(self, scope: StatsScope) -> None:
        self.ejections_active = scope.gauge("ejections_active")
        self.ejections_consecutive_5xx = scope.counter("ejections_consecutive_5xx")
        self.ejections_detected_consecutive_5xx = scope.counter("ejections_detected_consecutive_5xx")
        self.ejections_detected_consecutive_gateway_failure = scope.counter(
            "ejections_detected_consecutive_gateway_failure"
        )
        self.ejections_detected_consecutive_local_origin_failure = scope.counter(
            "ejections_detected_consecutive_local_origin_failure"
        )
        self.ejections_detected_degradation = scope.counter("ejections_detected_degradation")
        self.ejections_detected_failure_percentage = scope.counter("ejections_detected_failure_percentage")
        self.ejections_detected_local_origin_failure_percentage = scope.counter(
            "ejections_detected_local_origin_failure_percentage"
        )
        self.ejections_detected_local_origin_success_rate = scope.counter(
            "ejections_detected_local_origin_success_rate"
        )
        self.ejections_detected_success_rate = scope.counter("ejections_detected_success_rate")
        self.ejections_enforced_consecutive_5xx = scope.counter("ejections_enforced_consecutive_5xx")
        self.ejections_enforced_consecutive_gateway_failure = scope.counter(
            "ejections_enforced_consecutive_gateway_failure"
        )
        self.ejections_enforced_consecutive_local_origin_failure = scope.counter(
            "ejections_enforced_consecutive_local_origin_failure"
        )
        self.ejections_enforced_failure_percentage = scope.counter("ejections_enforced_failure_percentage")
        self.ejections_enforced_local_origin_failure_percentage = scope.counter(
            "ejections_enforced_local_origin_failure_percentage"
        )
        self.ejections_enforced_local_origin_success_rate = scope.counter(
            "ejections_enforced_local_origin_success_rate"
        )
        self.ejections_enforced_success_rate = scope.counter("ejections_enforced_success_rate")
        self.ejections_enforced_total = scope.counter("ejections_enforced_total")
        self.ejections_overflow = scope.counter("ejections_overflow")
        self.ejections_success_rate = scope.counter("ejections_success_rate")
        self.ejections_total = scope.counter("ejections_total")
