"""Whatever bytes an upstream sends: no exception, and the same meaning in whatever pieces."""

from hypothesis import given, settings
from hypothesis import strategies as st

from portico.codec.http1.client import ClientCodec
from portico.codec.http1.settings import DEFAULT_SETTINGS
from tests.codec.http1.conversation import TRAILERS, answered, get
from tests.fuzz.http1_strategies import cut, cuts, responses

methods = st.sampled_from([b"GET", b"HEAD", b"CONNECT", b"POST"])


@settings(max_examples=300, deadline=None)
@given(responses, cuts, methods, st.booleans())
def test_arbitrary_bytes_never_raise_and_mean_the_same_in_pieces(
    data: bytes, sizes: list[int], method: bytes, closes: bool
) -> None:
    end = [b""] if closes else []
    request = get(b"/", method)
    whole = answered([data, *end] if data else end, request, TRAILERS)
    assert answered([*cut(data, sizes), *end], request, TRAILERS) == whole


@settings(max_examples=200, deadline=None)
@given(responses)
def test_connection_that_heard_anything_strange_is_not_used_again(data: bytes) -> None:
    codec = ClientCodec(DEFAULT_SETTINGS)
    codec.encode_headers(get(), True)
    if not data:
        return
    codec.receive(data)
    follow_up = codec.receive(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
    assert not (codec.is_idle() and codec.keep_alive and follow_up and len(follow_up) > 2)
