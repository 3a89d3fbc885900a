import pytest

from portico.formatter.parser import Command
from portico.formatter.request_fields import header_without_query, printable
from tests.formatter.entries import entry, stream, tcp_entry, text

PRINTED = {
    "%PATH%": b"/p/q?a=12&b=%20x",
    "%PATH():4%": b"/p/q",
    "%PATH(NQ)%": b"/p/q",
    "%PATH(WQ:PATH)%": b"/p/q?a=12&b=%20x",
    "%PATH(NQ:ORIG)%": b"-",
    "%PATH(NQ:PATH):3%": b"/p/",
    "%QUERY_PARAMS%": b"a=12&b=%20x",
    "%QUERY_PARAMS(ORIG):4%": b"a=12",
    "%QUERY_PARAM(a)%": b"12",
    "%QUERY_PARAM(a):1%": b"1",
    "%QUERY_PARAM(b)%": b" x",
    "%QUERY_PARAM(zz)%": b"-",
    "%REQUESTED_SERVER_NAME%": b"-",
    "%REQUESTED_SERVER_NAME(SNI_FIRST)%": b"h.com",
    "%REQUESTED_SERVER_NAME(HOST_FIRST:HOST)%": b"h.com",
    "%REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)%": b"-",
}


@pytest.mark.parametrize(("format_text", "printed"), PRINTED.items())
def test_prints_parts_of_the_request(format_text: str, printed: bytes) -> None:
    assert text(format_text, entry()) == printed


def test_a_connection_has_no_request() -> None:
    assert text("%PATH% %QUERY_PARAMS% %QUERY_PARAM(a)%", tcp_entry()) == b"- - -"
    assert text("%QUERY_PARAMS%", entry(path=b"/p")) == b"-"
    assert text("%QUERY_PARAMS%", entry(path=b"/p?")) == b""


def test_the_original_path_and_host_are_in_their_headers() -> None:
    saved = entry((b"x-envoy-original-path", b"/o?x"), (b"x-envoy-original-host", b"o.com"))
    assert text("%PATH% %PATH(NQ:ORIG)% %PATH(NQ:PATH)%", saved) == b"/o?x /o /p/q"
    host_first = "%REQUESTED_SERVER_NAME(HOST_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST:ORIG)%"
    assert text(host_first, saved) == b"o.com o.com"


def test_sni_and_host_stand_in_for_each_other() -> None:
    info = stream()
    info.connection.requested_server_name = "sni.com"
    formats = "%REQUESTED_SERVER_NAME% %REQUESTED_SERVER_NAME(SNI_FIRST)% %REQUESTED_SERVER_NAME(HOST_FIRST)%"
    assert text(formats, entry(info=info)) == b"sni.com sni.com h.com"
    connection = tcp_entry()
    connection.info = info
    assert text("%REQUESTED_SERVER_NAME(HOST_FIRST)%", connection) == b"sni.com"


@pytest.mark.parametrize(
    ("query", "decoded"),
    [
        (b"q=%41%2fb%26c&a%20b=1&x&&=&y=%zz%4&z=a%2Bb+c", b"q=A/b&c&a%20b=1&x&&=&y=zz4&z=a+b+c"),
        (b"%21%22%23%3c%3d%3e%3f%5b%5c%5d%5e%5f%60%7a%7b%7c%7d%7e%7f", b"!%22#%3c=%3e?[%5c]%5e_`z%7b%7c%7d~%7f"),
        (b"%00%0A%1F%20%80%ff%e2%82%ac", b"%00%0A%1F%20%80%ff%e2%82%ac"),
        (b"%", b"%"),
        (b"a%", b"a%"),
        (b"%2", b"%2"),
        (b"%zz", b"zz"),
        (b"%%41", b"A"),
        (b"%4g%41", b"4gA"),
    ],
)
def test_decodes_what_envoy_decodes_of_a_query(query: bytes, decoded: bytes) -> None:
    assert text("%QUERY_PARAMS(DECODED)%", entry(path=b"/x?" + query)) == decoded


@pytest.mark.parametrize(
    ("query", "value"),
    [(b"a%20b=1", b"1"), (b"x&a+b=2", b"-"), (b"x&a%20b", b""), (b"a%20b=%2541", b"%41"), (b"a%20b=%zz%4", b"%zz%4")],
)
def test_parameters_are_found_by_their_decoded_name(query: bytes, value: bytes) -> None:
    assert text("%QUERY_PARAM(a b)%", entry(path=b"/x?" + query)) == value


def test_an_encoded_line_break_forges_no_log_line() -> None:
    forged = entry(path=b"/x?a=1%0a%1b[31m%7f")
    assert text("%QUERY_PARAM(a)%", forged) == rb"1\x0a\x1b[31m\x7f"
    assert printable("é".encode()) == "é".encode()


def test_header_without_query() -> None:
    operator = header_without_query(Command("REQ_WITHOUT_QUERY", "X-A?:PATH", 3))
    assert operator.text(entry()) == b"/p/"
    assert operator.text(entry((b"x-a", b"/z?q"))) == b"/z"
    assert operator.text(tcp_entry()) is None
