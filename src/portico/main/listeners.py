"""The listeners of this process: what is configured, and the sockets main holds for it."""

from __future__ import annotations

from typing import Any, Final

from portico.admin.state import ListenerStatus
from portico.api.log import logger
from portico.ipc.messages import ListenersStop, ListenerUpdate
from portico.main.listen_sockets import BindError, BoundListener, bind_listener
from portico.main.supervisor import Supervisor
from portico.stats.process_stats import ListenerManagerStats

LOG: Final = logger("config", __name__)

INBOUND: Final = 1  # envoy.config.core.v3.TrafficDirection


class Listeners:
    """By name. First all are bound, then all listen: an address that is taken leaves nothing half-started."""

    def __init__(self, concurrency: int, supervisor: Supervisor, stats: ListenerManagerStats) -> None:
        self._concurrency = concurrency
        self._supervisor = supervisor
        self._stats = stats
        self._messages: dict[str, Any] = {}
        self._bound: dict[str, BoundListener] = {}
        self._stopped: set[str] = set()

    def bind(self, message: Any) -> None:
        """Raises BindError."""
        try:
            bound = bind_listener(message, self._concurrency)
        except BindError as error:
            LOG.error(f"listener '{message.name}' failed to bind or apply socket options: {error}")
            self._stats.listener_create_failure.add(self._concurrency)
            raise
        self._messages[message.name] = message
        self._bound[message.name] = bound
        self._stats.listener_added.add()
        self._stats.total_listeners_active.set(len(self._bound))

    def listen(self) -> None:
        """Accept from here on, and tell the workers. Raises BindError."""
        for name, bound in self._bound.items():
            try:
                bound.listen()
            except OSError as error:
                raise BindError(name, bound.addresses[0].text, error) from None
            addresses = tuple((each.ip, each.port, each.path) for each in bound.addresses)
            serialized = self._messages[name].SerializeToString(deterministic=True)
            update = ListenerUpdate(self._supervisor.ticket(), name, serialized, addresses)
            self._supervisor.tell(update, bound.rows)
            self._stats.listener_create_success.add(self._concurrency)

    def names(self, *, inbound_only: bool = False) -> tuple[str, ...]:
        wanted = self._messages.values()
        return tuple(each.name for each in wanted if not inbound_only or each.traffic_direction == INBOUND)

    def status(self) -> list[ListenerStatus]:
        return [ListenerStatus(name, tuple(bound.addresses)) for name, bound in self._bound.items()]

    def stop(self, names: tuple[str, ...]) -> None:
        """Accept no more, here and in the workers. The listeners stay listed, as in Envoy."""
        self._supervisor.tell(ListenersStop(names))
        for name in names:
            if name not in self._stopped:
                self._stopped.add(name)
                self._bound[name].close()
                self._stats.listener_stopped.add()

    def close_all(self) -> None:
        """Let go of the sockets: the process ends."""
        for bound in self._bound.values():
            bound.close()
