import pytest

from portico.api.codec import Data, Event, Headers, ProtocolError, StreamReset, Trailers
from portico.api.headers import HeaderMap, ResponseHeaders

EVENTS: list[tuple[Event, Event, Event, str]] = [
    (
        Headers(1, ResponseHeaders(200), True),
        Headers(1, ResponseHeaders(200), True),
        Headers(1, ResponseHeaders(200), False),
        "Headers(1, ResponseHeaders([(b':status', b'200')]), end_stream=True)",
    ),
    (Data(1, b"x", True), Data(1, b"x", True), Data(3, b"x", True), "Data(1, b'x', end_stream=True)"),
    (
        Trailers(1, HeaderMap([(b"t", b"1")])),
        Trailers(1, HeaderMap([(b"t", b"1")])),
        Trailers(1, HeaderMap()),
        "Trailers(1, HeaderMap([(b't', b'1')]))",
    ),
    (StreamReset(1, "why"), StreamReset(1, "why"), StreamReset(1, "because"), "StreamReset(1, 'why')"),
    (
        ProtocolError(1, 400, "x"),
        ProtocolError(1, 400, "x"),
        ProtocolError(1, 431, "x"),
        "ProtocolError(1, 400, 'x')",
    ),
]


@pytest.mark.parametrize(("event", "same", "other", "text"), EVENTS)
def test_events_are_compared_and_printed_by_what_they_say(event: Event, same: Event, other: Event, text: str) -> None:
    assert event == same
    assert event != other
    assert repr(event) == text


def test_events_of_different_kinds_differ() -> None:
    events = [each[0] for each in EVENTS]
    assert all(one is other or one != other for one in events for other in events)
