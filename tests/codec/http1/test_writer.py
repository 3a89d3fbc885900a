import pytest

from portico.api.headers import HeaderMap
from portico.codec.http1.settings import HeaderCasing
from portico.codec.http1.writer import (
    STATUS_LINES,
    cased,
    cased_line,
    chunk,
    field_lines,
    last_chunk,
    original_names,
    status_line,
)


def test_status_lines_have_envoys_phrases() -> None:
    assert STATUS_LINES[413] == b"HTTP/1.1 413 Payload Too Large\r\n"
    assert status_line(200) == b"HTTP/1.1 200 OK\r\n"
    assert status_line(555) == b"HTTP/1.1 555 Unknown\r\n"
    assert status_line(200, b"Fine") == b"HTTP/1.1 200 Fine\r\n"


@pytest.mark.parametrize(
    ("name", "written"),
    [
        (b"content-type", b"Content-Type"),
        (b"foo$b#$are", b"Foo$B#$Are"),
        (b"x_y", b"X_Y"),
        (b"x-1a", b"X-1a"),
        (b"", b""),
    ],
)
def test_proper_case_raises_each_word_as_envoy_does(name: bytes, written: bytes) -> None:
    assert cased(name, HeaderCasing.PROPER_CASE_WORDS, None) == written


def test_the_spelling_a_message_came_with_wins_over_the_writers_own_style() -> None:
    assert cased(b"x-odd", HeaderCasing.PROPER_CASE_WORDS, {b"x-odd": b"x-ODD"}) == b"x-ODD"
    assert cased(b"x-new", HeaderCasing.PROPER_CASE_WORDS, {b"x-odd": b"x-ODD"}) == b"x-new"


def test_preserved_case_falls_back_to_lower() -> None:
    original = original_names([b"X-OdD: 1", b"x-odd: 2"])
    assert cased(b"x-odd", HeaderCasing.PRESERVE, original) == b"X-OdD"
    assert cased(b"new", HeaderCasing.PRESERVE, original) == b"new"
    assert cased(b"new", HeaderCasing.PRESERVE, None) == b"new"


def test_field_lines() -> None:
    headers = HeaderMap([(b"a-b", b"1"), (b"c", b"")])
    assert field_lines(headers, HeaderCasing.LOWER, None) == b"a-b: 1\r\nc: \r\n"
    assert field_lines(headers, HeaderCasing.PROPER_CASE_WORDS, None) == b"A-B: 1\r\nC: \r\n"
    assert field_lines(headers, HeaderCasing.LOWER, {b"a-b": b"a-B"}) == b"a-B: 1\r\nc: \r\n"


def test_framing_is_cased_as_well() -> None:
    assert cased_line(b"content-length: 0\r\n", HeaderCasing.PROPER_CASE_WORDS, None) == b"Content-Length: 0\r\n"
    assert cased_line(b"", HeaderCasing.PROPER_CASE_WORDS, None) == b""


def test_chunks() -> None:
    assert chunk(b"x" * 26, False) == b"1a\r\n" + b"x" * 26 + b"\r\n"
    assert (chunk(b"", False), chunk(b"", True), chunk(b"x", True)) == (b"", b"0\r\n\r\n", b"1\r\nx\r\n0\r\n\r\n")
    assert last_chunk(None) == last_chunk(HeaderMap()) == b"0\r\n\r\n"
    assert last_chunk(HeaderMap([(b"t", b"1")])) == b"0\r\nt: 1\r\n\r\n"
