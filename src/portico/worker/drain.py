"""Draining by --drain-strategy: every response asks its client to leave, or an ever larger part of them."""

from __future__ import annotations

from portico.api.clock import Clock, Random
from portico.api.context import DrainState


class ProcessDrain(DrainState):
    """Gradual: at time t of the drain time T, a response closes with probability t/T; at its end each does.

    Source: envoy source/server/drain_manager_impl.cc, drainClose.
    """

    def __init__(self, clock: Clock, random: Random, drain_time_s: int, is_gradual: bool) -> None:
        super().__init__()
        self._clock = clock
        self._random = random
        self._drain_time_s = drain_time_s
        self._is_gradual = is_gradual
        self._started_at = 0.0

    def set_draining(self, is_draining: bool) -> None:
        """Again while draining changes nothing: the time runs from the first."""
        if is_draining and not self.is_draining:
            self._started_at = self._clock.now()
        self.is_draining = is_draining

    def is_due(self) -> bool:
        if not self._is_gradual:
            return True
        elapsed_s = self._clock.now() - self._started_at
        return elapsed_s >= self._drain_time_s or self._random.below(self._drain_time_s) < int(elapsed_s)
