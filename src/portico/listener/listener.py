"""One listener on one worker: what it accepts becomes connections with filter chains."""

from __future__ import annotations

from typing import Any

from portico.listener.active_connections import ActiveConnections
from portico.listener.admission import ConnectionAdmission
from portico.listener.config import ListenerConfig
from portico.listener.connection_limits import ConnectionLimits
from portico.net.accept import AcceptOptions, Acceptor, AcceptServices
from portico.net.exact_balance import ExactBalance
from portico.net.socket_options import keepalive
from portico.stats.listener_stats import ListenerStats


class Listener:
    """``start`` once, then ``stop_accepting`` (connections live on) and ``close`` (they do not)."""

    def __init__(self, config: ListenerConfig) -> None:
        self.config = config
        self.name = config.name
        self.stats = ListenerStats(config.scope)
        self._limits = ConnectionLimits(config.name, config.server, config.ignores_global_limit)
        self.connections = ActiveConnections(config, self.stats, self._limits)
        self._admission = ConnectionAdmission(config, self.stats, self._limits, self.connections)
        self._balance = exact_balance(config, self._limits) if config.is_exactly_balanced else None
        self._acceptor: Acceptor | None = None

    def start(self, services: AcceptServices, sockets: list[Any]) -> None:
        """Accept from ``sockets``, which are bound, one an address, and from here on this object's to close."""
        config = self.config
        options = AcceptOptions(config.buffer_limit_bytes, self.stats.connections_accepted_per_socket_event)
        if config.backlog:
            options.backlog = config.backlog
        if config.keepalive is not None:
            options.socket_options = keepalive(*config.keepalive)
        options.balance = self._balance
        self._acceptor = Acceptor(services, self._admission, options)
        for one in sockets:
            self._acceptor.listen(one)

    def pause_accepting(self) -> None:
        """Leave connections in the kernel's queue until ``resume_accepting``."""
        if self._acceptor is not None:
            self._acceptor.pause()

    def resume_accepting(self) -> None:
        if self._acceptor is not None:
            self._acceptor.resume()

    def stop_accepting(self) -> None:
        """Close the listening sockets and keep the connections."""
        if self._acceptor is not None:
            self._acceptor.close()
            self._acceptor = None

    def drain(self) -> None:
        """Tell clients to go elsewhere: HTTP responses from here on end their connections."""
        self.config.drain.is_draining = True

    def close(self) -> None:
        self.stop_accepting()
        self._admission.close_waiting()
        self.connections.close_all()

    def __repr__(self) -> str:
        return f"Listener({self.name!r}, {[each.text for each in self.config.addresses]}, {len(self.connections)})"


def exact_balance(config: ListenerConfig, limits: ConnectionLimits) -> ExactBalance:
    """Needed before the listener starts: main's trial names the columns of the cells that are asked for here."""
    cells = config.server.cells
    doors = cells.cell(f"listener.{config.name}.doors")
    return ExactBalance(limits.connections, doors, cells.heartbeat, config.server.clock)
