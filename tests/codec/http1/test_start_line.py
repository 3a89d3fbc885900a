import pytest

from portico.codec.http1.start_line import (
    METHODS,
    StartLineError,
    is_authority,
    is_target,
    parse_request_line,
    parse_status_line,
)


def test_takes_envoys_34_methods() -> None:
    assert len(METHODS) == 34
    for method in METHODS - {b"CONNECT"}:
        assert parse_request_line(method + b" /p HTTP/1.1", False, False).method == method


@pytest.mark.parametrize(
    ("line", "path", "authority"),
    [
        (b"GET a", None, None),
        (b"GET /a?b#c", b"/a?b#c", b""),
        (b"GET /a?b", b"/a?b", b""),
        (b"OPTIONS *", b"*", b""),
        (b"GET http://h", b"/", b"h"),
        (b"GET http://h?q", b"/?q", b"h"),
        (b"GET HTTPS://h:8/a/b?c", b"/a/b?c", b"h:8"),
        (b"CONNECT h:443", b"", b"h:443"),
        (b"CONNECT [::1]:443", b"", b"[::1]:443"),
    ],
)
def test_targets_are_taken_apart(line: bytes, path: bytes | None, authority: bytes | None) -> None:
    if path is None:
        with pytest.raises(StartLineError):
            parse_request_line(line + b" HTTP/1.1", False, False)
        return
    parsed = parse_request_line(line + b" HTTP/1.1", False, False)
    assert (parsed.path, parsed.authority, parsed.is_http_10) == (path, authority, False)


def test_http_10_must_be_asked_for() -> None:
    assert parse_request_line(b"GET / HTTP/1.0", False, True).is_http_10
    with pytest.raises(StartLineError) as refused:
        parse_request_line(b"GET / HTTP/1.0", False, False)
    assert (refused.value.status_hint, refused.value.details) == (426, "low_version")


def test_target_holds_visible_ascii_without_fragments() -> None:
    allowed = [byte for byte in range(256) if is_target(b"/" + bytes([byte]))]
    assert allowed == [byte for byte in range(0x21, 0x7F) if byte != ord("#")]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        (b"h", True), (b"h:80", True), (b"h:", True), (b"", True), (b"1.2.3.4:5", True), (b"[::1]", True),
        (b"[fe80::1%25eth0]:80", True), (b"a-b_c.d~e", True), (b"%41", True), (b"a,b", True),
        (b"a b", False), (b"a/b", False), (b"a@b", False), (b"a:b", False), (b"a:1:2", False), (b"[::1", False),
        (b"a?b", False), (b"a#b", False), (b"a\\b", False), (b"\xc3\xa9", False), (b"a\0", False), (b'"', False),
    ],
)  # fmt: skip
def test_authorities(host: bytes, expected: bool) -> None:
    assert is_authority(host) is expected


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"HTTP/1.1 200 OK", (200, b"OK", False)),
        (b"HTTP/1.0 404 Not  Found \xff", (404, b"Not  Found \xff", True)),
        (b"HTTP/1.1 299", (299, b"", False)),
        (b"HTTP/1.1 299 ", (299, b"", False)),
        (b"HTTP/2.0 200 OK", (200, b"OK", True)),
    ],
)
def test_status_lines(line: bytes, expected: tuple[int, bytes, bool]) -> None:
    assert parse_status_line(line) == expected


@pytest.mark.parametrize(
    "line", [b"", b"HTTP/1.1", b"HTTP/1.1 2000", b"HTTP/2 200 OK", b"HTTP/1.1 200 a\0b", b"http/1.1 200"]
)
def test_other_status_lines_are_refused(line: bytes) -> None:
    with pytest.raises(StartLineError) as refused:
        parse_status_line(line)
    assert refused.value.status_hint == 502
