"""One sum of what main and all workers count."""

import asyncio
import socket

from portico.ipc.messages import StatsReport, StatsRequest
from portico.main.worker_handle import WorkerHandle
from portico.main.worker_stats import WorkerStats
from portico.stats.stats_config import StatsConfig
from portico.stats.store import StatsStore
from tests.main.recording import RecordingSupervisor


def worker(index: int, pid: int) -> WorkerHandle:
    ours, theirs = socket.socketpair()
    handle = WorkerHandle(index, asyncio.get_running_loop(), ours, lambda _, message: None, lambda _: None)
    handle.pid = pid
    handle.channel.close()
    theirs.close()
    return handle


def test_adds_up_and_keeps_what_the_dead_counted() -> None:
    async def body() -> None:
        own, supervisor = StatsStore(), RecordingSupervisor()
        stats = WorkerStats(StatsConfig(), own, supervisor)
        own.counter("main.c").add(1)
        stores = [StatsStore(), StatsStore()]
        workers = [worker(0, 100), worker(1, 101)]
        for store, handle in zip(stores, workers, strict=True):
            store.counter("http.rq").add(5)
            store.gauge("http.active").set(2)
            stats.on_message(handle, StatsReport(1, store.export().payload()))
        merged = await stats.fresh()
        assert supervisor.asked == [StatsRequest(1)]
        assert (merged.value("main.c"), merged.value("http.rq"), merged.value("http.active")) == (1, 10, 4)

        stats.on_gone(workers[0])
        merged = await stats.fresh()
        assert (merged.value("http.rq"), merged.value("http.active")) == (10, 2)

        successor = StatsStore()
        successor.counter("http.rq").add(1)
        stats.on_message(worker(0, 102), StatsReport(2, successor.export().payload()))
        assert (await stats.fresh()).value("http.rq") == 11
        stats.reset_counters()
        assert (await stats.fresh()).value("http.rq") == 0

    asyncio.run(body())
