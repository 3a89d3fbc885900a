from portico.api.connection import CloseType
from portico.extensions.filters.network.echo import EchoFilter
from tests.extensions.filters.network.surroundings import Wire


def test_sends_back_what_comes() -> None:
    wire = Wire(EchoFilter())
    wire.connection.receive(b"one")
    wire.connection.receive(b"two")
    assert wire.connection.sent == b"onetwo"


def test_end_is_sent_back_too() -> None:
    wire = Wire(EchoFilter())
    wire.connection.receive(b"bye", end_stream=True)
    assert (wire.connection.sent, wire.connection.sent_end) == (b"bye", True)


def test_peer_that_does_not_read_is_not_read_from() -> None:
    wire = Wire(EchoFilter())
    wire.connection.fill()
    wire.connection.receive(b"more")
    assert wire.connection.unread_bytes() == 4
    wire.connection.empty()
    assert wire.connection.sent == b"more"


def test_peer_may_leave() -> None:
    wire = Wire(EchoFilter())
    wire.connection.peer_closes()
    wire.connection.close(CloseType.NO_FLUSH)
    assert wire.connection.sent == b""
