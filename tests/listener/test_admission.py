"""From accept to the filter chain, counted as Envoy counts it."""

from portico.api.listener_filter import AcceptedSocket, ListenerFilter
from portico.api.network_filter import NetworkStatus
from portico.listener.active_connections import ActiveConnections
from portico.listener.admission import ConnectionAdmission
from portico.listener.config import ListenerFilterSlot
from portico.listener.connection_limits import GLOBAL_KEY, ConnectionLimits
from portico.listener.filter_chain import FilterChain
from portico.listener.match.filter_predicate import AlwaysPredicate
from portico.net.connection import TcpConnection
from portico.stats.listener_stats import ListenerStats
from portico.testing.fake_transport import FakeTransport
from tests.listener.surroundings import GO_ON, STOP, Diary, LogBook, Process, accepted, chain

LISTENER_KEY = "envoy.resource_limits.listener.ingress.connection_limit"


class FirstByte(ListenerFilter):
    def max_peek_bytes(self) -> int:
        return 1

    def on_peek(self, socket: AcceptedSocket, peeked: bytes) -> NetworkStatus:
        if peeked[:1] == b"!":
            socket.reject("no")
        return GO_ON


def listener_slot(each: ListenerFilter) -> ListenerFilterSlot:
    return ListenerFilterSlot("f", lambda: each, None)


class Door:
    """A listener's admission, one diary behind it, and everybody who came."""

    def __init__(self, config_chain: FilterChain | None = None, *listener_filters: ListenerFilter) -> None:
        self.process = Process()
        self.diary = Diary([])
        self.config = self.process.config(config_chain or chain(self.diary))
        self.book = LogBook()
        self.config.access_logs = [self.book]
        self.config.listener_filters = [listener_slot(each) for each in listener_filters]
        limits = ConnectionLimits("ingress", self.process.context, False)
        stats = ListenerStats(self.config.scope)
        self.connections = ActiveConnections(self.config, stats, limits)
        self.admission = ConnectionAdmission(self.config, stats, limits, self.connections)

    def accept(self) -> tuple[TcpConnection, FakeTransport]:
        connection, transport = accepted(self.process)
        self.admission.on_accept(connection)
        return connection, transport

    def count(self, name: str) -> int:
        return self.process.counter(f"l.{name}") if "active" not in name else self.process.gauge(f"l.{name}")


def test_connection_is_counted_from_its_chain_to_its_end() -> None:
    door = Door()
    connection, transport = door.accept()
    assert connection.info.listener_name == "ingress"
    assert connection.info.filter_chain_name == "main"
    for name in ("downstream_cx_total", "downstream_cx_active", "worker_0.downstream_cx_total"):
        assert door.count(name) == 1, name
    transport.receive(b"hello")
    transport.peer_closes()
    assert door.diary.pages == ["a.new()", "a.data(hello)", "a.event(REMOTE_CLOSE)"]
    assert (door.count("downstream_cx_active"), door.count("downstream_cx_destroy")) == (0, 1)
    assert door.count("worker_0.downstream_cx_active") == 0
    assert door.book.lines == ["NotSet - - 5 0"]


def test_connection_that_matches_no_chain_is_closed_and_logged() -> None:
    door = Door()
    door.config.chains.default = None
    _, transport = door.accept()
    assert transport.was_aborted
    assert (door.count("no_filter_chain_match"), door.count("downstream_cx_total")) == (1, 0)
    assert door.book.lines == ["NotSet NR filter_chain_not_found 0 0"]


def test_chain_without_filters_closes() -> None:
    door = Door(FilterChain("empty", []))
    _, transport = door.accept()
    assert transport.was_aborted
    names = ("downstream_cx_total", "downstream_cx_destroy", "network_extension_config_missing")
    assert [door.count(name) for name in names] == [1, 1, 1]
    assert door.count("downstream_cx_active") == 0


def test_over_the_listener_limit_is_accepted_then_closed() -> None:
    door = Door()
    door.process.runtime.load({LISTENER_KEY: "1"})
    _, first = door.accept()
    _, second = door.accept()
    assert (first.was_aborted, second.was_aborted) == (False, True)
    assert (door.count("downstream_cx_overflow"), door.count("downstream_cx_total")) == (1, 1)
    first.peer_closes()
    _, third = door.accept()
    assert not third.was_aborted


