"""Exceptions of HTTP filters: each ends its own stream, is counted, and is told to the operator once a second."""

from __future__ import annotations

from typing import Final

from portico.api.context import ServerContext
from portico.api.log import Logger, logger
from portico.api.sparse_log import SparseLog, describe
from portico.api.stats import Counter

LOG: Final[Logger] = logger("filter", __name__)
DETAILS: Final = "filter_exception"


class FilterFailures:
    """Those of one connection manager. The counter, which Envoy has not, appears with the first of them."""

    def __init__(self, server: ServerContext, stat_prefix: str) -> None:
        self._scope = server.scope.scope(f"http.{stat_prefix}")
        self._log = SparseLog(LOG, server.clock)
        self._counter: Counter | None = None

    def note(self, who: str, error: Exception) -> None:
        """``who``: a filter's configured name, or the part of the proxy whose bug it is."""
        if self._counter is None:
            self._counter = self._scope.counter(DETAILS)
        self._counter.value += 1
        self._log.error(f"{who} raised {describe(error)}: the stream ends with 500")
