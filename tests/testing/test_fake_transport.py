from portico.api.connection import CloseType, ConnectionEvent
from portico.testing.fake_clock import FakeClock
from portico.testing.fake_transport import FakeTransport, tcp_connection
from tests.upstream.surroundings import RecordingHandler


def test_carries_a_real_connection_both_ways() -> None:
    connection = tcp_connection(FakeClock())
    handler = connection.handler = RecordingHandler()
    transport = FakeTransport()
    transport.connect(connection)
    transport.receive(b"in")
    connection.write(b"out")
    assert handler.heard == [(b"in", False)]
    assert transport.take_sent() == b"out"
    transport.peer_closes()
    assert handler.heard[1:] == [ConnectionEvent.REMOTE_CLOSE]


def test_peer_that_takes_nothing_raises_the_watermark_until_it_drains() -> None:
    connection = tcp_connection(FakeClock(), buffer_limit_bytes=4)
    handler = connection.handler = RecordingHandler()
    transport = FakeTransport()
    transport.connect(connection)
    transport.takes_bytes = False
    connection.write(b"12345")
    assert (handler.heard, transport.sent) == (["above"], b"")
    connection.close(CloseType.FLUSH_WRITE)
    transport.run_close()
    assert handler.heard == ["above"]
    transport.drain()
    assert transport.sent == b"12345"
    assert handler.heard[-1] is ConnectionEvent.LOCAL_CLOSE
