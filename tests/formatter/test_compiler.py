from portico.formatter.compiler import DEFAULT_FORMAT, compile_format, compile_json
from tests.formatter.entries import entry, server, stream, tcp_entry


def test_default_line_of_a_proxied_request() -> None:
    log_entry = entry((b"user-agent", b"curl/7.88.1"), (b"x-request-id", b"e02a"), path=b"/hello")
    assert log_entry.response_headers is not None
    log_entry.response_headers.add(b"x-envoy-upstream-service-time", b"0")
    assert compile_format(DEFAULT_FORMAT).format(log_entry) == (
        b'[2026-11-20T13:42:12.335Z] "GET /hello HTTP/1.1" 200 - 0 278 1 0 "-" "curl/7.88.1" "e02a" "h.com" '
        b'"127.0.0.1:21001"\n'
    )


def test_default_line_of_a_connection() -> None:
    info = tcp_entry().info
    info.protocol = None
    info.response_code = 0
    info.upstream_host = None
    log_entry = tcp_entry()
    log_entry.info = info
    assert compile_format(DEFAULT_FORMAT).format(log_entry) == (
        b'[2026-11-20T13:42:12.335Z] "- - -" 0 - 0 278 1 - "-" "-" "-" "-" "-"\n'
    )


def test_original_path_goes_before_the_rewritten_one() -> None:
    log_entry = entry((b"x-envoy-original-path", b"/before"), path=b"/after")
    assert compile_format("%REQ(X-ENVOY-ORIGINAL-PATH?:PATH)%").format(log_entry) == b"/before"


def test_missing_values_print_a_dash_or_nothing() -> None:
    # Measured on Envoy 1.40 with and without omit_empty_values.
    text = "A%REQ(nope)%B%REQ(x-empty)%C%RESPONSE_FLAGS%D%TRACE_ID%E%ENVIRONMENT(NOPE)%G%CUSTOM_FLAGS%H%PROTOCOL%I"
    log_entry = entry((b"x-empty", b""))
    assert compile_format(text, server()).format(log_entry) == b"A-BC-D-E-GHHTTP/1.1I"
    assert compile_format(text, server(), omit_empty=True).format(log_entry) == b"ABC-DE-GHHTTP/1.1I"


def test_format_without_commands_is_printed_as_it_is() -> None:
    assert compile_format("é 100%%\n").format(entry()) == "é 100%\n".encode()
    assert compile_format("").format(entry()) == b""


def test_one_formatter_serves_many_entries() -> None:
    formatter = compile_format("%REQ(a)% %BYTES_SENT%")
    later = stream()
    later.bytes_sent = 3
    assert [formatter.format(each) for each in (entry((b"a", b"1")), entry(), entry((b"a", b"2"), info=later))] == [
        b"1 278",
        b"- 278",
        b"2 3",
    ]


def test_json_templates_with_and_without_what_is_missing() -> None:
    template = {"b": "%REQ(nope)%", "a": "%RESPONSE_CODE%"}
    assert compile_json(template).format(entry()) == b'{"a":200,"b":null}\n'
    assert compile_json(template, omit_empty=True).format(entry()) == b'{"a":200}\n'
