"""How many connections a listener, and all listeners together, may have. Counted over all workers."""

from __future__ import annotations

from enum import Enum
from typing import Final

from portico.api.context import ServerContext

GLOBAL_KEY: Final = "overload.global_downstream_max_connections"
_UNLIMITED: Final = 1 << 62


class Admission(Enum):
    """What becomes of a connection that was just accepted."""

    WELCOME = 1
    OVER_GLOBAL_LIMIT = 2
    OVER_LISTENER_LIMIT = 3


class ConnectionLimits:
    """Both limits are runtime keys, so they are looked up anew for each connection.

    Source: envoy source/common/network/tcp_listener_impl.cc, rejectCxOverGlobalLimit; source/common/listener_manager/
    active_tcp_listener.cc, listenerConnectionLimitReached.
    """

    def __init__(self, listener: str, server: ServerContext, ignores_global: bool) -> None:
        self._runtime = server.runtime
        self._listener_key = f"envoy.resource_limits.listener.{listener}.connection_limit"
        self._ignores_global = ignores_global
        self._all = server.cells.cell("downstream_connections")
        self.connections = server.cells.cell(f"listener.{listener}.connections")

    def admit(self) -> Admission:
        """Ask first, then ``acquire`` if welcome."""
        if not self._ignores_global:
            maximum = self._runtime.integer(GLOBAL_KEY, _UNLIMITED)
            if maximum != _UNLIMITED and self._all.total() >= maximum:
                return Admission.OVER_GLOBAL_LIMIT
        maximum = self._runtime.integer(self._listener_key, _UNLIMITED)
        if maximum != _UNLIMITED and self.connections.total() >= maximum:
            return Admission.OVER_LISTENER_LIMIT
        return Admission.WELCOME

    def acquire(self) -> None:
        self._all.add(1)
        self.connections.add(1)

    def release(self) -> None:
        self._all.add(-1)
        self.connections.add(-1)
