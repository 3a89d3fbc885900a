"""One entry of ``filter_chains``, settled when the configuration arrived."""

from __future__ import annotations

from typing import Any

from portico.api.network_filter import NetworkFilter, NetworkFilterFactory


class NetworkFilterSlot:
    """One entry of ``filters``."""

    def __init__(self, name: str, factory: NetworkFilterFactory) -> None:
        self.name = name
        self.factory = factory


class FilterChain:
    """Which network filters a connection gets. Read per connection; written only while it is built."""

    def __init__(self, name: str, slots: list[NetworkFilterSlot]) -> None:
        self.name = name
        self.slots = slots
        self.metadata: dict[str, Any] | None = None
        self.transport_socket_connect_timeout_s = 0.0  # 0.0 = none

    def __repr__(self) -> str:
        return f"FilterChain({self.name!r}, {[slot.name for slot in self.slots]})"


def overrides_on_write(network_filter: NetworkFilter) -> bool:
    """Whether bytes for downstream have to pass this filter."""
    return type(network_filter).on_write is not NetworkFilter.on_write
