"""What runs in main runs in."""

import asyncio
from pathlib import Path

from portico.main.surroundings import Surroundings
from portico.stats.store import StatsStore
from tests.main.configs import loaded, options

TEXT = "node: {id: node-1, cluster: c, locality: {zone: z}}"


def test_is_the_node_that_was_configured_and_writes_its_own_logs(tmp_path: Path) -> None:
    async def run() -> None:
        store = StatsStore()
        made = Surroundings(options(TEXT), loaded(TEXT).bootstrap, asyncio.get_running_loop(), store)
        info = made.context.local_info
        assert (info.node_id, info.cluster, info.zone) == ("node-1", "c", "z")
        assert made.context.worker_name == "main_thread"
        assert made.context.cluster_manager.get("any") is None
        made.runtime.load({"a": "1"})
        assert made.context.runtime.integer("a", 0) == 1
        made.logs.open(str(tmp_path / "log")).write(b"line\n")
        made.logs.close()

    asyncio.run(run())
    assert (tmp_path / "log").read_bytes() == b"line\n"
