import pytest

from portico.api.headers import HeaderMap
from portico.formatter.header_fields import header_names
from tests.formatter.entries import entry, tcp_entry, text

PRINTED = {
    "%REQ(:METHOD)%": b"GET",
    "%REQ(:PATH):2%": b"/p",
    "%REQUEST_HEADER(:AUTHORITY):3%": b"h.c",
    "%REQ(Host)%": b"h.com",
    "%REQ(nope?host)%": b"h.com",
    "%RESP(host)%": b"-",
    "%REQ(USER-AGENT)%": b"curl",
    "%REQ(nope?USER-AGENT)%": b"curl",
    "%REQ(USER-AGENT?x-dup)%": b"curl",
    "%REQ(nope?neither)%": b"-",
    "%REQ(x-dup)%": b"1",
    "%REQ(x-empty?user-agent)%": b"",
    "%REQ(X?)%": b"-",
    "%REQ(?user-agent)%": b"curl",
    "%RESP(:STATUS)%": b"200",
    "%RESP(x-up)%": b"u1",
    "%RESPONSE_HEADER(nope?SERVER)%": b"envoy",
    "%TRAILER(grpc-status)%": b"5",
    "%RESPONSE_TRAILER(nope)%": b"-",
}


@pytest.mark.parametrize(("format_text", "printed"), PRINTED.items())
def test_prints_the_first_value_of_a_header(format_text: str, printed: bytes) -> None:
    log_entry = entry((b"user-agent", b"curl"), (b"x-dup", b"1"), (b"x-dup", b"2"), (b"x-empty", b""))
    log_entry.response_trailers = HeaderMap([(b"grpc-status", b"5")])
    assert text(format_text, log_entry) == printed


def test_a_connection_has_no_headers() -> None:
    assert text("%REQ(:METHOD)% %RESP(server)% %TRAILER(x)%", tcp_entry()) == b"- - -"


def test_header_bytes_are_printed_as_they_came() -> None:
    log_entry = entry((b"x", b'a"b\\\t\xff\xe9z'))
    assert text("%REQ(x)%", log_entry) == b'a"b\\\t\xff\xe9z'


def test_names_are_lower_case() -> None:
    assert header_names("X-A?:Authority") == (b"x-a", b":authority")
