"""The connection pools to one host: one for each priority's circuit breakers."""

from __future__ import annotations

from collections.abc import Callable

from portico.api.upstream import ConnectionPool


class HostPools:
    """Attributes instead of a table: looking one up allocates no key."""

    def __init__(self) -> None:
        self.default: ConnectionPool | None = None
        self.high: ConnectionPool | None = None
        self._draining = 0
        self._on_drained: Callable[[], None] | None = None

    def drain(self, on_drained: Callable[[], None]) -> None:
        """Close what is idle now, the rest as it becomes idle; then call back, once, perhaps before this returns."""
        pools = [pool for pool in (self.default, self.high) if pool is not None]
        self._draining = len(pools) + 1
        self._on_drained = on_drained
        for pool in pools:
            pool.drain(self._on_one_drained)
        self._on_one_drained()

    def _on_one_drained(self) -> None:
        self._draining -= 1
        if self._draining == 0 and self._on_drained is not None:
            on_drained = self._on_drained
            self._on_drained = None
            on_drained()
