from typing import Any

import pytest

from portico.access_log import from_proto
from portico.access_log.from_proto import access_logs, http_log_options, log_filter, tcp_log_options
from portico.access_log.log_options import LogOptions
from portico.api.errors import ConfigError, ConfigErrors
from portico.config.proto_pool import message_class
from tests.formatter.entries import entry
from tests.formatter.log_files import RememberedFiles
from tests.formatter.messages import context, message, typed

FILTER = "envoy.config.accesslog.v3.AccessLogFilter"
FILE_LOG = "envoy.extensions.access_loggers.file.v3.FileAccessLog"
HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
TCP_PROXY = "envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy"
SERVER_ERROR = {"status_code_filter": {"comparison": {"op": "GE", "value": {"default_value": 500, "runtime_key": "k"}}}}


def complaint(fields: dict[str, Any]) -> str:
    with pytest.raises((ConfigError, ConfigErrors)) as caught:
        log_filter(message(FILTER, fields), context())
    return str(caught.value)


def test_complaints_name_the_filter() -> None:
    assert complaint({}).startswith("filter_specifier: is required: one of status_code_filter, ")
    assert complaint({"and_filter": {"filters": [{"traceable_filter": {}}, {}]}}).startswith(
        "and_filter.filters[1].filter_specifier: is required"
    )
    assert complaint({"response_flag_filter": {"flags": ["NR", "XX"]}}).startswith(
        "response_flag_filter.flags[1]: must be one of LH, UH, "
    )
    cel = {"name": "cel", "typed_config": typed("envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter")}
    assert "Didn't find a registered implementation" in complaint({"extension_filter": cel})


def file_log(text: str, **fields: Any) -> Any:
    config = typed(FILE_LOG, path="/log", log_format={"text_format": text})
    return message("envoy.config.accesslog.v3.AccessLog", {"name": "f", "typed_config": config} | fields)


def test_builds_each_logger_behind_its_filter() -> None:
    surroundings, files = context(), RememberedFiles()
    surroundings.server.log_files = files
    logs = access_logs([file_log("all %RESPONSE_CODE%"), file_log("errors", filter=SERVER_ERROR)], surroundings)
    ok, failed = entry(), entry()
    failed.info.response_code = 503
    for log_entry in (ok, failed):
        for log in logs:
            log.log(log_entry)
    assert files.lines("/log") == [b"all 200", b"all 503", b"errors"]


def test_names_every_logger_that_is_wrong() -> None:
    bad_regex = {"header": {"name": "x", "string_match": {"safe_regex": {"regex": "("}}}}
    bad_filter = file_log("x", filter={"header_filter": bad_regex})
    untyped = message("envoy.config.accesslog.v3.AccessLog", {"name": "f"})
    with pytest.raises(ConfigErrors) as caught:
        access_logs([file_log("%NOPE%"), file_log("fine"), bad_filter, untyped], context())
    first, second, third = str(caught.value).splitlines()
    assert first == "access_log[0].typed_config.log_format.text_format: Not supported field in StreamInfo: NOPE"
    assert second.startswith("access_log[2].filter.header_filter.header.string_match.safe_regex.regex: missing ): (")
    assert third == "access_log[3]: Didn't find a registered implementation for 'f' with type URL: ''"


def options_of(options: LogOptions) -> tuple[float, bool, bool]:
    return options.interval_s, options.on_start, options.on_established


def test_when_streams_are_logged_before_their_end() -> None:
    assert options_of(http_log_options(message(HCM, {}))) == (0.0, False, False)
    old = message(HCM, {"access_log_flush_interval": "1.5s", "flush_access_log_on_new_request": True})
    assert options_of(http_log_options(old)) == (1.5, True, False)
    fields = {"access_log_flush_interval": "2s", "flush_log_on_tunnel_successfully_established": True}
    assert options_of(http_log_options(message(HCM, {"access_log_options": fields}))) == (2.0, False, True)


def test_when_connections_are_logged_before_their_end() -> None:
    old = message(TCP_PROXY, {"access_log_flush_interval": "0.25s", "flush_access_log_on_connected": True})
    assert options_of(tcp_log_options(old)) == (0.25, False, True)
    fields = {"flush_access_log_on_start": True}
    assert options_of(tcp_log_options(message(TCP_PROXY, {"access_log_options": fields}))) == (0.0, True, False)


def test_the_fields_it_honours_exist() -> None:
    for name, fields in from_proto.SUPPORTED.items():
        assert fields == set(message_class(name).DESCRIPTOR.fields_by_name), name
