"""A response is the same response in whatever pieces the network brings it."""

import pytest

from tests.codec.http1.conversation import RESPONSES, TRAILERS, answered, cut_everywhere, get


@pytest.mark.parametrize("name", RESPONSES)
def test_cut_anywhere_a_response_says_the_same(name: str) -> None:
    method, data, closes = RESPONSES[name]
    end = [b""] if closes else []
    request = get(b"/", method)
    whole = answered([data, *end], request, TRAILERS)
    assert whole
    for pieces in cut_everywhere(data):
        assert answered([*pieces, *end], request, TRAILERS) == whole, pieces
