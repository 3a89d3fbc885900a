"""Cluster.track_cluster_stats: histograms over every request, for clusters that ask for them."""

from __future__ import annotations

from portico.api.headers import HeaderMap
from portico.api.stats import StatsScope, Unit


class SizeStats:
    """`request_response_sizes`: of heads and bodies, as they go to the host and come from it."""

    def __init__(self, scope: StatsScope) -> None:
        self.upstream_rq_headers_size = scope.histogram("upstream_rq_headers_size", Unit.BYTES)
        self.upstream_rq_headers_count = scope.histogram("upstream_rq_headers_count", Unit.UNSPECIFIED)
        self.upstream_rq_body_size = scope.histogram("upstream_rq_body_size", Unit.BYTES)
        self.upstream_rs_headers_size = scope.histogram("upstream_rs_headers_size", Unit.BYTES)
        self.upstream_rs_headers_count = scope.histogram("upstream_rs_headers_count", Unit.UNSPECIFIED)
        self.upstream_rs_body_size = scope.histogram("upstream_rs_body_size", Unit.BYTES)

    def record_request(self, headers: HeaderMap, body_bytes: int) -> None:
        self.upstream_rq_headers_size.record(headers.byte_size())
        self.upstream_rq_headers_count.record(len(headers))
        self.upstream_rq_body_size.record(body_bytes)

    def record_response_head(self, headers: HeaderMap) -> None:
        self.upstream_rs_headers_size.record(headers.byte_size())
        self.upstream_rs_headers_count.record(len(headers))


class BudgetStats:
    """`timeout_budgets`: how many percent of its time a request took; 0 where there is no limit."""

    def __init__(self, scope: StatsScope) -> None:
        self.percent_used = scope.histogram("upstream_rq_timeout_budget_percent_used", Unit.UNSPECIFIED)
        self.per_try_percent_used = scope.histogram("upstream_rq_timeout_budget_per_try_percent_used", Unit.UNSPECIFIED)

    def record(self, elapsed_s: float, total_s: float, per_try_s: float) -> None:
        self.percent_used.record(percent_of(elapsed_s, total_s))
        self.per_try_percent_used.record(percent_of(elapsed_s, per_try_s))


class TrackedRequests:
    """One or both of them; None = not asked for."""

    def __init__(self, sizes: SizeStats | None, budgets: BudgetStats | None) -> None:
        self.sizes = sizes
        self.budgets = budgets


def percent_of(elapsed_s: float, limit_s: float) -> int:
    return int(elapsed_s / limit_s * 100.0) if limit_s > 0 else 0
