"""Cluster.connection_pool_per_downstream_connection: clients do not share connections to a host."""

from __future__ import annotations

from collections.abc import Callable

from portico.api.host import Host
from portico.api.upstream import Cancellable, ConnectionPool, UpstreamCallbacks
from portico.upstream.pool import Http1Pool
from portico.upstream.pool_context import PoolContext


class PoolPerDownstream(ConnectionPool):
    """A pool of its own for each downstream connection. It goes with its last connection, not with the client."""

    def __init__(self, host: Host, context: PoolContext) -> None:
        self._host = host
        self._context = context
        self._pools: dict[int, Http1Pool] = {}  # by the connection id of the client
        self._draining = 0
        self._on_drained: list[Callable[[], None]] = []

    def new_stream(self, callbacks: UpstreamCallbacks) -> Cancellable | None:
        client = callbacks.info.connection.connection_id if callbacks.info is not None else 0
        pool = self._pools.get(client)
        if pool is None:
            pool = self._pools[client] = Http1Pool(self._host, self._context)
            pool.on_empty = lambda: self._forget(client)
        return pool.new_stream(callbacks)

    def drain(self, on_drained: Callable[[], None]) -> None:
        self._on_drained.append(on_drained)
        pools = list(self._pools.values())
        self._draining += len(pools) + 1
        for pool in pools:
            pool.drain(self._on_one_drained)
        self._on_one_drained()

    def _on_one_drained(self) -> None:
        self._draining -= 1
        if self._draining == 0:
            callbacks, self._on_drained = self._on_drained, []
            for on_drained in callbacks:
                on_drained()

    def _forget(self, client: int) -> None:
        self._pools.pop(client, None)

    def __repr__(self) -> str:
        return f"PoolPerDownstream({self._host.address.text}: {len(self._pools)} pools)"
