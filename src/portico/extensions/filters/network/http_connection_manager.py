"""envoy.filters.network.http_connection_manager: HTTP on one connection."""

from __future__ import annotations

from typing import Any

from portico.api.context import FactoryContext
from portico.api.network_filter import NetworkFilterFactory
from portico.api.registries import NETWORK_FILTERS
from portico.http.connection_manager import ConnectionManager
from portico.http.date import DateCache
from portico.http.from_proto import http_config
from portico.stats.http_stats import HttpListenerStats


@NETWORK_FILTERS.register(
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager", is_terminal=True
)
def http_connection_manager(config: Any, context: FactoryContext) -> NetworkFilterFactory:
    settings = http_config(config, context)
    listener_stats = HttpListenerStats(context.listener_scope.scope(f"http.{config.stat_prefix}"))
    date = DateCache(context.server.clock)
    return lambda: ConnectionManager(settings, listener_stats, date)
