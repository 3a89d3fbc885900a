"""Watches the workers' heartbeats: a worker that is stuck is named, and killed if the configuration says so.

Envoy's guard dog ends the whole process at kill_timeout; here a successor takes the stuck worker's place.
"""

from __future__ import annotations

import asyncio
from typing import Final

from portico.api.log import logger
from portico.ipc.shared_table import HEARTBEAT, SharedTable
from portico.main.supervisor import Supervisor
from portico.main.worker_handle import WorkerHandle, WorkerState

LOG: Final = logger("main", __name__)

CHECK_S: Final = 0.25
# Nothing that a worker does in order takes this long.
STUCK_MS: Final = 5000


class GuardDog:
    """``kill_ms`` 0 = never kill."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, table: SharedTable, supervisor: Supervisor, kill_ms: int
    ) -> None:
        self._loop = loop
        self._table = table
        self._supervisor = supervisor
        self._kill_ms = kill_ms
        self._told: set[WorkerHandle] = set()

    async def watch(self) -> None:
        while True:
            await asyncio.sleep(CHECK_S)
            for worker in self._supervisor.workers:
                if worker.state is WorkerState.READY:
                    self.check(worker, int(self._loop.time() * 1000) - self._table.row(worker.index)[HEARTBEAT])
            self._told &= set(self._supervisor.workers)

    def check(self, worker: WorkerHandle, silent_ms: int) -> None:
        if self._kill_ms and silent_ms >= self._kill_ms:
            LOG.critical(f"worker {worker.index} (pid {worker.pid}) has been stuck for {silent_ms} ms; killing it")
            worker.kill()
        elif silent_ms < STUCK_MS:
            self._told.discard(worker)
        elif worker not in self._told:
            self._told.add(worker)
            LOG.error(f"worker {worker.index} (pid {worker.pid}) has been stuck for {silent_ms} ms")
