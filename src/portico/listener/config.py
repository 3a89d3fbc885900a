"""What one listener was configured with, settled when the configuration arrived."""

from __future__ import annotations

from typing import Any

from portico.api.access_log import AccessLog
from portico.api.address import Address
from portico.api.context import ListenerDrain, ServerContext
from portico.api.listener_filter import ListenerFilterFactory
from portico.api.stats import StatsScope
from portico.listener.match.chain_selection import ChainSelection
from portico.listener.match.filter_predicate import FilterPredicate


class ListenerFilterSlot:
    """One entry of ``listener_filters``."""

    def __init__(self, name: str, factory: ListenerFilterFactory, disabled: FilterPredicate | None) -> None:
        self.name = name
        self.factory = factory
        self.disabled = disabled  # connections it matches pass the filter by


class ListenerConfig:
    """Read per connection; written only while it is built."""

    def __init__(self, name: str, addresses: list[Address], server: ServerContext, scope: StatsScope) -> None:
        self.name = name
        self.addresses = addresses
        self.server = server
        self.scope = scope  # "listener.<address>."
        self.drain = ListenerDrain(server.drain)
        self.chains = ChainSelection()
        self.listener_filters: list[ListenerFilterSlot] = []
        self.listener_filters_timeout_s = 15.0  # Source: Listener.listener_filters_timeout; 0.0 = none
        self.continues_on_listener_filters_timeout = False
        self.access_logs: list[AccessLog] = []
        self.metadata: dict[str, Any] | None = None
        self.buffer_limit_bytes = 1024 * 1024  # Source: Listener.per_connection_buffer_limit_bytes
        self.backlog = 0  # 0 = the system's maximum
        self.ignores_global_limit = False
        self.keepalive: tuple[int, int, int] | None = None  # probes, idle_s, interval_s; 0 = the system's choice
        self.traffic_direction = "UNSPECIFIED"
        self.binds_to_port = True
        self.is_exactly_balanced = False  # Source: Listener.connection_balance_config.exact_balance
