"""What active health checking counts: `cluster.<name>.health_check.`, only where it is configured."""

from __future__ import annotations

from portico.api.stats import StatsScope


class HealthCheckStats:
    """Probes and their outcomes."""

    def __init__(self, scope: StatsScope) -> None:
        self.attempt = scope.counter("attempt")
        self.degraded = scope.gauge("degraded")
        self.failure = scope.counter("failure")
        self.healthy = scope.gauge("healthy")
        self.network_failure = scope.counter("network_failure")
        self.passive_failure = scope.counter("passive_failure")
        self.success = scope.counter("success")
        self.verify_cluster = scope.counter("verify_cluster")
