"""Main decides whether a resource is good by building it exactly as a worker would, without a worker's effects."""

from __future__ import annotations

import asyncio
import itertools
from typing import Any

from portico.api.context import LocalInfo, ServerContext
from portico.api.errors import Problems
from portico.config.load import LoadedBootstrap
from portico.ipc.random import BatchedRandom
from portico.ipc.runtime import RuntimeSnapshot
from portico.ipc.shared_table import AllocatingCells, ColumnNames
from portico.listener import from_proto as listener_from_proto
from portico.main.pipe_paths import too_long_paths
from portico.main.sections import raise_located
from portico.net.connect import LoopConnector
from portico.net.timers import SlotClock
from portico.stats.store import StatsStore
from portico.upstream.cluster_manager import WorkerClusterManager


class Trial:
    """``columns`` takes down the shared numbers that what is built will count in."""

    def __init__(self, bootstrap: Any, loop: asyncio.AbstractEventLoop, columns: ColumnNames) -> None:
        node = bootstrap.node
        clock = SlotClock(loop)
        self._clusters = WorkerClusterManager(LoopConnector(loop, clock, itertools.count(1).__next__))
        self._context = ServerContext(
            StatsStore(),
            clock,
            BatchedRandom(),
            RuntimeSnapshot(),
            self._clusters,
            LocalInfo(node.id, node.cluster, node.locality.zone),
        )
        self._context.cells = AllocatingCells(columns)
        self._context.is_validating = True
        self._clusters.attach(self._context)

    def static_resources(self, loaded: LoadedBootstrap) -> None:
        """Raises ConfigErrors: everything that cannot be built, each with its place in the file."""
        problems = Problems()
        problems.errors += too_long_paths(loaded.bootstrap)
        resources = loaded.bootstrap.static_resources
        for index, cluster in enumerate(resources.clusters):
            with problems.at(f"static_resources.clusters[{index}]", f"cluster '{cluster.name}'"):
                self._clusters.add_or_update(cluster)
        for index, listener in enumerate(resources.listeners):
            with problems.at(f"static_resources.listeners[{index}]", f"listener '{listener.name}'"):
                listener_from_proto.listener(listener, self._context)
        raise_located(problems, loaded.positions)
