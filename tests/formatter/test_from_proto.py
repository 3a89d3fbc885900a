from pathlib import Path
from typing import Any

import pytest

from portico.api.errors import ConfigError, ConfigErrors
from portico.config.proto_pool import message_class
from portico.formatter import from_proto
from portico.formatter.from_proto import content_type, read_data_source, struct_to_python, substitution_format
from tests.formatter.entries import entry
from tests.formatter.messages import context, message, typed

FORMAT = "envoy.config.core.v3.SubstitutionFormatString"
WITHOUT_QUERY = "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery"


def formatted(**fields: Any) -> bytes:
    return substitution_format(message(FORMAT, fields), context()).format(entry())


def errors(**fields: Any) -> str:
    with pytest.raises((ConfigError, ConfigErrors)) as caught:
        formatted(**fields)
    return str(caught.value)


def test_text_json_and_where_they_come_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "format"
    file.write_text("%PROTOCOL%\n")
    monkeypatch.setenv("PORTICO_FORMAT", "%RESPONSE_CODE%")
    assert formatted(text_format="%PROTOCOL%!") == b"HTTP/1.1!"
    assert formatted(text_format_source={"inline_string": "%PROTOCOL%"}) == b"HTTP/1.1"
    assert formatted(text_format_source={"inline_bytes": "aGk="}) == b"hi"
    assert formatted(text_format_source={"filename": str(file)}) == b"HTTP/1.1\n"
    assert formatted(text_format_source={"environment_variable": "PORTICO_FORMAT"}) == b"200"
    assert formatted(json_format={"b": 1, "a": ["%PROTOCOL%", None]}) == b'{"a":["HTTP/1.1",null],"b":1}\n'


def test_omit_empty_values_and_sorting() -> None:
    assert formatted(text_format="<%REQ(n)%>", omit_empty_values=True) == b"<>"
    options = {"sort_properties": False}  # Envoy sorts all the same: a Struct has no order
    assert formatted(json_format={"b": "%REQ(n)%", "a": 1}, omit_empty_values=True, json_format_options=options) == (
        b'{"a":1}\n'
    )


def test_commands_of_extensions_are_asked_for_by_type() -> None:
    extension = {"name": "x", "typed_config": typed(WITHOUT_QUERY)}
    assert formatted(text_format="%REQ_WITHOUT_QUERY(:PATH)%", formatters=[extension]) == b"/p/q"
    router = typed("envoy.extensions.filters.http.router.v3.Router")
    unknown = {"name": "x", "typed_config": router}
    assert errors(text_format="a", formatters=[extension, unknown]) == (
        "formatters[1].typed_config: Formatter not found: x"
    )


def test_complaints_name_the_field() -> None:
    assert errors(text_format="%NOPE%") == "text_format: Not supported field in StreamInfo: NOPE"
    assert errors(json_format={"a": "%REQ%"}) == "json_format: REQ requires parameters"
    assert errors(text_format_source={"filename": "/nonexistent/f"}) == (
        "text_format_source.filename: Invalid path: /nonexistent/f"
    )
    assert errors(text_format_source={"environment_variable": "PORTICO_NOPE"}) == (
        "text_format_source.environment_variable: Environment variable doesn't exist: PORTICO_NOPE"
    )
    assert errors() == "format: is required: one of text_format, json_format, text_format_source"


def test_content_type_follows_the_kind_unless_given() -> None:
    assert content_type(message(FORMAT, {"text_format": "a"})) == "text/plain"
    assert content_type(message(FORMAT, {"json_format": {}})) == "application/json"
    assert content_type(message(FORMAT, {"json_format": {}, "content_type": "x/y"})) == "x/y"


def test_structs_become_plain_values() -> None:
    value = {"a": [1.0, "s", True, None, {"b": {}}]}
    assert struct_to_python(message("google.protobuf.Struct", value)) == value


def test_data_sources_of_bytes_stay_bytes() -> None:
    assert read_data_source(message("envoy.config.core.v3.DataSource", {"inline_bytes": "/w=="})) == b"\xff"


def test_the_fields_it_honours_exist() -> None:
    for name, fields in from_proto.SUPPORTED.items():
        assert fields <= set(message_class(name).DESCRIPTOR.fields_by_name), name
