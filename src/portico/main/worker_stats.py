"""The stats of main and all workers as one."""

from __future__ import annotations

from portico.admin.state import StatsSource
from portico.ipc.messages import Message, StatsReport, StatsRequest
from portico.main.supervisor import Supervisor
from portico.main.worker_handle import WorkerHandle
from portico.stats.delta import from_payload
from portico.stats.merged import MergedStats
from portico.stats.stats_config import StatsConfig
from portico.stats.store import StatsStore


class WorkerStats(StatsSource):
    """Adds up what each process told. What a dead worker had told stays in the counters."""

    def __init__(self, config: StatsConfig, own: StatsStore, supervisor: Supervisor) -> None:
        self.config = config
        self._own = own
        self._supervisor = supervisor
        self._merged = MergedStats()

    async def fresh(self) -> MergedStats:
        await self._supervisor.ask(StatsRequest)
        self._merged.apply("main", self._own.export())
        return self._merged

    def reset_counters(self) -> None:
        self._merged.reset_counters()

    def on_message(self, worker: WorkerHandle, message: Message) -> None:
        if isinstance(message, StatsReport):
            self._merged.apply(source_of(worker), from_payload(message.changes))

    def on_gone(self, worker: WorkerHandle) -> None:
        self._merged.lose(source_of(worker))


def source_of(worker: WorkerHandle) -> str:
    """A successor is another source: its slots are numbered anew."""
    return f"worker_{worker.index}.{worker.pid}"
