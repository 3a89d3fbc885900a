import pytest

from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.testing.message import Message


def test_prints_what_came_in_order() -> None:
    message = Message()
    message.on_headers(RequestHeaders(b"POST", b"/p", b"h"), False)
    message.on_data(b"abc", False)
    message.on_trailers(HeaderMap([(b"t", b"1")]))
    assert repr(message) == "Message(POST /p: headers, data 3, trailers, end)"
    assert (message.body, message.is_complete) == (b"abc", True)


def test_informational_responses_stand_apart() -> None:
    message = Message()
    message.on_headers(ResponseHeaders(103), False)
    message.on_headers(ResponseHeaders(200), True)
    assert (message.informational, message.steps) == ([103], ["headers", "end"])


def test_nothing_may_follow_the_end() -> None:
    message = Message()
    message.on_headers(ResponseHeaders(200), True)
    with pytest.raises(AssertionError, match="data 1 after the end"):
        message.on_data(b"x", False)