def test_over_the_global_limit_is_accepted_then_closed() -> None:
    door = Door()
    door.process.runtime.load({GLOBAL_KEY: "0"})
    _, transport = door.accept()
    assert transport.was_aborted
    assert door.count("downstream_global_cx_overflow") == 1


def test_connection_turned_away_gives_its_place_back() -> None:
    door = Door()
    door.process.runtime.load({LISTENER_KEY: "1"})
    default, door.config.chains.default = door.config.chains.default, None
    door.accept()
    door.config.chains.default = default
    _, transport = door.accept()
    assert not transport.was_aborted


def test_chain_gets_the_bytes_that_listener_filters_looked_at() -> None:
    door = Door(None, FirstByte())
    _, transport = door.accept()
    assert (door.count("downstream_pre_cx_active"), door.diary.pages) == (1, [])
    transport.receive(b"hello")
    assert door.diary.pages == ["a.new()", "a.data(hello)"]
    assert door.count("downstream_pre_cx_active") == 0


def test_disabled_listener_filter_is_passed_by() -> None:
    door = Door(None, FirstByte())
    door.config.listener_filters[0].disabled = AlwaysPredicate()
    door.accept()
    assert door.diary.pages == ["a.new()"]


def test_listener_filter_timeout_closes() -> None:
    door = Door(None, FirstByte())
    _, transport = door.accept()
    door.process.clock.advance(15.0)
    assert transport.was_aborted
    assert door.count("downstream_pre_cx_timeout") == 1


def test_listener_filter_timeout_may_go_on_instead() -> None:
    door = Door(None, FirstByte())
    door.config.continues_on_listener_filters_timeout = True
    _, transport = door.accept()
    door.process.clock.advance(15.0)
    assert not transport.was_aborted
    assert door.diary.pages == ["a.new()"]
    assert door.count("downstream_pre_cx_timeout") == 1


def test_listener_filter_that_rejects_closes() -> None:
    door = Door(None, FirstByte())
    _, transport = door.accept()
    transport.receive(b"!")
    assert transport.was_aborted
    assert door.count("downstream_listener_filter_error") == 1


def test_peer_that_leaves_while_listener_filters_wait() -> None:
    door = Door(None, FirstByte())
    _, transport = door.accept()
    transport.peer_closes()
    assert door.count("downstream_listener_filter_remote_close") == 1
    assert door.count("downstream_pre_cx_active") == 0


def test_exception_in_a_listener_filter_is_counted() -> None:
    class Broken(ListenerFilter):
        def on_accept(self, socket: AcceptedSocket) -> NetworkStatus:
            raise ValueError("a bug")

    door = Door(None, Broken())
    _, transport = door.accept()
    assert transport.was_aborted
    assert (door.count("filter_exception"), door.count("downstream_listener_filter_error")) == (1, 1)


def test_exception_in_a_network_filter_is_counted() -> None:
    door = Door()
    door.diary.raises = "new"
    _, transport = door.accept()
    assert transport.was_aborted
    assert (door.count("filter_exception"), door.count("downstream_cx_active")) == (1, 0)


def test_exception_while_accepting_is_counted() -> None:
    door = Door()
    connection, _ = accepted(door.process)
    door.admission.on_accept_failure(connection, ValueError("a bug"))
    assert door.count("filter_exception") == 1


def test_closing_lets_go_of_who_waits() -> None:
    door = Door(None, FirstByte())
    _, transport = door.accept()
    door.admission.close_waiting()
    assert transport.was_aborted
    assert door.count("downstream_pre_cx_active") == 0
    door.process.clock.advance(60.0)
    assert door.count("downstream_pre_cx_timeout") == 0


def test_filter_that_closes_at_once_gets_no_bytes() -> None:
    class Refusing(Diary):
        def on_new_connection(self) -> NetworkStatus:
            self.connection.drop()  # type: ignore[attr-defined]
            return STOP

    diary = Refusing([])
    door = Door(chain(diary), FirstByte())
    _, transport = door.accept()
    transport.receive(b"hello")
    assert diary.pages == []
