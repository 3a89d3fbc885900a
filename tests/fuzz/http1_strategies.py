"""Bytes that look like HTTP/1: arbitrary ones hardly ever get past the first line."""

from hypothesis import strategies as st

_START_LINES = [
    b"GET / HTTP/1.1\r\n",
    b"POST /p HTTP/1.1\r\n",
    b"HEAD / HTTP/1.1\r\n",
    b"GET http://u/ HTTP/1.1\r\n",
    b"CONNECT h:1 HTTP/1.1\r\n",
    b"GET / HTTP/1.0\r\n",
    b"FOO / HTTP/1.1\r\n",
    b"get / HTTP/1.1\r\n",
    b"GET  / HTTP/1.1\r\n",
]
_STATUS_LINES = [
    b"HTTP/1.1 200 OK\r\n",
    b"HTTP/1.1 100 Continue\r\n",
    b"HTTP/1.1 204\r\n",
    b"HTTP/1.1 304 X\r\n",
    b"HTTP/1.1 101 X\r\n",
    b"HTTP/1.0 200 OK\r\n",
    b"HTTP/1.1 20 OK\r\n",
]
_FIELDS = [
    b"Host: h\r\n",
    b"Content-Length: 0\r\n",
    b"Content-Length: 3\r\n",
    b"Content-Length: 5, 5\r\n",
    b"content-length: +3\r\n",
    b"Transfer-Encoding: chunked\r\n",
    b"transfer-encoding:chunked\r\n",
    b"Transfer-Encoding: identity\r\n",
    b"Transfer-Encoding : chunked\r\n",
    b"Connection: close\r\n",
    b"Connection: upgrade\r\nUpgrade: x\r\n",
    b"X: 1\n",
    b"X: a\rb\r\n",
    b" folded\r\n",
    b": empty\r\n",
    b"X: \0\r\n",
    b"X: \xff\r\n",
    b"Trailer: t\r\n",
]
_BODY = [
    b"\r\n",
    b"\n",
    b"\r\n\r\n",
    b"abc",
    b"0\r\n",
    b"0\r\n\r\n",
    b"3\r\nabc\r\n",
    b"3;x=y\r\nabc\r\n",
    b"3 \r\nabc\r\n",
    b"3\nabc\n",
    b"3\r\nabcd\r\n",
    b"fffffffffffffffff\r\n",
    b"T: 1\r\n",
    b"\r",
]


def _mixed(start_lines: list[bytes]) -> st.SearchStrategy[bytes]:
    token = st.one_of(
        st.sampled_from(start_lines), st.sampled_from(_FIELDS), st.sampled_from(_BODY), st.binary(max_size=4)
    )
    free = st.lists(token, max_size=14).map(b"".join)
    message = st.tuples(
        st.sampled_from(start_lines), st.lists(st.sampled_from(_FIELDS), max_size=4).map(b"".join), st.just(b"\r\n"),
        st.lists(st.sampled_from(_BODY), max_size=4).map(b"".join),
    ).map(b"".join)  # fmt: skip
    return st.one_of(st.binary(max_size=200), free, st.lists(message, max_size=3).map(b"".join))


requests = _mixed(_START_LINES)
responses = _mixed(_STATUS_LINES)
cuts = st.lists(st.integers(min_value=1, max_value=40), max_size=12)


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """``data`` in pieces of those sizes, what is left as the last one."""
    pieces = []
    for size in sizes:
        if not data:
            break
        pieces.append(data[:size])
        data = data[size:]
    return [*pieces, data] if data else pieces
