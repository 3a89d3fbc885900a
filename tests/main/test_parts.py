"""The parts of main, put together without a worker. With workers: test_server, and tests/integration."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from typing import Any

import pytest

from portico.admin.state import ProcessState
from portico.api.errors import ConfigErrors
from portico.main.parts import Parts
from portico.main.starter import Starter, StarterProcess
from tests.main.configs import loaded, options


def run(text: str, body: Callable[[Parts], Coroutine[Any, Any, None]]) -> None:
    async def in_loop() -> None:
        loop = asyncio.get_running_loop()
        ours, theirs = socket.socketpair()
        starter = Starter(loop, StarterProcess(0, ours), [])
        try:
            parts = Parts(options(text), loop, starter, loaded(text))
            await body(parts)
            await parts.stop()
        finally:
            starter.stop()
            theirs.close()

    asyncio.run(in_loop())


def test_states_are_stats_too() -> None:
    async def body(parts: Parts) -> None:
        seen = []
        for state in (ProcessState.PRE_INITIALIZING, ProcessState.INITIALIZING, ProcessState.LIVE):
            parts.enter(state)
            seen.append((parts.process.state(), parts.own.server.state.value, parts.own.server.live.value))
        assert seen == [
            (ProcessState.PRE_INITIALIZING, 2, 0),
            (ProcessState.INITIALIZING, 3, 0),
            (ProcessState.LIVE, 0, 1),
        ]
        assert len(parts.own.server.initialization_time_ms.pending) == 1  # how long it took, once

    run("{}", body)


def test_a_flush_measures_and_closes_the_interval() -> None:
    async def body(parts: Parts) -> None:
        await parts.flush_stats()
        merged = await parts.stats.fresh()
        assert merged.value("server.memory_physical_size") > 1_000_000
        assert merged.value("server.concurrency") == 1

    run("{}", body)


def test_flushes_as_often_as_configured() -> None:
    async def body(parts: Parts) -> None:
        flushing = asyncio.create_task(parts.flush_stats_forever())
        while not parts.own.server.memory_physical_size.value:
            await asyncio.sleep(0.001)
        flushing.cancel()

    run("stats_flush_interval: 0.001s", body)


def test_clusters_are_told_after_the_numbers_they_share() -> None:
    text = "static_resources: {clusters: [{name: c, connect_timeout: 1s}]}"

    async def body(parts: Parts) -> None:
        read = loaded(text)
        parts.trial.static_resources(read)
        parts.tell_clusters(read.bootstrap.static_resources.clusters)
        told = [type(message).__name__ for message, _ in parts.supervisor._state.replay(0)]
        assert told == ["LogLevels", "RuntimeValues", "Cells", "ClusterUpdate"]
        assert parts.own.cluster_manager.active_clusters.value == 1

    run(text, body)


def test_a_section_that_is_wrong_is_told() -> None:
    async def nothing(parts: Parts) -> None:
        raise AssertionError("must not be reached")

    with pytest.raises(ConfigErrors, match="layered_runtime"):
        run("layered_runtime: {layers: [{name: a, admin_layer: {}}, {name: b, admin_layer: {}}]}", nothing)
