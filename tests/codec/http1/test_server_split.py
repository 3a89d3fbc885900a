"""A request is the same request in whatever pieces the network brings it."""

import pytest

from tests.codec.http1.conversation import REQUESTS, TRAILERS, asked, cut_everywhere


@pytest.mark.parametrize("name", REQUESTS)
def test_cut_anywhere_a_request_says_the_same(name: str) -> None:
    data = REQUESTS[name]
    whole = asked([data], TRAILERS)
    assert whole
    for pieces in cut_everywhere(data):
        assert asked(pieces, TRAILERS) == whole, pieces


@pytest.mark.parametrize("name", REQUESTS)
def test_behind_another_request_it_says_the_same(name: str) -> None:
    first = REQUESTS["get"]
    alone = asked([REQUESTS[name]], TRAILERS)
    assert asked([first + REQUESTS[name]], TRAILERS) == asked([first], TRAILERS) + alone
    for pieces in cut_everywhere(first + REQUESTS[name]):
        assert asked(pieces, TRAILERS)[1:] == alone, pieces
