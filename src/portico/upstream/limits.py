"""Circuit breakers: how much of each resource one cluster may use at one priority, over all workers."""

from __future__ import annotations

from typing import Final

from portico.api.runtime import Runtime
from portico.api.shared import SharedCell, SharedCells
from portico.api.stats import Gauge
from portico.api.upstream import ClusterInfo, ResourcePriority

# Source: envoy api config/cluster/v3/circuit_breaker.proto
DEFAULT_MAX: Final = 1024
DEFAULT_MAX_RETRIES: Final = 3
UNLIMITED: Final = (1 << 64) - 1
# Source: circuit_breaker.proto, RetryBudget
DEFAULT_BUDGET_PERCENT: Final = 20.0
DEFAULT_MIN_RETRY_CONCURRENCY: Final = 3


class Thresholds:
    """One priority's limits, as configured."""

    def __init__(self) -> None:
        self.max_connections = DEFAULT_MAX
        self.max_pending_requests = DEFAULT_MAX
        self.max_requests = DEFAULT_MAX
        self.max_retries = DEFAULT_MAX_RETRIES
        self.max_connection_pools = UNLIMITED
        self.track_remaining = False
        self.retry_budget_percent = -1.0  # < 0: max_retries counts instead of a budget
        self.min_retry_concurrency = DEFAULT_MIN_RETRY_CONCURRENCY


class Limit:
    """One resource. ``open`` is 1 while none is left, ``remaining`` is None when it is not tracked."""

    def __init__(self, maximum: int, cell: SharedCell, is_open: Gauge, remaining: Gauge | None) -> None:
        self.maximum = maximum
        self.used = 0  # by this worker
        self._cell = cell
        self._is_open = is_open
        self._remaining = remaining
        self._publish()

    def can_acquire(self) -> bool:
        return self._cell.total() < self.ceiling()

    def try_acquire(self) -> bool:
        """False = the breaker is open; nothing was taken."""
        total = self._cell.total()
        ceiling = self.ceiling()
        if total >= ceiling:
            self._is_open.value = 1  # another worker may have taken the last one
            return False
        self._take(total, ceiling)
        return True

    def acquire(self) -> None:
        """Take one even beyond the limit: a host without any connection may always open its first."""
        self._take(self._cell.total(), self.ceiling())

    def release(self) -> None:
        assert self.used > 0, "released more than was acquired"
        self.used -= 1
        self._cell.add(-1)
        # Summing up over the workers is what costs: a breaker that is closed stays so.
        if self._is_open.value or self._remaining is not None:
            self._publish()

    def ceiling(self) -> int:
        return self.maximum

    def total(self) -> int:
        """In use by all workers."""
        return self._cell.total()

    def set_maximum(self, maximum: int) -> None:
        self.maximum = maximum
        self._publish()

    def _take(self, total: int, ceiling: int) -> None:
        self.used += 1
        self._cell.add(1)
        if total + 1 >= ceiling:
            self._is_open.value = 1
        if self._remaining is not None:
            self._remaining.value = max(ceiling - total - 1, 0)

    def _publish(self) -> None:
        ceiling = self.ceiling()
        total = self._cell.total()
        self._is_open.value = 1 if total >= ceiling else 0
        if self._remaining is not None:
            self._remaining.value = max(ceiling - total, 0)

    def __repr__(self) -> str:
        return f"Limit({self.total()}/{self.ceiling()})"


class RetryBudget(Limit):
    """Retries as a share of the requests that are active or wait, but never fewer than a few."""

    def __init__(self, thresholds: Thresholds, cell: SharedCell, is_open: Gauge, busy: tuple[Limit, Limit]) -> None:
        self._percent = thresholds.retry_budget_percent
        self._minimum = thresholds.min_retry_concurrency
        self._requests, self._pending = busy
        super().__init__(UNLIMITED, cell, is_open, None)

    def ceiling(self) -> int:
        return retry_budget(self._requests.total() + self._pending.total(), self._percent, self._minimum)


def retry_budget(busy_requests: int, percent: float, minimum: int) -> int:
    """Retries allowed at once. Source: envoy source/common/upstream/resource_manager_impl.h, RetryBudgetImpl::max."""
    return max(int(percent / 100.0 * busy_requests), minimum)


class PriorityLimits:
    """The breakers of one priority."""

    def __init__(
        self, thresholds: Thresholds, info: ClusterInfo, priority: ResourcePriority, cells: SharedCells
    ) -> None:
        self.thresholds = thresholds
        self._key = f"circuit_breakers.{info.name}.{priority.value}."
        self._cells = cells
        self._scope = info.scope.scope(f"circuit_breakers.{priority.value}")
        self.connections = self._limit(thresholds.max_connections, "cx", "cx_open", "remaining_cx")
        self.pending_requests = self._limit(
            thresholds.max_pending_requests, "pending", "rq_pending_open", "remaining_pending"
        )
        self.requests = self._limit(thresholds.max_requests, "rq", "rq_open", "remaining_rq")
        self.connection_pools = self._limit(
            thresholds.max_connection_pools, "cx_pools", "cx_pool_open", "remaining_cx_pools"
        )
        self.retries = self._retries()

    def read_runtime(self, runtime: Runtime) -> None:
        """Apply ``circuit_breakers.<cluster>.<priority>.max_*``, or what was configured where there is no such key."""
        prefix = self._key
        chosen = self.thresholds
        self.connections.set_maximum(runtime.integer(prefix + "max_connections", chosen.max_connections))
        self.pending_requests.set_maximum(runtime.integer(prefix + "max_pending_requests", chosen.max_pending_requests))
        self.requests.set_maximum(runtime.integer(prefix + "max_requests", chosen.max_requests))
        self.retries.set_maximum(runtime.integer(prefix + "max_retries", chosen.max_retries))
        self.connection_pools.set_maximum(runtime.integer(prefix + "max_connection_pools", chosen.max_connection_pools))

    def _retries(self) -> Limit:
        if self.thresholds.retry_budget_percent < 0:
            return self._limit(self.thresholds.max_retries, "retries", "rq_retry_open", "remaining_retries")
        return RetryBudget(
            self.thresholds, self._cell("retries"), self._scope.gauge("rq_retry_open"),
            (self.requests, self.pending_requests),
        )  # fmt: skip

    def _limit(self, maximum: int, resource: str, is_open: str, remaining: str) -> Limit:
        tracked = self._scope.gauge(remaining) if self.thresholds.track_remaining else None
        return Limit(maximum, self._cell(resource), self._scope.gauge(is_open), tracked)

    def _cell(self, resource: str) -> SharedCell:
        return self._cells.cell(self._key + resource)
