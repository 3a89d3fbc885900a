import pytest

from portico.api.shared import SharedCell, SharedCells
from portico.api.upstream import ClusterInfo, ResourcePriority
from portico.stats.store import StatsStore
from portico.upstream.limits import PriorityLimits, Thresholds, retry_budget
from tests.upstream.surroundings import TableRuntime


class TwoWorkers:
    """The breakers of two workers that count in the same cells."""

    def __init__(self, thresholds: Thresholds) -> None:
        cells = PairedCells()
        self.stats = [StatsStore(), StatsStore()]
        self.limits = [
            PriorityLimits(
                thresholds, ClusterInfo("api", stats.scope("cluster").scope("api")), ResourcePriority.DEFAULT, view
            )
            for stats, view in zip(self.stats, (cells.view(0), cells.view(1)), strict=True)
        ]

    def gauge(self, worker: int, name: str) -> int:
        return self.stats[worker].gauges[f"cluster.api.circuit_breakers.default.{name}"].value


class PairedCells:
    """Cells with one share for each of two workers."""

    def __init__(self) -> None:
        self.shares: dict[str, list[int]] = {}

    def view(self, worker: int) -> SharedCells:
        return WorkerCells(self, worker)


class WorkerCells(SharedCells):
    def __init__(self, pair: PairedCells, worker: int) -> None:
        super().__init__()
        self.pair = pair
        self.worker = worker

    def cell(self, name: str) -> SharedCell:
        return WorkerCell(self.pair.shares.setdefault(name, [0, 0]), self.worker)


class WorkerCell(SharedCell):
    def __init__(self, shares: list[int], worker: int) -> None:
        super().__init__()
        self.all_shares = shares
        self.worker = worker

    def add(self, amount: int) -> None:
        self.all_shares[self.worker] += amount

    def total(self) -> int:
        return sum(self.all_shares)


def thresholds(**values: object) -> Thresholds:
    made = Thresholds()
    for name, value in values.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def alone(chosen: Thresholds) -> tuple[PriorityLimits, StatsStore]:
    stats = StatsStore()
    info = ClusterInfo("api", stats.scope("cluster").scope("api"))
    return PriorityLimits(chosen, info, ResourcePriority.DEFAULT, SharedCells()), stats


def test_defaults_are_envoys() -> None:
    limits, _ = alone(Thresholds())
    ceilings = [
        each.ceiling() for each in (limits.connections, limits.pending_requests, limits.requests, limits.retries)
    ]
    assert ceilings == [1024, 1024, 1024, 3]
    assert limits.connection_pools.ceiling() == 2**64 - 1


def test_opens_at_the_limit_and_closes_below_it() -> None:
    limits, stats = alone(thresholds(max_requests=2))
    is_open = stats.gauges["cluster.api.circuit_breakers.default.rq_open"]
    assert limits.requests.try_acquire()
    assert is_open.value == 0
    assert limits.requests.try_acquire()
    assert is_open.value == 1
    assert not limits.requests.try_acquire()
    limits.requests.release()
    assert is_open.value == 0
    assert limits.requests.try_acquire()


def test_refused_attempt_takes_nothing() -> None:
    limits, _ = alone(thresholds(max_pending_requests=1))
    assert limits.pending_requests.try_acquire()
    assert not limits.pending_requests.try_acquire()
    limits.pending_requests.release()
    assert limits.pending_requests.total() == 0


def test_zero_is_open_from_the_start() -> None:
    limits, stats = alone(thresholds(max_connections=0))
    assert stats.gauges["cluster.api.circuit_breakers.default.cx_open"].value == 1
    assert not limits.connections.can_acquire()


def test_first_connection_of_a_host_may_pass_the_limit() -> None:
    limits, _ = alone(thresholds(max_connections=1))
    limits.connections.acquire()
    limits.connections.acquire()
    assert limits.connections.total() == 2
    assert not limits.connections.can_acquire()


def test_remaining_is_told_only_when_tracked() -> None:
    _, silent = alone(Thresholds())
    assert not [name for name in silent.gauges if "remaining" in name]
    limits, stats = alone(thresholds(track_remaining=True, max_requests=5))
    limits.requests.acquire()
    prefix = "cluster.api.circuit_breakers.default."
    told = {name.removeprefix(prefix): gauge.value for name, gauge in stats.gauges.items() if "remaining" in name}
    assert told == {
        "remaining_cx": 1024,
        "remaining_pending": 1024,
        "remaining_rq": 4,
        "remaining_retries": 3,
        "remaining_cx_pools": 2**64 - 1,
    }


def test_workers_share_a_limit() -> None:
    pair = TwoWorkers(thresholds(max_requests=3))
    first, second = (limits.requests for limits in pair.limits)
    assert first.try_acquire()
    assert first.try_acquire()
    assert second.try_acquire()
    assert not first.try_acquire()
    assert not second.try_acquire()
    assert (pair.gauge(0, "rq_open"), pair.gauge(1, "rq_open")) == (1, 1)
    first.release()
    assert second.try_acquire()


def test_retry_budget_follows_the_load() -> None:
    assert retry_budget(0, 20.0, 3) == 3
    assert retry_budget(10, 20.0, 3) == 3
    assert retry_budget(100, 20.0, 3) == 20
    assert retry_budget(100, 12.5, 3) == 12


def test_retry_budget_counts_active_and_waiting_requests() -> None:
    limits, _ = alone(thresholds(retry_budget_percent=50.0, min_retry_concurrency=1))
    assert limits.retries.try_acquire()
    assert not limits.retries.try_acquire()
    for _ in range(2):
        limits.requests.acquire()
        limits.pending_requests.acquire()
    assert limits.retries.ceiling() == 2
    assert limits.retries.try_acquire()


def test_runtime_overrides_until_its_key_goes() -> None:
    limits, stats = alone(thresholds(max_requests=10))
    runtime = TableRuntime()
    runtime.values["circuit_breakers.api.default.max_requests"] = 0
    limits.read_runtime(runtime)
    assert not limits.requests.can_acquire()
    assert stats.gauges["cluster.api.circuit_breakers.default.rq_open"].value == 1
    runtime.values.clear()
    limits.read_runtime(runtime)
    assert limits.requests.ceiling() == 10


def test_releasing_what_was_not_taken_is_our_bug() -> None:
    limits, _ = alone(Thresholds())
    with pytest.raises(AssertionError):
        limits.requests.release()
