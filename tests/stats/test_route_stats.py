from portico.stats.route_stats import RouteStats

from .tables import stat_names


def test_table_holds_what_envoy_creates_at_load() -> None:
    assert set(stat_names(RouteStats)) == {
        "upstream_rq_retry",
        "upstream_rq_retry_limit_exceeded",
        "upstream_rq_retry_overflow",
        "upstream_rq_retry_success",
        "upstream_rq_timeout",
        "upstream_rq_total",
    }
