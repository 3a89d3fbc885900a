"""HttpProtocolOptions, as an extension of the cluster or in its older fields, into settings of pools and codecs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from portico.api.errors import ConfigError
from portico.api.upstream import ClusterInfo
from portico.codec.http1.settings import HeaderCasing, Http1Settings
from portico.config.durations import seconds
from portico.config.protos import type_name, unpack

TYPE = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions"
PRESERVE_CASE = "envoy.extensions.http.header_formatters.preserve_case.v3.PreserveCaseFormatterConfig"

SUPPORTED: dict[str, frozenset[str]] = {
    TYPE: frozenset(
        {"common_http_protocol_options", "explicit_http_config", "use_downstream_protocol_config", "auto_config"}
    ),
    TYPE + ".ExplicitHttpConfig": frozenset(
        {"http_protocol_options", "http2_protocol_options", "http3_protocol_options"}
    ),
    # HTTP/2 and HTTP/3 options matter once a downstream connection speaks them.
    TYPE + ".UseDownstreamHttpConfig": frozenset({"http_protocol_options"}),
    "envoy.config.core.v3.HttpProtocolOptions": frozenset(
        {
            "idle_timeout", "max_connection_duration", "max_headers_count", "max_response_headers_kb",
            "max_stream_duration", "max_requests_per_connection",
        }
    ),
    "envoy.config.core.v3.Http1ProtocolOptions": frozenset(
        "header_key_format enable_trailers allow_chunked_length allow_custom_methods send_fully_qualified_url".split()
    ),
    "envoy.config.core.v3.Http1ProtocolOptions.HeaderKeyFormat": frozenset({"proper_case_words", "stateful_formatter"}),
    PRESERVE_CASE: frozenset({"forward_reason_phrase"}),
}  # fmt: skip

_NOT_YET = {
    "http2_protocol_options": "HTTP/2 upstreams are not implemented yet",
    "http3_protocol_options": "HTTP/3 upstreams are not implemented yet",
}


@dataclass(frozen=True)
class Chosen:
    """The messages that count, wherever they stood, and the path to each."""

    common: Any
    http1: Any
    common_path: str
    http1_path: str


def read_protocol_options(cluster: Any, info: ClusterInfo) -> Http1Settings:
    """Fills in ``info``; the result is what the codec goes by. Raises ConfigError, relative to the cluster."""
    chosen = from_extension(cluster) or from_older_fields(cluster)
    common = chosen.common
    if common.HasField("idle_timeout"):
        info.idle_timeout_s = seconds(common.idle_timeout)
    info.max_connection_duration_s = seconds(common.max_connection_duration)
    info.max_stream_duration_s = seconds(common.max_stream_duration)
    if common.HasField("max_headers_count"):
        info.max_response_headers_count = common.max_headers_count.value
    if common.HasField("max_response_headers_kb"):
        info.max_response_headers_kb = common.max_response_headers_kb.value
    older = cluster.max_requests_per_connection.value
    newer = common.max_requests_per_connection
    info.max_requests_per_connection = newer.value if common.HasField("max_requests_per_connection") else older
    limits = Http1Settings(
        max_headers_bytes=info.max_response_headers_kb * 1024, max_headers_count=info.max_response_headers_count
    )
    return http1_settings(chosen.http1, chosen.http1_path, limits)


def from_extension(cluster: Any) -> Chosen | None:
    """What typed_extension_protocol_options says; where it says anything, the older fields are not looked at."""
    path = f"typed_extension_protocol_options[{TYPE!r}]"
    for key, packed in cluster.typed_extension_protocol_options.items():
        if type_name(packed) != TYPE:
            raise ConfigError(
                "",
                f"typed_extension_protocol_options[{key!r}]",
                f"Didn't find a registered network or http filter or protocol options implementation for name: {key!r}",
            )
        options = unpack(packed)
        kind = options.WhichOneof("upstream_protocol_options")
        if kind == "auto_config":
            raise ConfigError("", f"{path}.auto_config", "needs a transport socket that negotiates ALPN, found none")
        inner = getattr(options, kind)
        if kind == "explicit_http_config":
            refuse_newer_protocols(inner.WhichOneof("protocol_config"), f"{path}.{kind}")
        return Chosen(
            options.common_http_protocol_options,
            inner.http_protocol_options,
            f"{path}.common_http_protocol_options",
            f"{path}.{kind}.http_protocol_options",
        )
    return None


def from_older_fields(cluster: Any) -> Chosen:
    if cluster.HasField("http2_protocol_options"):
        refuse_newer_protocols("http2_protocol_options", "")
    return Chosen(
        cluster.common_http_protocol_options,
        cluster.http_protocol_options,
        "common_http_protocol_options",
        "http_protocol_options",
    )


def refuse_newer_protocols(field: str | None, path: str) -> None:
    if field in _NOT_YET:
        raise ConfigError("", f"{path}.{field}" if path else field, _NOT_YET[field])


def http1_settings(message: Any, path: str, limits: Http1Settings) -> Http1Settings:
    """Http1ProtocolOptions as far as they mean anything to a client."""
    casing = HeaderCasing.LOWER
    forwards_reason = False
    kind = message.header_key_format.WhichOneof("header_format")
    if kind == "proper_case_words":
        casing = HeaderCasing.PROPER_CASE_WORDS
    elif kind == "stateful_formatter":
        packed = message.header_key_format.stateful_formatter.typed_config
        if type_name(packed) != PRESERVE_CASE:
            raise ConfigError(
                "",
                f"{path}.header_key_format.stateful_formatter.typed_config",
                f"Didn't find a registered implementation with type URL: {type_name(packed)!r}; known: {PRESERVE_CASE}",
            )
        casing = HeaderCasing.PRESERVE
        forwards_reason = unpack(packed).forward_reason_phrase
    return replace(
        limits,
        enable_trailers=message.enable_trailers,
        allow_chunked_length=message.allow_chunked_length,
        allow_custom_methods=message.allow_custom_methods,
        sends_absolute_targets=message.send_fully_qualified_url,
        header_casing=casing,
        forward_reason_phrase=forwards_reason,
    )
