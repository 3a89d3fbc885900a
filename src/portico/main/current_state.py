"""The last word on every subject that workers are told about: what a worker that starts later must hear."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from typing import Final

from portico.ipc.messages import (
    Cells,
    ClusterRemoval,
    ClusterUpdate,
    DrainChange,
    HealthFlip,
    HostsUpdate,
    ListenerRemoval,
    ListenersStop,
    ListenerUpdate,
    LogLevels,
    Message,
    RuntimeValues,
)

# What later messages refer to comes first: cells before clusters, clusters before their hosts and listeners.
ORDER: Final[tuple[type[Message], ...]] = (
    LogLevels,
    RuntimeValues,
    DrainChange,
    Cells,
    ClusterUpdate,
    HostsUpdate,
    HealthFlip,
    ListenerUpdate,
)
Key = tuple[str, ...]
SocketRows = Sequence[Sequence[socket.socket]]  # for each worker, its sockets


class CurrentState:
    """Messages by subject; a later one on the same subject replaces the earlier."""

    def __init__(self) -> None:
        self._messages: dict[type[Message], dict[Key, Message]] = {kind: {} for kind in ORDER}
        self._sockets: dict[str, SocketRows] = {}
        self._cells: dict[str, int] = {}

    def record(self, message: Message, sockets: SocketRows = ()) -> None:
        match message:
            case ClusterRemoval(name):
                for kind in (ClusterUpdate, HostsUpdate, HealthFlip):
                    self._forget(kind, name)
            case ListenerRemoval(name, _):
                self._forget(ListenerUpdate, name)
                self._sockets.pop(name, None)
            case ListenersStop(names):
                for name in names:
                    self._forget(ListenerUpdate, name)
                    self._sockets.pop(name, None)
            case Cells(cells):
                self._cells |= cells
                self._messages[Cells][()] = Cells(self._cells)
            case _:
                if type(message) in self._messages:
                    self._messages[type(message)][subject(message)] = message
        if isinstance(message, ListenerUpdate):
            self._sockets[message.name] = sockets

    def replay(self, worker: int) -> Iterator[tuple[Message, list[int]]]:
        """Everything, in order, with the descriptors of this worker."""
        for kind in ORDER:
            for message in list(self._messages[kind].values()):
                descriptors: list[int] = []
                if isinstance(message, ListenerUpdate):
                    rows = self._sockets[message.name]
                    descriptors = [each.fileno() for each in rows[worker]] if rows else []
                yield message, descriptors

    def _forget(self, kind: type[Message], name: str) -> None:
        kept = {key: message for key, message in self._messages[kind].items() if key[0] != name}
        self._messages[kind] = kept


def subject(message: Message) -> Key:
    match message:
        case ClusterUpdate(_, name, _) | ListenerUpdate(_, name, _, _):
            return (name,)
        case HostsUpdate(cluster, _):
            return (cluster,)
        case HealthFlip(cluster, address, _):
            return (cluster, address)
        case _:
            return ()
