from portico.api.connection import CloseType, ConnectionEvent
from portico.testing.fake_connection import FakeConnection
from tests.upstream.surroundings import RecordingHandler


def opened() -> tuple[FakeConnection, RecordingHandler]:
    connection = FakeConnection()
    handler = RecordingHandler()
    connection.handler = handler
    return connection, handler


def test_delivers_bytes_and_keeps_what_was_written() -> None:
    connection, handler = opened()
    connection.receive(b"in", end_stream=True)
    connection.write(b"out")
    assert handler.heard == [(b"in", True)]
    assert connection.take_sent() == b"out"
    assert connection.take_sent() == b""
    assert connection.traffic() == (2, 3)


def test_bytes_wait_while_reading_is_paused() -> None:
    connection, handler = opened()
    connection.pause_reading()
    connection.pause_reading()
    connection.receive(b"1")
    connection.resume_reading()
    assert (handler.heard, connection.unread_bytes()) == ([], 1)
    connection.resume_reading()
    assert (handler.heard, connection.unread_bytes()) == ([(b"1", False)], 0)


def test_close_is_told_once() -> None:
    connection, handler = opened()
    connection.close(CloseType.NO_FLUSH, "why")
    connection.close(CloseType.FLUSH_WRITE)
    connection.write(b"late")
    assert handler.heard == [ConnectionEvent.LOCAL_CLOSE]
    assert (connection.closed, connection.close_details, connection.sent) == (CloseType.NO_FLUSH, "why", b"")


def test_delayed_close_waits_for_the_peer() -> None:
    connection, handler = opened()
    connection.close(CloseType.FLUSH_WRITE_AND_DELAY)
    assert (handler.heard, connection.is_open()) == ([], False)
    connection.peer_closes()
    assert handler.heard == [ConnectionEvent.REMOTE_CLOSE]


def test_watermarks_are_the_tests_to_raise() -> None:
    connection, handler = opened()
    connection.fill()
    assert connection.is_above_high_watermark()
    connection.empty()
    assert handler.heard == ["above", "below"]
