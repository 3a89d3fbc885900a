"""Each filter, built from its message and asked about entries."""

from typing import Any

import pytest

from portico.access_log.from_proto import log_filter
from portico.api.access_log import LogEntry
from portico.api.response_flags import ResponseFlag
from tests.formatter.entries import entry, stream
from tests.formatter.messages import context, message

FILTER = "envoy.config.accesslog.v3.AccessLogFilter"
UUID = b"e02a3ffd-b30c-4289-a680-0eddbccab897"


def allows(fields: dict[str, Any], log_entry: LogEntry, runtime: dict[str, int] | None = None) -> bool:
    return log_filter(message(FILTER, fields), context(runtime)).allows(log_entry)


def answered(code: int) -> LogEntry:
    info = stream()
    info.response_code = code
    return entry(info=info)


def comparison(operation: str, value: int) -> dict[str, Any]:
    return {"comparison": {"op": operation, "value": {"default_value": value, "runtime_key": "log.limit"}}}


@pytest.mark.parametrize(
    ("operation", "allowed"),
    [("EQ", [400]), ("GE", [400, 401]), ("LE", [399, 400]), ("NE", [399, 401])],
)
def test_compares_the_status_code(operation: str, allowed: list[int]) -> None:
    fields = {"status_code_filter": comparison(operation, 400)}
    assert [code for code in (399, 400, 401) if allows(fields, answered(code))] == allowed


def test_runtime_overrides_the_limit() -> None:
    fields = {"status_code_filter": comparison("GE", 400)}
    assert not allows(fields, answered(400), {"log.limit": 500})
    assert allows(fields, answered(500), {"log.limit": 500})


def test_compares_the_duration_in_milliseconds() -> None:
    assert allows({"duration_filter": comparison("EQ", 1)}, entry())
    assert not allows({"duration_filter": comparison("GE", 2)}, entry())
    running = stream()
    running.end = 0.0
    assert allows({"duration_filter": comparison("EQ", 50_000)}, entry(info=running))


def test_health_checks_and_traced_requests() -> None:
    checked = stream()
    checked.is_health_check = checked.is_traced = True
    assert [allows({"not_health_check_filter": {}}, each) for each in (entry(), entry(info=checked))] == [True, False]
    assert [allows({"traceable_filter": {}}, each) for each in (entry(), entry(info=checked))] == [False, True]


def sampled(request_id: bytes) -> LogEntry:
    info = stream()
    info.request_id = request_id
    return entry(info=info)


def test_samples_by_the_request_id() -> None:
    most = {"runtime_filter": {"runtime_key": "log.share", "percent_sampled": {"numerator": 80}}}
    # 0xe02a3ffd % 100 is 77, 0x00000063 is 99.
    assert allows(most, sampled(UUID))
    assert not allows(most, sampled(b"00000063" + UUID[8:]))
    assert not allows(most, sampled(UUID), {"log.share": 77})
    independent = {"runtime_filter": most["runtime_filter"] | {"use_independent_randomness": True}}
    assert allows(independent, sampled(b"00000063" + UUID[8:]))  # the first random number of the test is 0
    assert allows(most, sampled(b"mine"))
    assert allows(most, sampled(b"zzzzzzzz" + UUID[8:]))


def test_and_or() -> None:
    error, slow = {"status_code_filter": comparison("GE", 500)}, {"duration_filter": comparison("GE", 1)}
    assert not allows({"and_filter": {"filters": [error, slow]}}, answered(200))
    assert allows({"and_filter": {"filters": [error, slow]}}, answered(500))
    assert allows({"or_filter": {"filters": [error, slow]}}, answered(200))
    assert not allows({"or_filter": {"filters": [error, error]}}, answered(200))


def test_looks_at_request_headers() -> None:
    fields = {"header_filter": {"header": {"name": "x-a", "string_match": {"exact": "1"}}}}
    assert allows(fields, entry((b"x-a", b"1")))
    assert not allows(fields, entry((b"x-a", b"2")))
    assert not allows(fields, LogEntry(stream()))


def test_looks_for_response_flags() -> None:
    info = stream()
    info.add_flag(ResponseFlag.NO_ROUTE_FOUND)
    assert allows({"response_flag_filter": {"flags": ["UH", "NR"]}}, entry(info=info))
    assert not allows({"response_flag_filter": {"flags": ["UH"]}}, entry(info=info))
    assert allows({"response_flag_filter": {}}, entry(info=info))
    assert not allows({"response_flag_filter": {}}, entry())


def test_looks_at_the_grpc_status() -> None:
    assert allows({"grpc_status_filter": {"statuses": ["NOT_FOUND", "UNAVAILABLE"]}}, answered(503))
    assert not allows({"grpc_status_filter": {"statuses": ["UNAVAILABLE"], "exclude": True}}, answered(503))
    assert allows({"grpc_status_filter": {"statuses": ["UNKNOWN"]}}, answered(0))


def test_looks_at_dynamic_metadata() -> None:
    info = stream()
    info.dynamic_metadata = {"ns": {"hint": True}}
    wanted = {"filter": "ns", "path": [{"key": "hint"}], "value": {"bool_match": False}}
    assert not allows({"metadata_filter": {"matcher": wanted}}, entry(info=info))
    assert allows({"metadata_filter": {"matcher": wanted | {"invert": True}}}, entry(info=info))
    assert allows({"metadata_filter": {"matcher": wanted}}, entry())
    assert not allows({"metadata_filter": {"matcher": wanted, "match_if_key_not_found": False}}, entry())
    assert allows({"metadata_filter": {}}, entry())


def test_looks_at_the_log_type() -> None:
    log_entry = entry()
    log_entry.log_type = "DownstreamStart"
    assert allows({"log_type_filter": {"types": ["DownstreamStart"]}}, log_entry)
    assert not allows({"log_type_filter": {"types": ["DownstreamStart"], "exclude": True}}, log_entry)
    assert not allows({"log_type_filter": {"types": ["DownstreamEnd"]}}, log_entry)
