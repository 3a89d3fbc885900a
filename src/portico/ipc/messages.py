"""What main and a worker say to each other: one small class a message, each a change, never the world.

A message travels as the marshalled tuple (code, field, field, …). marshal reads back only plain values, so a message's
fields are ints, strings, bytes, and tuples or dicts of these; its format may differ between Python versions, which does
not matter between processes of one program. Resources travel as the serialized protobuf they arrived in.
"""

from __future__ import annotations

import marshal
from dataclasses import dataclass, fields
from typing import Any, Final


@dataclass(frozen=True)
class Message:
    """A change, a question or an answer."""


# Main to worker.


@dataclass(frozen=True)
class Welcome(Message):
    """The first message: who the worker is. Carries the shared table's descriptor."""

    index: int  # 0 … concurrency - 1; a successor keeps its predecessor's
    concurrency: int
    main_pid: int
    node: tuple[str, str, str, str]  # id, cluster, zone, an IP address that others reach it at
    log: tuple[str, bool, str]  # pattern, escaped, path ("" = stderr)
    flush: tuple[int, int]  # access logs: interval in ms, minimum size in KiB
    watchdog: tuple[int, int]  # ms a turn of the loop may take before it is a miss, a mega miss
    drain: tuple[int, bool]  # seconds, gradual
    stats_config: bytes  # envoy.config.metrics.v3.StatsConfig


@dataclass(frozen=True)
class LogLevels(Message):
    levels: dict[str, int]


@dataclass(frozen=True)
class RuntimeValues(Message):
    """The merged runtime, whole: it is small, and a key that vanished must vanish."""

    values: dict[str, str]


@dataclass(frozen=True)
class Cells(Message):
    """Shared-table cells by name. Sent before the resources that count in them."""

    cells: dict[str, int]


@dataclass(frozen=True)
class ClusterUpdate(Message):
    """Add or replace a cluster. Answered by Applied or Failed, as are all messages with a ticket."""

    ticket: int
    name: str
    cluster: bytes  # envoy.config.cluster.v3.Cluster


@dataclass(frozen=True)
class ClusterRemoval(Message):
    name: str


@dataclass(frozen=True)
class HostsUpdate(Message):
    """The hosts of a cluster whose discovery main does: all of them, resolved."""

    cluster: str
    assignment: bytes  # envoy.config.endpoint.v3.ClusterLoadAssignment; every address an IP or a pipe


@dataclass(frozen=True)
class HealthFlip(Message):
    """One host's health flags changed."""

    cluster: str
    address: str
    flags: int


@dataclass(frozen=True)
class ListenerUpdate(Message):
    """Add or replace a listener. Carries this worker's sockets, one for each of its addresses."""

    ticket: int
    name: str
    listener: bytes  # envoy.config.listener.v3.Listener
    addresses: tuple[tuple[str, int, str], ...]  # ip, port, path the sockets are bound to: port 0 has become a port


@dataclass(frozen=True)
class ListenerRemoval(Message):
    """Stop accepting; let connections finish for ``drain_time_s``, then close them."""

    name: str
    drain_time_s: float


@dataclass(frozen=True)
class ListenersStop(Message):
    """Close the listening sockets of these listeners and keep their connections: /drain_listeners."""

    names: tuple[str, ...]


@dataclass(frozen=True)
class DrainChange(Message):
    """The process starts or stops telling its clients to go elsewhere."""

    is_draining: bool
    health_check_failed: bool


@dataclass(frozen=True)
class ReopenLogs(Message):
    pass


@dataclass(frozen=True)
class ConfigurationEnd(Message):
    """Everything before this is what the worker starts with. Answered by Ready."""


@dataclass(frozen=True)
class StatsRequest(Message):
    ticket: int


@dataclass(frozen=True)
class HostStatsRequest(Message):
    ticket: int


# Worker to main.


@dataclass(frozen=True)
class Ready(Message):
    """Accepting on every listener it was given."""


@dataclass(frozen=True)
class Applied(Message):
    ticket: int


@dataclass(frozen=True)
class Failed(Message):
    ticket: int
    reason: str


@dataclass(frozen=True)
class StatsReport(Message):
    """What changed in the worker's stats since its last report."""

    ticket: int
    changes: Any


@dataclass(frozen=True)
class HostStatsReport(Message):
    ticket: int
    clusters: Any


# Main to starter, and back.


@dataclass(frozen=True)
class Preload(Message):
    """Import these before forking anyone else."""

    modules: tuple[str, ...]


@dataclass(frozen=True)
class Spawn(Message):
    """Fork a worker. Carries its end of the channel."""

    ticket: int
    name: str


@dataclass(frozen=True)
class Spawned(Message):
    ticket: int
    pid: int


# The position is the code on the wire; both ends run the same source.
KINDS: Final[tuple[type[Message], ...]] = (
    Welcome,
    LogLevels,
    RuntimeValues,
    Cells,
    ClusterUpdate,
    ClusterRemoval,
    HostsUpdate,
    HealthFlip,
    ListenerUpdate,
    ListenerRemoval,
    ListenersStop,
    DrainChange,
    ReopenLogs,
    ConfigurationEnd,
    StatsRequest,
    HostStatsRequest,
    Ready,
    Applied,
    Failed,
    StatsReport,
    HostStatsReport,
    Preload,
    Spawn,
    Spawned,
)
CODES: Final = {kind: code for code, kind in enumerate(KINDS)}
FIELDS: Final = {kind: tuple(field.name for field in fields(kind)) for kind in KINDS}


def encode(message: Message) -> bytes:
    kind = type(message)
    return marshal.dumps((CODES[kind], *[getattr(message, name) for name in FIELDS[kind]]))


def decode(data: bytes) -> Message:
    """ValueError if the bytes are not a message: the channel is out of step, and of no more use."""
    try:
        code, *values = marshal.loads(data)  # noqa: S302 - the peer is a process we started
        kind: type[Message] = KINDS[code]
        return kind(*values)
    except (ValueError, TypeError, EOFError, IndexError) as error:
        raise ValueError(f"not a message: {error}") from None
