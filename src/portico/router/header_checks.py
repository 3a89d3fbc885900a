"""Router.strict_check_headers: control headers that must parse, or the request is refused."""

from __future__ import annotations

import re
from typing import Final

from portico.api.headers import RequestHeaders

_INTEGER: Final = re.compile(rb"[0-9]{1,18}")
_RETRY_ON: Final = frozenset(
    b"5xx gateway-error reset reset-before-request connect-failure retriable-4xx refused-stream retriable-status-codes "
    b"retriable-headers envoy-ratelimited http3-post-connect-failure".split()
)
_RETRY_GRPC_ON: Final = frozenset(b"cancelled deadline-exceeded internal resource-exhausted unavailable".split())
_POLICIES: Final = {b"x-envoy-retry-on": _RETRY_ON, b"x-envoy-retry-grpc-on": _RETRY_GRPC_ON}


def invalid_header(headers: RequestHeaders, strict: tuple[bytes, ...]) -> bytes:
    """The first of ``strict`` whose value makes no sense; b"" when all do."""
    for name in strict:
        value = headers.get(name)
        if value is None:
            continue
        allowed = _POLICIES.get(name)
        if allowed is None:
            if _INTEGER.fullmatch(value) is None:
                return name
        elif not all([token.strip() in allowed for token in value.split(b",")]):
            return name
    return b""
