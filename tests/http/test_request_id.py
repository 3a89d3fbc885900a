import pytest

from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.http.request_id import RequestIdRules
from portico.testing.fake_connection import FakeConnection
from portico.testing.fake_server import FakeRandom

MADE = FakeRandom().uuid
EDGE, INSIDE = True, False


@pytest.mark.parametrize(
    ("generate", "preserve", "is_edge", "given", "expected"),
    [
        (True, False, INSIDE, None, MADE),
        (True, False, INSIDE, b"mine", b"mine"),
        (True, False, INSIDE, b"", MADE),
        (True, False, EDGE, b"mine", MADE),
        (True, True, EDGE, b"mine", b"mine"),
        (True, True, EDGE, None, MADE),
        (False, False, EDGE, b"mine", b"mine"),
        (False, False, EDGE, None, None),
    ],
)
def test_id_is_made_kept_or_replaced(
    generate: bool, preserve: bool, is_edge: bool, given: bytes | None, expected: bytes | None
) -> None:
    fields = [] if given is None else [(b"x-request-id", given)]
    headers = RequestHeaders(b"GET", b"/", b"h", fields)
    info = StreamInfo(FakeConnection().info)
    RequestIdRules(generate, preserve).apply(headers, info, is_edge, FakeRandom())
    assert headers.get(b"x-request-id") == expected
    assert info.request_id == (expected or b"")


def test_two_ids_of_a_stranger_are_replaced_by_one() -> None:
    headers = RequestHeaders(b"GET", b"/", b"h", [(b"x-request-id", b"1"), (b"x", b"y"), (b"x-request-id", b"2")])
    RequestIdRules(True, False).apply(headers, StreamInfo(FakeConnection().info), EDGE, FakeRandom())
    assert headers.items() == [(b"x-request-id", MADE), (b"x", b"y")]
