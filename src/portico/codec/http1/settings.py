"""What configuration decides about HTTP/1 on one side of the proxy."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class HeaderCasing(Enum):
    """How field names are written; Http1ProtocolOptions.header_key_format."""

    LOWER = 1
    PROPER_CASE_WORDS = 2
    PRESERVE = 3


@dataclass(frozen=True)
class Http1Settings:
    """Limits and options of one codec. Sizes in bytes."""

    max_headers_bytes: int = 60 * 1024  # HttpConnectionManager.max_request_headers_kb default
    max_headers_count: int = 100  # HttpProtocolOptions.max_headers_count default
    enable_trailers: bool = False
    accept_http_10: bool = False
    default_host_for_http_10: bytes = b""
    allow_absolute_url: bool = True
    allow_chunked_length: bool = False
    allow_custom_methods: bool = False
    rejects_underscores: bool = False  # in names of request fields
    sends_absolute_targets: bool = False  # Http1ProtocolOptions.send_fully_qualified_url, of a client
    header_casing: HeaderCasing = HeaderCasing.LOWER
    forward_reason_phrase: bool = False


DEFAULT_SETTINGS = Http1Settings()
