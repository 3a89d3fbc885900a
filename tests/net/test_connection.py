"""A TCP connection between the loop and its one owner."""

import socket
import struct

import pytest

from portico.api.connection import CloseType, Connection, ConnectionEvent, ConnectionHandler
from portico.api.stats import Counter
from portico.net.connection import TcpConnection
from portico.testing.fake_clock import FakeClock
from portico.testing.fake_transport import FakeTransport, tcp_connection
from tests.upstream.surroundings import RecordingHandler

LOCAL, REMOTE = ConnectionEvent.LOCAL_CLOSE, ConnectionEvent.REMOTE_CLOSE


class Surroundings:
    """One open connection, its transport and its owner."""

    def __init__(self, buffer_limit_bytes: int = 100, delayed_close_s: float = 1.0) -> None:
        self.clock = FakeClock()
        self.connection: TcpConnection = tcp_connection(self.clock, buffer_limit_bytes, delayed_close_s)
        self.handler = RecordingHandler()
        self.connection.handler = self.handler
        self.transport = FakeTransport()
        self.transport.connect(self.connection)

    @property
    def heard(self) -> list[object]:
        return self.handler.heard


# --- bytes ------------------------------------------------------------------------------------------------------------


def test_bytes_are_handed_over_and_counted() -> None:
    around = Surroundings()
    around.transport.receive(b"in")
    around.connection.write(b"out!")
    assert around.heard == [(b"in", False)]
    assert around.transport.sent == b"out!"
    assert around.connection.traffic() == (2, 4)


def test_counters_can_be_changed_on_the_way() -> None:
    around = Surroundings()
    received, sent = Counter("rx"), Counter("tx")
    around.transport.receive(b"before")
    around.connection.count_bytes(received, sent)
    around.transport.receive(b"in")
    around.connection.write(b"out!")
    assert (received.value, sent.value) == (2, 4)


def test_nothing_is_read_while_paused_and_pauses_are_counted() -> None:
    around = Surroundings()
    around.connection.pause_reading()
    around.connection.pause_reading()
    around.connection.resume_reading()
    assert around.transport.is_paused
    around.connection.resume_reading()
    assert not around.transport.is_paused


def test_one_resume_too_many_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        Surroundings().connection.resume_reading()


def test_watermarks_are_told_both_ways() -> None:
    around = Surroundings(buffer_limit_bytes=10)
    around.transport.takes_bytes = False
    around.connection.write(b"x" * 10)
    assert around.heard == []
    around.connection.write(b"x")
    assert around.heard == ["above"]
    assert around.connection.is_above_high_watermark()
    around.transport.drain()
    assert around.heard == ["above", "below"]


def test_limit_0_is_no_limit() -> None:
    around = Surroundings(buffer_limit_bytes=0)
    around.transport.takes_bytes = False
    around.connection.write(b"x" * 10_000_000)
    assert around.heard == []


def test_write_after_close_is_ignored() -> None:
    around = Surroundings()
    around.connection.close(CloseType.NO_FLUSH)
    around.connection.write(b"late")
    assert around.transport.sent == b""


# --- the peer's end ---------------------------------------------------------------------------------------------------


def test_fin_closes_unless_half_close_is_enabled() -> None:
    around = Surroundings()
    around.transport.peer_closes()
    assert around.heard == [REMOTE]
    assert not around.connection.is_open()


def test_half_closed_connection_goes_on_writing() -> None:
    around = Surroundings()
    around.connection.enable_half_close()
    around.transport.peer_closes()
    assert around.heard == [(b"", True)]
    around.connection.write(b"still here")
    assert around.transport.sent == b"still here"


def test_connection_ends_when_both_sides_said_their_last() -> None:
    around = Surroundings()
    around.connection.enable_half_close()
    around.transport.peer_closes()
    around.connection.write(b"bye", end_stream=True)
    assert around.transport.was_closed
    around.transport.run_close()
    assert around.heard[-1] is LOCAL
    assert len(around.heard) == 2


def test_our_end_first() -> None:
    around = Surroundings()
    around.connection.enable_half_close()
    around.connection.write(b"bye", end_stream=True)
    assert (around.transport.sent_eof, around.heard) == (True, [])
    around.connection.write(b"nothing goes after it")
    assert around.transport.sent == b"bye"
    around.transport.receive(b"more")
    around.transport.peer_closes()
    assert around.heard[:2] == [(b"more", False), (b"", True)]
    assert around.heard[2:] in ([REMOTE], [LOCAL])


def test_reset_is_told_once_with_the_systems_words() -> None:
    around = Surroundings()
    around.transport.peer_closes(ConnectionResetError(104, "Connection reset by peer"))
    assert around.heard == [REMOTE]
    assert around.connection.close_reason == "Connection reset by peer"
    assert around.connection.info.detected_close_type == "RemoteReset"


# --- our end ----------------------------------------------------------------------------------------------------------


def test_flush_with_nothing_to_flush_closes_at_once() -> None:
    around = Surroundings()
    around.connection.close(CloseType.FLUSH_WRITE, "done")
    assert around.heard == [LOCAL]
    assert around.transport.was_closed
    assert around.connection.info.local_close_reason == "done"


