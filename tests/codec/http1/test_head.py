from portico.codec.http1.head import HeadReader


def test_gives_the_head_once_it_is_all_there() -> None:
    reader = HeadReader(100)
    assert reader.feed(b"GET / HTTP/1.1\r\nA: 1") is None
    assert reader.first_line() == b"GET / HTTP/1.1"
    assert reader.feed(b"\r\n\r") is None
    assert reader.feed(b"\nREST") == b"GET / HTTP/1.1\r\nA: 1"
    assert reader.rest == b"REST"


def test_skips_empty_lines_before_it() -> None:
    reader = HeadReader(100)
    assert reader.feed(b"\r\n\r\n") is None
    assert reader.is_empty()
    assert reader.feed(b"\r\nA\r\n\r\n") == b"A"


def test_line_is_not_there_before_its_end_is() -> None:
    reader = HeadReader(100)
    reader.feed(b"GET /")
    assert (reader.first_line(), reader.is_empty()) == (b"", False)


def test_says_what_is_wrong_and_still_knows_the_start_line() -> None:
    malformed, large = HeadReader(100), HeadReader(10)
    malformed.feed(b"GET\r\nA: 1\nB")
    assert (malformed.is_malformed, malformed.is_too_large, malformed.first_line()) == (True, False, b"GET")
    large.feed(b"GET\r\nA: 1234567")
    assert (large.is_malformed, large.is_too_large, large.first_line()) == (False, True, b"GET")


def test_limit_counts_the_head_without_its_empty_line() -> None:
    assert HeadReader(5).feed(b"12345\r\n\r\n") == b"12345"
    assert HeadReader(4).feed(b"12345\r\n\r\n") is None
