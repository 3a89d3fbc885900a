from typing import Any

import pytest

from portico.api.errors import ConfigErrors
from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.extensions.http.early_header_mutation.header_mutation import header_mutation
from portico.testing.fake_connection import FakeConnection
from tests.formatter.messages import context, message

KIND = "envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation"


def mutated(mutations: list[dict[str, Any]], *fields: tuple[bytes, bytes]) -> list[tuple[bytes, bytes]]:
    headers = RequestHeaders(b"GET", b"/p", b"h", list(fields))
    made = header_mutation(message(KIND, {"mutations": mutations}), context())
    assert made.apply(headers, StreamInfo(FakeConnection().info))
    return headers.items()


def test_mutations_are_done_in_order_and_see_the_request() -> None:
    path = {"header": {"key": "x-path", "value": "%REQ(:path)%"}, "append_action": "OVERWRITE_IF_EXISTS_OR_ADD"}
    again = {"header": {"key": "x-again", "value": "%REQ(x-path)%"}}
    mutations: list[dict[str, Any]] = [{"remove": "x-gone"}, {"append": path}, {"append": again}]
    before = [(b"x-gone", b"1"), (b"x-path", b"old")]
    assert mutated(mutations, *before) == [(b"x-path", b"/p"), (b"x-again", b"/p")]


def test_what_cannot_be_changed_is_named() -> None:
    with pytest.raises(ConfigErrors, match=r"mutations\[0\]\.remove"):
        mutated([{"remove": ":path"}])
