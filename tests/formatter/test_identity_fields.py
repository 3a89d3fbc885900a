import os

import pytest

from portico.api.headers import HeaderMap
from portico.formatter.compiler import compile_format, compile_json
from tests.formatter.entries import entry, server, stream, tcp_entry, text


def test_identifiers_of_stream_and_trace() -> None:
    info = stream()
    assert text("%STREAM_ID% %TRACE_ID% %SPAN_ID%", entry(info=info)) == b"- - -"
    info.request_id, info.trace_id, info.span_id = b"r", b"t", b"s"
    assert text("%STREAM_ID% %TRACE_ID% %SPAN_ID%", entry(info=info)) == b"r t s"


def test_details_lose_their_spaces_unless_told_to_keep_them() -> None:
    info = stream()
    info.response_code_details = "a b c"
    formats = "%RESPONSE_CODE_DETAILS% %RESPONSE_CODE_DETAILS(ALLOW_WHITESPACES)% %RESPONSE_CODE_DETAILS(X)%"
    assert text(formats, entry(info=info)) == b"a_b_c a b c a_b_c"


def test_log_type_and_local_reply_body() -> None:
    log_entry = entry()
    log_entry.log_type = "DownstreamEnd"
    assert text("%ACCESS_LOG_TYPE%|%LOCAL_REPLY_BODY%|", log_entry) == b"DownstreamEnd||"
    log_entry.local_reply_body = b"no healthy upstream"
    assert text("%LOCAL_REPLY_BODY%", log_entry) == b"no healthy upstream"


def test_unique_id_is_new_each_time() -> None:
    formatter = compile_format("%UNIQUE_ID%", server())
    assert [formatter.format(entry()), formatter.format(entry())] == [b"uuid-0", b"uuid-1"]


def test_environment_and_host_are_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORTICO_TEST", "value")
    formatter = compile_format("%ENVIRONMENT(PORTICO_TEST)% %ENVIRONMENT(PORTICO_TEST):2% %HOSTNAME%", server())
    monkeypatch.setenv("PORTICO_TEST", "other")
    assert formatter.format(entry()) == b"value va " + os.uname().nodename.encode()


def test_a_variable_that_is_not_set_is_a_dash_even_in_json() -> None:
    assert compile_json({"e": "%ENVIRONMENT(PORTICO_NOPE)%"}).format(entry()) == b'{"e":"-"}\n'


def test_header_bytes_are_names_and_values() -> None:
    formats = "%REQUEST_HEADERS_BYTES% %RESPONSE_HEADERS_BYTES% %RESPONSE_TRAILERS_BYTES%"
    log_entry = entry((b"x", b"1"), path=b"/")
    log_entry.response_trailers = HeaderMap([(b"t", b"22")])
    # :method GET :scheme http :authority h.com :path / x 1; :status 200 server envoy x-up u1 x-up u2
    assert text(formats, log_entry) == b"%d %d 3" % (10 + 11 + 15 + 6 + 2, 10 + 11 + 6 + 6)
    assert text(formats, tcp_entry()) == b"0 0 0"


def test_waiting_for_a_connection() -> None:
    info = stream()
    assert text("%UPSTREAM_CONNECTION_POOL_READY_DURATION%", entry(info=info)) == b"-"
    info.upstream_pool_wait_s = 0.012
    assert text("%UPSTREAM_CONNECTION_POOL_READY_DURATION%", entry(info=info)) == b"12"
    assert compile_json({"d": "%UPSTREAM_CONNECTION_POOL_READY_DURATION%"}).format(entry(info=info)) == b'{"d":12}\n'
