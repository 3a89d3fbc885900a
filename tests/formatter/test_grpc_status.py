"""Measured on Envoy 1.40 with direct responses to gRPC requests."""

import pytest

from portico.api.access_log import LogEntry
from portico.api.headers import HeaderMap
from portico.formatter.compiler import compile_json
from portico.formatter.grpc_status import grpc_status
from tests.formatter.entries import entry, tcp_entry, text


def call(status: bytes | None = None, code: int = 200, content_type: bytes = b"application/grpc") -> LogEntry:
    log_entry = entry((b"content-type", content_type))
    log_entry.info.response_code = code
    if status is not None and log_entry.response_headers is not None:
        log_entry.response_headers.add(b"grpc-status", status)
    return log_entry


FORMATS = "%GRPC_STATUS% %GRPC_STATUS(SNAKE_STRING)% %GRPC_STATUS(NUMBER)% %GRPC_STATUS_NUMBER%"


@pytest.mark.parametrize(
    ("status", "printed"),
    [
        (b"0", b"OK OK 0 0"),
        (b"1", b"Canceled CANCELLED 1 1"),
        (b"3", b"InvalidArgument INVALID_ARGUMENT 3 3"),
        (b"16", b"Unauthenticated UNAUTHENTICATED 16 16"),
        (b"007", b"PermissionDenied PERMISSION_DENIED 7 7"),
        (b" 5", b"NotFound NOT_FOUND 5 5"),
        (b"17", b"17 17 17 17"),
        (b"-1", b"-1 -1 -1 -1"),
        (b"x", b"-1 -1 -1 -1"),
    ],
)
def test_prints_the_status_of_the_answer(status: bytes, printed: bytes) -> None:
    assert text(FORMATS, call(status)) == printed


@pytest.mark.parametrize(
    ("code", "number"),
    [
        (200, 2),
        (301, 2),
        (400, 13),
        (401, 16),
        (403, 7),
        (404, 12),
        (408, 2),
        (429, 14),
        (500, 2),
        (502, 14),
        (504, 14),
    ],
)
def test_without_one_the_http_status_stands_for_it(code: int, number: int) -> None:
    assert text("%GRPC_STATUS_NUMBER%", call(code=code)) == b"%d" % number


def test_trailers_come_before_headers() -> None:
    log_entry = call(b"3")
    log_entry.response_trailers = HeaderMap([(b"grpc-status", b"0")])
    assert text("%GRPC_STATUS%", log_entry) == b"OK"


@pytest.mark.parametrize("content_type", [b"application/grpcx", b"application/grpc;x", b"text/plain"])
def test_other_requests_have_no_grpc_status(content_type: bytes) -> None:
    assert text(FORMATS, call(b"0", content_type=content_type)) == b"- - - -"


def test_subtypes_are_grpc() -> None:
    assert text("%GRPC_STATUS%", call(b"0", content_type=b"application/grpc+proto")) == b"OK"


def test_json_keeps_the_number() -> None:
    formatter = compile_json({"s": "%GRPC_STATUS%", "n": "%GRPC_STATUS_NUMBER%"})
    assert formatter.format(call(b"3")) == b'{"n":3,"s":"InvalidArgument"}\n'
    assert formatter.format(entry()) == b'{"n":null,"s":null}\n'


def test_nothing_answered_is_no_status() -> None:
    log_entry = tcp_entry()
    log_entry.info.response_code = 0
    assert grpc_status(log_entry) is None
