from typing import Any

import pytest

from portico.api.access_log import LogEntry
from portico.api.errors import ConfigErrors
from portico.api.headers import RequestHeaders, ResponseHeaders
from portico.config.proto_pool import message_class
from portico.http.local_reply import LocalReply
from portico.http.local_reply_config import from_proto
from portico.http.local_reply_config.from_proto import local_replies
from tests.formatter.entries import stream
from tests.formatter.messages import context, message

CONFIG = "envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig"
SERVER_ERROR = {"status_code_filter": {"comparison": {"op": "GE", "value": {"default_value": 500, "runtime_key": "k"}}}}


def reply(config: dict[str, Any], status: int, body: bytes) -> tuple[LocalReply, ResponseHeaders]:
    headers = ResponseHeaders(0, [])
    entry = LogEntry(stream(), RequestHeaders(b"GET", b"/", b"h", []), headers)
    return local_replies(message(CONFIG, config), context()).rewrite(entry, status, body), headers


def test_no_rules() -> None:
    assert reply({}, 503, b"x")[0] == LocalReply(503, b"x", b"text/plain")


def test_everything_a_mapper_can_say() -> None:
    mapper = {
        "filter": SERVER_ERROR,
        "status_code": 599,
        "body": {"inline_string": "mapped"},
        "body_format_override": {"text_format": "<%LOCAL_REPLY_BODY%>", "content_type": "text/html"},
        "headers_to_add": [{"header": {"key": "X-A", "value": "%RESPONSE_CODE%"}}],
    }
    answer, headers = reply({"mappers": [mapper]}, 503, b"x")
    assert answer == LocalReply(599, b"<mapped>", b"text/html")
    assert headers == ResponseHeaders(599, [(b"x-a", b"503")])
    assert reply({"mappers": [mapper]}, 404, b"x")[0] == LocalReply(404, b"x", b"text/plain")


def test_a_mapped_body_may_be_empty() -> None:
    assert reply({"mappers": [{"filter": SERVER_ERROR, "body": {"inline_string": ""}}]}, 503, b"x")[0].body == b""


def test_the_body_format_of_all_replies() -> None:
    config = {"body_format": {"json_format": {"c": "%RESPONSE_CODE%", "b": "%LOCAL_REPLY_BODY%"}}}
    assert reply(config, 404, b"")[0] == LocalReply(404, b'{"b":"","c":404}\n', b"application/json")


def test_complaints_name_the_field() -> None:
    bad = {
        "mappers": [
            {"filter": SERVER_ERROR, "body": {"filename": "/nonexistent/b"}},
            {"filter": SERVER_ERROR, "headers_to_add": [{"header": {"key": "x", "value": "%NOPE%"}}]},
            {"filter": SERVER_ERROR, "body_format_override": {"text_format": "%REQ%"}},
            {"filter": {}},
        ],
        "body_format": {"json_format": {"a": "%"}},
    }
    with pytest.raises(ConfigErrors) as caught:
        reply(bad, 503, b"")
    starts = [str(error).partition(": ")[0] for error in caught.value.errors]
    assert starts == [
        "mappers[0].body.filename",
        "mappers[1].headers_to_add[0].header.value",
        "mappers[2].body_format_override.text_format",
        "mappers[3].filter.filter_specifier",
        "body_format.json_format",
    ]


def test_the_fields_it_honours_exist() -> None:
    for name, fields in from_proto.SUPPORTED.items():
        assert fields == set(message_class(name).DESCRIPTOR.fields_by_name), name
