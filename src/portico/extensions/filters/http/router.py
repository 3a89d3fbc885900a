"""envoy.filters.http.router: the terminal HTTP filter."""

from __future__ import annotations

from typing import Any

from portico.access_log.from_proto import access_logs
from portico.api.context import FactoryContext
from portico.api.http_filter import HttpFilterFactory
from portico.api.registries import HTTP_FILTERS
from portico.router.router_filter import RouterConfig, RouterFilter
from portico.stats.http_stats import RouterStats


@HTTP_FILTERS.register(
    "envoy.extensions.filters.http.router.v3.Router",
    frozenset(
        [
            "dynamic_stats",
            "suppress_envoy_headers",
            "strict_check_headers",
            "respect_expected_rq_timeout",
            "upstream_log",
        ]
    ),
)
def router(config: Any, context: FactoryContext) -> HttpFilterFactory:
    settings = RouterConfig(context.server, RouterStats(context.scope))
    settings.suppress_envoy_headers = config.suppress_envoy_headers
    settings.strict_check_headers = tuple([name.lower().encode() for name in config.strict_check_headers])
    settings.upstream_logs = access_logs(config.upstream_log, context, "upstream_log")
    settings.respect_expected_rq_timeout = config.respect_expected_rq_timeout
    if config.HasField("dynamic_stats"):
        settings.dynamic_stats = config.dynamic_stats.value
    return lambda: RouterFilter(settings)
