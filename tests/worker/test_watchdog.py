"""A loop that was held up is counted, once for each limit it passed."""

import asyncio
import time

from portico.ipc.shared_table import HEARTBEAT, create_table
from portico.worker.application import Application
from portico.worker.watchdog import Watchdog


class Counting(Application):
    def __init__(self) -> None:
        self.misses: list[bool] = []

    def count_watchdog_miss(self, is_mega: bool) -> None:
        self.misses.append(is_mega)


def misses_of(held_up_s: float) -> list[bool]:
    application = Counting()

    async def body() -> None:
        row = create_table(1).row(0)
        watchdog = Watchdog(asyncio.get_running_loop(), application, row, (150, 300))
        watchdog.start()
        assert abs(row[HEARTBEAT] / 1000 - time.monotonic()) < 1
        time.sleep(held_up_s)
        await asyncio.sleep(0.01)

    asyncio.run(body())
    return application.misses


def test_a_short_wait_is_no_miss() -> None:
    assert misses_of(0.0) == []


def test_a_long_wait_is_a_miss() -> None:
    assert misses_of(0.2) == [False]


def test_a_longer_one_also_a_mega_miss() -> None:
    assert misses_of(0.35) == [False, True]
