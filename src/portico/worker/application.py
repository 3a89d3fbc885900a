"""What a worker process runs, as the process layer sees it: changes in, reports out."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable, Sequence
from typing import Any

from portico.api.shared import SharedCells
from portico.ipc.messages import DrainChange, ListenerUpdate, Welcome


class Application:
    """Resources are serialized protobuf. What cannot be built raises ConfigError or ConfigErrors."""

    def update_cluster(self, name: str, cluster: bytes) -> None:
        raise NotImplementedError

    def remove_cluster(self, name: str) -> None:
        raise NotImplementedError

    def update_hosts(self, cluster: str, assignment: bytes) -> None:
        raise NotImplementedError

    def set_health(self, cluster: str, address: str, flags: int) -> None:
        raise NotImplementedError

    def update_listener(self, update: ListenerUpdate, sockets: Sequence[socket.socket]) -> None:
        """The sockets are the application's from here on, whatever comes of it."""
        raise NotImplementedError

    def remove_listener(self, name: str, drain_time_s: float) -> None:
        raise NotImplementedError

    def stop_listener(self, name: str) -> None:
        """Stop accepting, keep the connections."""
        raise NotImplementedError

    def set_runtime(self, values: dict[str, str]) -> None:
        raise NotImplementedError

    def set_drain(self, change: DrainChange) -> None:
        raise NotImplementedError

    def start(self) -> None:
        """All that main knew has been told; accept connections."""
        raise NotImplementedError

    def reopen_logs(self) -> None:
        raise NotImplementedError

    def count_watchdog_miss(self, is_mega: bool) -> None:
        """A turn of the loop took longer than the watchdog allows."""
        raise NotImplementedError

    def stats_changes(self) -> Any:
        """What changed since the last call, as plain values."""
        raise NotImplementedError

    def host_stats(self) -> Any:
        raise NotImplementedError

    def close(self) -> None:
        """The process is about to exit: write out what is buffered."""
        raise NotImplementedError


ApplicationFactory = Callable[[Welcome, SharedCells, asyncio.AbstractEventLoop], Application]