def test_flush_waits_for_what_was_written() -> None:
    around = Surroundings()
    around.transport.takes_bytes = False
    around.connection.write(b"last words")
    around.connection.close(CloseType.FLUSH_WRITE)
    assert (around.heard, around.connection.is_open()) == ([], False)
    around.transport.drain()
    assert around.transport.sent == b"last words"
    assert around.heard == [LOCAL]


def test_flush_gives_up_on_a_peer_that_takes_nothing() -> None:
    around = Surroundings(delayed_close_s=1.0)
    around.transport.takes_bytes = False
    around.connection.write(b"last words")
    around.connection.close(CloseType.FLUSH_WRITE)
    around.clock.advance(1.1)
    assert around.transport.was_aborted
    assert around.heard == [LOCAL]


def test_peer_that_still_takes_bytes_gets_another_grace_period() -> None:
    around = Surroundings(delayed_close_s=1.0)
    around.transport.takes_bytes = False
    around.connection.write(b"last words")
    around.connection.close(CloseType.FLUSH_WRITE)
    around.transport.unsent = b"words"
    around.clock.advance(1.1)
    assert around.heard == []
    around.clock.advance(1.1)
    assert around.heard == [LOCAL]


def test_delayed_close_waits_for_the_peers_fin() -> None:
    around = Surroundings()
    around.connection.write(b"bye")
    around.connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    around.transport.receive(b"what the client was still sending")
    assert around.heard == []
    around.transport.peer_closes()
    assert len(around.heard) == 1
    assert around.clock.deadlines() == []


def test_delayed_close_ends_with_its_timer() -> None:
    around = Surroundings()
    expired = Counter("expired")
    around.connection.set_delayed_close(2.0, expired)
    around.connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    around.clock.advance(1.9)
    assert around.heard == []
    around.clock.advance(0.2)
    assert around.heard == [LOCAL]
    assert expired.value == 1
    assert around.connection.info.local_close_reason == "triggered_delayed_close_timeout"
    assert around.transport.socket.options == {}


def test_peer_that_goes_on_sending_is_reset_when_the_delay_is_over() -> None:
    around = Surroundings(delayed_close_s=1.0)
    around.connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    around.transport.receive(b"GET / HTTP/1.1\r\n\r\n")
    around.clock.advance(1.1)
    assert around.heard == [LOCAL]
    assert around.transport.socket.options[socket.SOL_SOCKET, socket.SO_LINGER] == struct.pack("ii", 1, 0)


def test_bytes_that_nobody_let_in_are_not_counted() -> None:
    around = Surroundings()
    around.connection.pause_reading()
    around.connection.data_received(b"early")
    assert around.connection.traffic() == (0, 0)
    around.connection.resume_reading()
    around.clock.advance(0.0)
    assert around.connection.traffic() == (5, 0)


def test_delayed_close_of_0_does_not_wait() -> None:
    around = Surroundings(delayed_close_s=0.0)
    around.connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    assert around.heard == [LOCAL]


def test_delayed_close_reads_on_although_reading_was_paused() -> None:
    around = Surroundings()
    around.connection.pause_reading()
    around.connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    assert not around.transport.is_paused


def test_who_paused_reading_may_resume_it_after_the_close() -> None:
    around = Surroundings()
    around.connection.pause_reading()
    around.connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    around.connection.resume_reading()
    around.connection.pause_reading()
    assert not around.transport.is_paused


def test_no_flush_loses_what_is_unsent() -> None:
    around = Surroundings()
    around.transport.takes_bytes = False
    around.connection.write(b"lost")
    around.connection.close(CloseType.NO_FLUSH)
    assert around.transport.was_aborted
    assert around.heard == [LOCAL]


def test_abort_sends_a_reset() -> None:
    around = Surroundings()
    around.connection.close(CloseType.ABORT_RESET)
    assert around.transport.socket.options[socket.SOL_SOCKET, socket.SO_LINGER] == struct.pack("ii", 1, 0)
    assert around.transport.was_aborted
    assert around.connection.info.detected_close_type == "LocalReset"


@pytest.mark.parametrize("how", list(CloseType))
def test_close_is_told_once_however_often_it_is_asked_for(how: CloseType) -> None:
    around = Surroundings()
    around.connection.close(how)
    around.connection.close(CloseType.NO_FLUSH)
    around.connection.close(how)
    around.transport.run_close()
    assert around.heard == [LOCAL]


def test_drop_tells_nobody() -> None:
    around = Surroundings()
    around.connection.drop()
    around.transport.run_close()
    assert (around.heard, around.transport.was_aborted) == ([], True)


class ClosesInData(ConnectionHandler):
    """Closes as soon as it hears anything."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.events: list[ConnectionEvent] = []

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.connection.close(CloseType.NO_FLUSH)

    def on_event(self, event: ConnectionEvent) -> None:
        self.events.append(event)


def test_owner_may_close_from_within_its_own_callback() -> None:
    around = Surroundings()
    handler = ClosesInData(around.connection)
    around.connection.handler = handler
    around.transport.receive(b"x")
    around.transport.receive(b"y")
    assert handler.events == [LOCAL]


def test_prints_its_number_and_its_state() -> None:
    around = Surroundings()
    assert repr(around.connection) == "TcpConnection(1, OPEN)"
    around.connection.close(CloseType.NO_FLUSH)
    assert repr(around.connection) == "TcpConnection(1, CLOSED)"
