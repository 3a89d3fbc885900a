"""A loop that was held up is counted, once for each limit it passed."""

import asyncio
import time

import pytest
import uvloop

from portico.ipc.watchdog import Watchdog


def misses_of(held_up_s: float, *, uses_uvloop: bool) -> list[bool]:
    misses: list[bool] = []
    touches: list[int] = []

    async def body() -> None:
        watchdog = Watchdog(asyncio.get_running_loop(), (150, 300), misses.append, touches.append)
        watchdog.start()
        await asyncio.sleep(0.001)
        time.sleep(held_up_s)
        await asyncio.sleep(0.12)
        watchdog.stop()

    factory = uvloop.new_event_loop if uses_uvloop else asyncio.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        runner.run(body())
    assert len(touches) >= 2
    return misses


@pytest.mark.parametrize("uses_uvloop", [False, True], ids=["asyncio", "uvloop"])
@pytest.mark.parametrize(
    ("held_up_s", "misses"), [(0.2, [False]), (0.35, [False, True])], ids=["a miss", "a mega miss too"]
)
def test_a_loop_that_is_held_up_is_counted(held_up_s: float, misses: list[bool], uses_uvloop: bool) -> None:
    assert misses_of(held_up_s, uses_uvloop=uses_uvloop)[: len(misses)] == misses
