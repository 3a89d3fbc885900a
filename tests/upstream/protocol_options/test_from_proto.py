from typing import Any

import pytest

from portico.api.errors import ConfigError
from portico.api.upstream import ClusterInfo
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.config.protos import message_descriptor
from portico.stats.store import StatsStore
from portico.upstream.protocol_options.from_proto import SUPPORTED, TYPE, read_protocol_options
from tests.upstream.surroundings import cluster_message

PRESERVE_CASE = "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"


def read(**fields: Any) -> tuple[ClusterInfo, Http1Settings]:
    info = ClusterInfo("api", StatsStore())
    return info, read_protocol_options(cluster_message("{name: api}", **fields), info)


def extension(**fields: Any) -> dict[str, Any]:
    return {TYPE: {"@type": f"type.googleapis.com/{TYPE}", **fields}}


def explicit(**fields: Any) -> dict[str, Any]:
    return extension(explicit_http_config={"http_protocol_options": fields})


def complaint(**fields: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        read(**fields)
    return str(caught.value)


def test_defaults_are_envoys() -> None:
    info, http1 = read()
    assert info.idle_timeout_s == 3600.0
    assert (info.max_connection_duration_s, info.max_stream_duration_s, info.max_requests_per_connection) == (0, 0, 0)
    assert (http1.max_headers_count, http1.max_headers_bytes) == (100, 80 * 1024)
    assert http1.header_casing is HeaderCasing.LOWER


COMMON = {
    "idle_timeout": "0s",
    "max_connection_duration": "1.5s",
    "max_stream_duration": "2s",
    "max_headers_count": 7,
    "max_response_headers_kb": 9,
    "max_requests_per_connection": 3,
}


@pytest.mark.parametrize(
    "fields",
    [
        {"common_http_protocol_options": COMMON},
        {
            "typed_extension_protocol_options": extension(
                common_http_protocol_options=COMMON, explicit_http_config={"http_protocol_options": {}}
            )
        },
        {
            "typed_extension_protocol_options": extension(
                common_http_protocol_options=COMMON, use_downstream_protocol_config={}
            )
        },
    ],
)
def test_common_options_are_read_from_either_place(fields: dict[str, Any]) -> None:
    info, http1 = read(**fields)
    assert info.idle_timeout_s == 0.0
    assert (info.max_connection_duration_s, info.max_stream_duration_s) == (1.5, 2.0)
    assert info.max_requests_per_connection == 3
    assert (http1.max_headers_count, http1.max_headers_bytes) == (7, 9 * 1024)


def test_extension_silences_the_older_fields() -> None:
    info, _ = read(
        common_http_protocol_options={"idle_timeout": "1s"},
        typed_extension_protocol_options=explicit(),
    )
    assert info.idle_timeout_s == 3600.0


def test_oldest_field_limits_requests_where_no_newer_does() -> None:
    info, _ = read(max_requests_per_connection=5)
    assert info.max_requests_per_connection == 5
    info, _ = read(max_requests_per_connection=5, common_http_protocol_options={"max_requests_per_connection": 2})
    assert info.max_requests_per_connection == 2


@pytest.mark.parametrize("where", ["older", "extension"])
def test_http1_options_are_read_from_either_place(where: str) -> None:
    options = {
        "enable_trailers": True,
        "allow_chunked_length": True,
        "allow_custom_methods": True,
        "send_fully_qualified_url": True,
        "header_key_format": {"proper_case_words": {}},
    }
    older = {"http_protocol_options": options}
    _, http1 = read(**older) if where == "older" else read(typed_extension_protocol_options=explicit(**options))
    assert http1.enable_trailers
    assert http1.allow_chunked_length
    assert http1.allow_custom_methods
    assert http1.sends_absolute_targets
    assert http1.header_casing is HeaderCasing.PROPER_CASE_WORDS


def formatter(type_name: str, **fields: Any) -> dict[str, Any]:
    config = {"@type": f"type.googleapis.com/{type_name}", **fields}
    return explicit(header_key_format={"stateful_formatter": {"name": "f", "typed_config": config}})


def test_case_is_preserved() -> None:
    _, http1 = read(typed_extension_protocol_options=formatter(PRESERVE_CASE, forward_reason_phrase=True))
    assert http1.header_casing is HeaderCasing.PRESERVE
    assert http1.forward_reason_phrase


def test_unknown_formatter_is_refused() -> None:
    text = complaint(typed_extension_protocol_options=formatter("envoy.type.v3.Percent"))
    assert "stateful_formatter.typed_config: Didn't find a registered implementation" in text
    assert PRESERVE_CASE in text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"http2_protocol_options": {}}, "http2_protocol_options: HTTP/2 upstreams are not implemented yet"),
        (
            {"typed_extension_protocol_options": extension(explicit_http_config={"http2_protocol_options": {}})},
            (
                f"typed_extension_protocol_options[{TYPE!r}].explicit_http_config.http2_protocol_options: "
                "HTTP/2 upstreams are not implemented yet"
            ),
        ),
        (
            {"typed_extension_protocol_options": extension(explicit_http_config={"http3_protocol_options": {}})},
            (
                f"typed_extension_protocol_options[{TYPE!r}].explicit_http_config.http3_protocol_options: "
                "HTTP/3 upstreams are not implemented yet"
            ),
        ),
        (
            {"typed_extension_protocol_options": extension(auto_config={})},
            (
                f"typed_extension_protocol_options[{TYPE!r}].auto_config: "
                "needs a transport socket that negotiates ALPN, found none"
            ),
        ),
        (
            {"typed_extension_protocol_options": {"foo": {"@type": "type.googleapis.com/envoy.type.v3.Percent"}}},
            (
                "typed_extension_protocol_options['foo']: "
                "Didn't find a registered network or http filter or protocol options implementation for name: 'foo'"
            ),
        ),
    ],
)
def test_what_would_break_traffic_is_refused(fields: dict[str, Any], text: str) -> None:
    assert complaint(**fields) == text


def test_supported_fields_exist() -> None:
    for name, fields in SUPPORTED.items():
        descriptor = message_descriptor(name)
        assert descriptor is not None, name
        assert fields <= set(descriptor.fields_by_name), name
