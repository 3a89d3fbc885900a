"""Listener.connection_balance_config.exact_balance: the worker with the fewest connections has the next one.

All workers wait at one listening socket, and none accepts while another has fewer connections. The order of accepting
alone keeps them level: no connection is ever handed from one process to another. As in Envoy, one that closes leaves
the others where they are.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from enum import Enum
from typing import Any, Final

from portico.api.clock import Clock
from portico.api.log import logger
from portico.api.shared import SharedCell
from portico.api.sparse_log import SparseLog
from portico.net.connection import run_detached

RETRY_S: Final = 0.001  # the finest step of the loop's timers
# A worker whose loop stood still for so long is left out: it must not stop all the others. Five beats of ipc.watchdog.
PATIENCE_S: Final = 0.5
STEP_BACK_S: Final = 0.1
# A worker that replaces a dead one owes many: it serves those it has in between.
MAX_ACCEPTS: Final = 16


def rows_ahead(own: int, index: int, shares: list[int], doors: list[int]) -> list[int]:
    """The workers that accept and have fewer connections than ``own``, those of worker ``index``."""
    return [row for row, share in enumerate(shares) if share < own and doors[row] > 0 and row != index]


class ExactBalance:
    """Whose turn it is at one listener. Each worker writes its own numbers and reads those of all.

    A neighbour's number may be a moment too small: then we wait in vain for one retry. It is never too large.
    """

    def __init__(self, connections: SharedCell, doors: SharedCell, heartbeat: SharedCell, clock: Clock) -> None:
        self._connections = connections  # kept by who admits them
        self._doors = doors  # listening sockets that are accepted from; a row of a dead worker is zero
        self._heartbeat = heartbeat
        self._clock = clock
        self._arriving = 0  # accepted here, not yet counted in ``connections``

    def open_door(self) -> None:
        self._doors.add(1)

    def close_door(self) -> None:
        self._doors.add(-1)

    def begin_arrival(self) -> None:
        self._arriving += 1

    def end_arrival(self) -> None:
        """Admitted and counted, or lost."""
        self._arriving -= 1

    def is_our_turn(self) -> bool:
        shares = self._connections.shares()
        index = self._connections.index
        ahead = rows_ahead(shares[index] + self._arriving, index, shares, self._doors.shares())
        if not ahead:
            return True
        beats_ms = self._heartbeat.shares()
        hung_before_ms = (self._clock.now() - PATIENCE_S) * 1000.0
        return all([beats_ms[row] < hung_before_ms for row in ahead])


class ServerState(Enum):
    """WAITING for its turn, ALOOF while it cannot accept: then its turn passes to the others."""

    WATCHING = 1
    WAITING = 2
    ALOOF = 3
    CLOSED = 4


class BalancedServer:
    """Stands where asyncio's Server does, on a listening socket that is its own to close.

    A process without free descriptors leaves what comes to the others, and in the kernel's queue if they have none.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: Clock,
        one: socket.socket,
        protocol: Callable[[], Any],
        balance: ExactBalance,
    ) -> None:
        self._loop = loop
        self._socket = one
        self._protocol = protocol
        self._balance = balance
        self._log = SparseLog(logger("conn_handler", __name__), clock)
        self._timer: asyncio.TimerHandle | None = None
        self._state = ServerState.ALOOF
        self._watch()

    def close(self) -> None:
        """Idempotent. What was accepted still arrives."""
        if self._state is ServerState.CLOSED:
            return
        if self._state is not ServerState.ALOOF:
            self._balance.close_door()
        if self._timer is not None:
            self._timer.cancel()
        self._loop.remove_reader(self._socket.fileno())
        self._state = ServerState.CLOSED
        self._socket.close()

    def _watch(self) -> None:
        if self._state is ServerState.ALOOF:
            self._balance.open_door()
        self._state = ServerState.WATCHING
        self._loop.add_reader(self._socket.fileno(), self._on_readable)

    def _on_readable(self) -> None:
        for _ in range(MAX_ACCEPTS):
            if not self._balance.is_our_turn():
                self._rest(ServerState.WAITING, RETRY_S)
                return
            try:
                accepted, _peer = self._socket.accept()
            except BlockingIOError:
                return  # another worker was faster
            except ConnectionAbortedError:
                continue
            except OSError as error:
                self._step_back(error)
                return
            accepted.setblocking(False)
            self._balance.begin_arrival()
            run_detached(self._loop, self._admit(accepted))

    def _rest(self, state: ServerState, delay_s: float) -> None:
        """A socket that is readable would wake us in every turn of the loop."""
        self._loop.remove_reader(self._socket.fileno())
        self._state = state
        self._timer = self._loop.call_later(delay_s, self._watch)

    def _step_back(self, error: OSError) -> None:
        self._balance.close_door()
        reason = os.strerror(error.errno) if error.errno else str(error)
        self._log.error(f"accept: {reason}; connections are left to other workers for {STEP_BACK_S:g} s")
        self._rest(ServerState.ALOOF, STEP_BACK_S)

    async def _admit(self, accepted: socket.socket) -> None:
        """The transport takes the socket over and announces itself, as those of asyncio's Server do."""
        try:
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError as error:
            accepted.close()
            self._log.error(f"an accepted connection is lost: {error}")
        finally:
            self._balance.end_arrival()
