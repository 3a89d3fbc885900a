from portico.api.connection import CloseType, Connection, ConnectionEvent
from portico.api.host import Host
from portico.api.upstream import Cancellable, PoolFailure, TcpCallbacks
from portico.net.connection import TcpConnection
from portico.upstream.cluster import ActiveCluster
from tests.upstream.surroundings import Process, RecordingHandler, open_connection, static


class Proxy(TcpCallbacks):
    """A TCP proxy's ear."""

    def __init__(self) -> None:
        self.handler = RecordingHandler()
        self.failures: list[tuple[PoolFailure, str]] = []
        self.connection: Connection | None = None
        self.closes_at_once = False

    def on_connected(self, connection: Connection, host: Host) -> None:
        self.connection = connection
        connection.handler = self.handler
        if self.closes_at_once:
            connection.close(CloseType.NO_FLUSH)

    def on_connect_failure(self, failure: PoolFailure, detail: str, host: Host | None) -> None:
        self.failures.append((failure, detail))


class Dialogue:
    """One cluster of one host, and a proxy that connects to it."""

    def __init__(self, **thresholds: int) -> None:
        self.process = Process()
        fields = {"circuit_breakers": {"thresholds": [thresholds]}} if thresholds else {}
        self.cluster: ActiveCluster = self.process.add(static(80), **fields)
        self.host = self.cluster.priorities.hosts()[0]
        self.proxy = Proxy()

    def connect(self) -> Cancellable | None:
        return self.cluster.connect(self.host, self.proxy)

    def succeed(self) -> TcpConnection:
        connection = open_connection()
        self.process.connector.attempts[-1].handler.on_connected(connection)
        return connection

    def stats(self) -> dict[str, int]:
        changed = self.process.changed("cluster.api.upstream_")
        assert self.process.value("cluster.api.upstream_rq_pending_active") >= 0
        return changed


def test_open_connection_is_counted_as_one_request() -> None:
    """The same stats as Envoy 1.40's after one connection through tcp_proxy."""
    dialogue = Dialogue()
    assert dialogue.connect() is not None
    assert dialogue.process.value("cluster.api.upstream_rq_pending_active") == 1
    dialogue.process.clock.advance(0.25)
    dialogue.succeed()
    assert dialogue.stats() == {
        "cx_active": 1, "cx_total": 1, "rq_active": 1, "rq_pending_total": 1, "rq_total": 1,
    }  # fmt: skip
    host = dialogue.host
    assert (host.cx_active, host.cx_total, host.rq_active, host.rq_total, host.rq_pending_active) == (1, 1, 1, 1, 0)


def test_close_is_counted_by_who_closed() -> None:
    dialogue = Dialogue()
    dialogue.connect()
    dialogue.succeed().connection_lost(None)
    assert dialogue.proxy.handler.heard == [ConnectionEvent.REMOTE_CLOSE]
    assert dialogue.stats() == {
        "cx_destroy": 1, "cx_destroy_remote": 1, "cx_destroy_remote_with_active_rq": 1,
        "cx_destroy_with_active_rq": 1, "cx_total": 1, "rq_pending_total": 1, "rq_total": 1,
    }  # fmt: skip
    assert (dialogue.host.cx_active, dialogue.host.rq_active) == (0, 0)
    assert dialogue.cluster.default_context.limits.connections.total() == 0


def test_owner_hears_everything_through_the_watch() -> None:
    dialogue = Dialogue()
    dialogue.connect()
    connection = dialogue.succeed()
    connection.data_received(b"x")
    connection.pause_writing()
    connection.resume_writing()
    connection.close(CloseType.FLUSH_WRITE)
    assert dialogue.proxy.handler.heard == [(b"x", False), "above", "below", ConnectionEvent.LOCAL_CLOSE]
    assert dialogue.stats()["cx_destroy_local"] == 1


def test_owner_may_close_while_it_is_told() -> None:
    dialogue = Dialogue()
    dialogue.proxy.closes_at_once = True
    dialogue.connect()
    dialogue.succeed()
    assert dialogue.stats()["cx_destroy_local"] == 1
    assert dialogue.process.value("cluster.api.upstream_cx_active") == 0


def test_refused_connect_fails_with_the_transports_words() -> None:
    """Stats as Envoy 1.40's."""
    dialogue = Dialogue()
    dialogue.connect()
    detail = "delayed connect error: Connection refused"
    dialogue.process.connector.attempts[0].fail(PoolFailure.REMOTE_CONNECTION_FAILURE, detail)
    assert dialogue.proxy.failures == [(PoolFailure.REMOTE_CONNECTION_FAILURE, detail)]
    assert dialogue.stats() == {
        "cx_connect_fail": 1, "cx_destroy": 1, "cx_destroy_remote": 1, "cx_total": 1,
        "rq_pending_failure_eject": 1, "rq_pending_total": 1,
    }  # fmt: skip
    assert (dialogue.host.cx_connect_fail, dialogue.host.cx_total, dialogue.host.cx_active) == (1, 1, 0)


def test_timeout_is_our_close() -> None:
    dialogue = Dialogue()
    dialogue.connect()
    dialogue.process.connector.attempts[0].fail(PoolFailure.TIMEOUT)
    assert dialogue.stats() == {
        "cx_connect_fail": 1, "cx_connect_timeout": 1, "cx_destroy": 1, "cx_destroy_local": 1, "cx_total": 1,
        "rq_pending_failure_eject": 1, "rq_pending_total": 1,
    }  # fmt: skip


def test_connection_limit_refuses_at_once() -> None:
    dialogue = Dialogue(max_connections=0)
    assert dialogue.connect() is None
    assert dialogue.proxy.failures == [(PoolFailure.OVERFLOW, "")]
    assert dialogue.stats() == {"cx_overflow": 1}
    assert dialogue.process.connector.attempts == []


def test_pending_limit_refuses_at_once() -> None:
    dialogue = Dialogue(max_pending_requests=1)
    dialogue.connect()
    assert dialogue.connect() is None
    assert dialogue.stats()["rq_pending_overflow"] == 1


def test_connection_that_ends_makes_room() -> None:
    dialogue = Dialogue(max_connections=1)
    dialogue.connect()
    connection = dialogue.succeed()
    assert dialogue.connect() is None
    connection.connection_lost(None)
    assert dialogue.connect() is not None


def test_cancelled_connect_calls_nobody() -> None:
    dialogue = Dialogue()
    attempt = dialogue.connect()
    assert attempt is not None
    attempt.cancel()
    attempt.cancel()
    assert dialogue.process.connector.attempts[0].is_cancelled
    assert dialogue.proxy.failures == []
    assert dialogue.stats()["rq_cancelled"] == 1
    assert dialogue.process.value("cluster.api.upstream_cx_active") == 0
    assert dialogue.process.value("cluster.api.upstream_rq_pending_active") == 0
