"""What happens to a connection between accept and its filter chain: limits, listener filters, the choice."""

from __future__ import annotations

from portico.api.listener_filter import ListenerFilter
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import ConnectionInfo
from portico.listener.active_connections import ActiveConnections
from portico.listener.config import ListenerConfig
from portico.listener.connection_limits import Admission, ConnectionLimits
from portico.listener.pending_connection import PendingConnection, PendingOutcome, PendingOwner
from portico.net.accept import AcceptHandler
from portico.net.connection import TcpConnection
from portico.stats.listener_stats import ListenerStats


class ConnectionAdmission(AcceptHandler):
    """Every connection of one listener on one worker comes through here."""

    def __init__(
        self, config: ListenerConfig, stats: ListenerStats, limits: ConnectionLimits, connections: ActiveConnections
    ) -> None:
        self._config = config
        self._stats = stats
        self._limits = limits
        self._connections = connections
        self._waiting_room = WaitingRoom(self, config, stats)

    def on_accept(self, connection: TcpConnection) -> None:
        admission = self._limits.admit()
        if admission is not Admission.WELCOME:
            self._refuse(connection, admission)
            return
        self._limits.acquire()
        config = self._config
        info = connection.info
        info.listener_name = config.name
        info.listener_metadata = config.metadata
        if config.listener_filters:
            self._waiting_room.add(connection)
        else:
            self.attach(connection, b"")

    def on_accept_failure(self, connection: TcpConnection, error: Exception) -> None:
        self.count_exception("accept", error)

    def attach(self, connection: TcpConnection, received: bytes) -> None:
        """Choose the chain and tell its filters; ``received`` came while listener filters were looking."""
        chosen = self._config.chains.choose(connection.info)
        if chosen is None:
            self._stats.no_filter_chain_match.value += 1
            self.turn_away(connection, ResponseFlag.NO_ROUTE_FOUND)
            return
        if not chosen.slots:
            # Source: envoy source/common/listener_manager/active_stream_listener_base.cc: "no_filters".
            self._connections.count_without_filters()
            self.turn_away(connection, None)
            return
        chain = self._connections.add(connection, chosen)
        chain.start()
        if received and connection.is_open():
            chain.on_data(received, False)

    def turn_away(self, connection: TcpConnection, flag: ResponseFlag | None) -> None:
        """Close a connection that counted against the limits and gets no filters."""
        connection.drop()
        self._limits.release()
        info = self._connections.stream_info(connection.info)
        if flag is not None:
            info.add_flag(flag)
            info.response_code_details = "filter_chain_not_found"
        self._connections.log(info)

    def count_exception(self, where: str, error: Exception) -> None:
        self._connections.count_exception(self._config.scope, where, error)

    def close_waiting(self) -> None:
        self._waiting_room.close_all()

    def _refuse(self, connection: TcpConnection, admission: Admission) -> None:
        if admission is Admission.OVER_GLOBAL_LIMIT:
            self._stats.downstream_global_cx_overflow.value += 1
        else:
            self._stats.downstream_cx_overflow.value += 1
        connection.drop()


class WaitingRoom(PendingOwner):
    """The connections whose listener filters want more bytes."""

    def __init__(self, admission: ConnectionAdmission, config: ListenerConfig, stats: ListenerStats) -> None:
        self._admission = admission
        self._config = config
        self._stats = stats
        self._waiting: dict[PendingConnection, None] = {}

    def add(self, connection: TcpConnection) -> None:
        pending = PendingConnection(self, connection, self._filters(connection.info))
        self._waiting[pending] = None
        self._stats.downstream_pre_cx_active.add()
        pending.start(self._config.server.clock, self._config.listener_filters_timeout_s)

    def close_all(self) -> None:
        for pending in list(self._waiting):
            pending.withdraw()
            self._leave(pending)
            self._admission.turn_away(pending.connection, None)

    def on_settled(self, pending: PendingConnection, outcome: PendingOutcome) -> None:
        self._leave(pending)
        connection = pending.connection
        stats = self._stats
        if outcome is PendingOutcome.TIMEOUT:
            stats.downstream_pre_cx_timeout.value += 1
        elif outcome is PendingOutcome.REJECTED:
            stats.downstream_listener_filter_error.value += 1
        elif outcome is PendingOutcome.REMOTE_CLOSE:
            stats.downstream_listener_filter_remote_close.value += 1
        is_late_but_welcome = outcome is PendingOutcome.TIMEOUT and self._config.continues_on_listener_filters_timeout
        if outcome is PendingOutcome.PASSED or is_late_but_welcome:
            self._admission.attach(connection, pending.remaining())
        else:
            self._admission.turn_away(connection, None)

    def on_filter_exception(self, pending: PendingConnection, error: Exception) -> None:
        self._admission.count_exception("listener filter", error)

    def _filters(self, info: ConnectionInfo) -> list[ListenerFilter]:
        return [
            slot.factory()
            for slot in self._config.listener_filters
            if slot.disabled is None or not slot.disabled.matches(info)
        ]

    def _leave(self, pending: PendingConnection) -> None:
        del self._waiting[pending]
        self._stats.downstream_pre_cx_active.sub()
