"""HttpConnectionManager messages to what streams read; every complaint with its field."""

from typing import Any

import pytest

from portico.api.context import FactoryContext
from portico.api.errors import ConfigErrors
from portico.codec.http1.settings import HeaderCasing
from portico.http.config import HttpConfig, ServerHeader
from portico.http.from_proto import codec_settings, http_config
from portico.http.path_normalization import EscapedSlashes
from portico.testing.fake_server import FakeServer
from tests.http.proxy import ROUTER_CONFIG, hcm_message

DIRECT = "- {match: {prefix: /}, direct_response: {status: 204}}"
ROUTER = {"name": "envoy.filters.http.router", "typed_config": ROUTER_CONFIG}


def config_of(**fields: Any) -> HttpConfig:
    server = FakeServer()
    return http_config(hcm_message(DIRECT, **fields), FactoryContext(server.context, server.context.scope))


def complaints_of(**fields: Any) -> list[str]:
    with pytest.raises(ConfigErrors) as raised:
        config_of(**fields)
    return [str(error) for error in raised.value.errors]


def test_defaults_are_envoys() -> None:
    config = config_of()
    timeouts = config.timeouts
    assert (timeouts.stream_idle_s, timeouts.idle_s, timeouts.drain_s, timeouts.delayed_close_s) == (
        300.0,
        3600.0,
        5.0,
        1.0,
    )
    assert (config.codec.max_headers_bytes, config.codec.max_headers_count) == (60 * 1024, 100)
    assert config.paths is None
    assert (config.server_name, config.server_header) == (b"envoy", ServerHeader.OVERWRITE)
    assert config.forwarding.request_id.generate
    assert not config.forwarding.use_remote_address
    assert config.stat_prefix == "in"


def test_durations_become_seconds() -> None:
    timeouts = config_of(
        stream_idle_timeout="0s",
        request_timeout="1.5s",
        request_headers_timeout="0.25s",
        drain_timeout="7s",
        delayed_close_timeout="0s",
        common_http_protocol_options={
            "idle_timeout": "9s",
            "max_stream_duration": "10s",
            "max_connection_duration": "11s",
        },
    ).timeouts
    assert (timeouts.stream_idle_s, timeouts.request_s, timeouts.request_headers_s) == (0.0, 1.5, 0.25)
    assert (timeouts.drain_s, timeouts.delayed_close_s, timeouts.idle_s) == (7.0, 0.0, 9.0)
    assert (timeouts.max_stream_duration_s, timeouts.max_connection_duration_s) == (10.0, 11.0)


def test_codec_options() -> None:
    settings = codec_settings(
        hcm_message(
            DIRECT,
            max_request_headers_kb=8,
            common_http_protocol_options={"max_headers_count": 7},
            http_protocol_options={
                "enable_trailers": True,
                "accept_http_10": True,
                "default_host_for_http_10": "old.test",
                "allow_absolute_url": False,
                "allow_chunked_length": True,
                "allow_custom_methods": True,
                "header_key_format": {"proper_case_words": {}},
            },
        )
    )
    assert (settings.max_headers_bytes, settings.max_headers_count) == (8192, 7)
    assert settings.enable_trailers
    assert settings.accept_http_10
    assert settings.default_host_for_http_10 == b"old.test"
    assert not settings.allow_absolute_url
    assert settings.allow_chunked_length
    assert settings.allow_custom_methods
    assert settings.header_casing is HeaderCasing.PROPER_CASE_WORDS


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("IMPLEMENTATION_SPECIFIC_DEFAULT", None),
        ("KEEP_UNCHANGED", None),
        ("REJECT_REQUEST", EscapedSlashes.REJECT_REQUEST),
        ("UNESCAPE_AND_REDIRECT", EscapedSlashes.UNESCAPE_AND_REDIRECT),
        ("UNESCAPE_AND_FORWARD", EscapedSlashes.UNESCAPE_AND_FORWARD),
    ],
)
def test_escaped_slashes_by_name(action: str, expected: EscapedSlashes | None) -> None:
    paths = config_of(path_with_escaped_slashes_action=action).paths
    assert (None if paths is None else paths.escaped_slashes) == expected


def test_internal_addresses_absent_empty_and_named() -> None:
    assert config_of().forwarding.internal_networks == []
    private = [str(network) for network in config_of(internal_address_config={}).forwarding.internal_networks]
    assert {"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"} <= set(private)
    named = config_of(internal_address_config={"cidr_ranges": [{"address_prefix": "192.0.2.9", "prefix_len": 24}]})
    assert [str(network) for network in named.forwarding.internal_networks] == ["192.0.2.0/24"]


def test_filters_stand_in_their_order_under_their_names() -> None:
    assert [slot.name for slot in config_of().filters] == ["envoy.filters.http.router"]


def test_every_complaint_is_told_at_once_with_its_field() -> None:
    told = complaints_of(
        codec_type="HTTP3",
        internal_address_config={"cidr_ranges": [{"address_prefix": "nonsense", "prefix_len": 8}]},
        http_filters=[{**ROUTER, "name": "a"}, {**ROUTER, "name": "a"}],
    )
    assert len(told) >= 3
    assert any("codec_type" in each for each in told)
    assert any("internal_address_config.cidr_ranges[0]" in each and "nonsense" in each for each in told)
    assert any("http_filters" in each for each in told)


def test_router_must_end_the_chain() -> None:
    (told,) = complaints_of(http_filters=[ROUTER, {**ROUTER, "name": "second"}])
    assert "must be the last filter" in told


def test_chain_without_filters_is_refused() -> None:
    assert any("http_filters" in each for each in complaints_of(http_filters=[]))


def test_unknown_filter_is_refused_unless_it_is_optional() -> None:
    unknown = {
        "name": "x",
        "typed_config": {"@type": "type.googleapis.com/envoy.extensions.filters.http.cors.v3.Cors"},
    }
    assert any("http_filters[0]" in each and "Cors" in each for each in complaints_of(http_filters=[unknown, ROUTER]))
    kept = config_of(http_filters=[{**unknown, "is_optional": True}, ROUTER])
    assert [slot.name for slot in kept.filters] == ["envoy.filters.http.router"]
