"""What a load balancer may know about a TCP connection."""

from __future__ import annotations

from typing import Final

from portico.api.load_balancer import LoadBalancerContext
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.extensions.filters.network.tcp_proxy.config import HashPolicy

_SUBSETS: Final = "envoy.lb"


class HostChoice(LoadBalancerContext):
    """One choice of a host."""

    def __init__(self, info: StreamInfo, metadata_match: dict[str, object] | None, policy: HashPolicy | None) -> None:
        self._info = info
        self._metadata_match = metadata_match
        self._policy = policy

    def downstream_connection(self) -> ConnectionInfo | None:
        return self._info.connection

    def hash_key(self) -> int | None:
        return None if self._policy is None else self._policy.hash_key(self._info)

    def metadata_match(self) -> dict[str, object] | None:
        """What the configuration asks for, under what earlier filters found out about this connection."""
        dynamic = self._info.dynamic_metadata
        found: dict[str, object] | None = None if dynamic is None else dynamic.get(_SUBSETS)
        if not found:
            return self._metadata_match
        return {**self._metadata_match, **found} if self._metadata_match else found
