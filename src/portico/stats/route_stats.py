"""What one route or virtual cluster counts: `vhost.<v>.route.<stat_prefix>.`, `vhost.<v>.vcluster.<name>.`"""

from __future__ import annotations

from portico.api.stats import StatsScope


class RouteStats:
    """Response codes and upstream_rq_time come on top, from ResponseCodeStats."""

    def __init__(self, scope: StatsScope) -> None:
        self.upstream_rq_retry = scope.counter("upstream_rq_retry")
        self.upstream_rq_retry_limit_exceeded = scope.counter("upstream_rq_retry_limit_exceeded")
        self.upstream_rq_retry_overflow = scope.counter("upstream_rq_retry_overflow")
        self.upstream_rq_retry_success = scope.counter("upstream_rq_retry_success")
        self.upstream_rq_timeout = scope.counter("upstream_rq_timeout")
        self.upstream_rq_total = scope.counter("upstream_rq_total")
