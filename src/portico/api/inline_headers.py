"""Headers of which Envoy keeps one field: adding a value joins it to the one that is there.

Measured on Envoy 1.40 by adding each name to a block that had it. Names Envoy strips from requests before routes see
them are here by its source (envoy/http/header_map.h, INLINE_REQ_HEADERS).
"""

from __future__ import annotations

from typing import Final

_EITHER: Final = frozenset(
    {
        b"cache-control",
        b"connection",
        b"content-encoding",
        b"content-length",
        b"content-type",
        b"keep-alive",
        b"proxy-connection",
        b"proxy-status",
        b"transfer-encoding",
        b"upgrade",
        b"via",
        b"x-envoy-attempt-count",
        b"x-envoy-decorator-operation",
        b"x-request-id",
    }
)
REQUEST: Final = _EITHER | frozenset(
    {
        b"accept",
        b"accept-encoding",
        b"access-control-request-headers",
        b"access-control-request-method",
        b"access-control-request-private-network",
        b"authorization",
        b"expect",
        b"grpc-accept-encoding",
        b"grpc-timeout",
        b"if-match",
        b"if-modified-since",
        b"if-none-match",
        b"if-range",
        b"if-unmodified-since",
        b"origin",
        b"pragma",
        b"referer",
        b"te",
        b"user-agent",
        b"x-client-trace-id",
        b"x-envoy-downstream-service-cluster",
        b"x-envoy-downstream-service-node",
        b"x-envoy-expected-rq-timeout-ms",
        b"x-envoy-external-address",
        b"x-envoy-force-trace",
        b"x-envoy-hedge-on-per-try-timeout",
        b"x-envoy-internal",
        b"x-envoy-ip-tags",
        b"x-envoy-is-timeout-retry",
        b"x-envoy-max-retries",
        b"x-envoy-original-host",
        b"x-envoy-original-path",
        b"x-envoy-original-url",
        b"x-envoy-retriable-header-names",
        b"x-envoy-retriable-status-codes",
        b"x-envoy-retry-grpc-on",
        b"x-envoy-retry-on",
        b"x-envoy-upstream-alt-stat-name",
        b"x-envoy-upstream-rq-per-try-timeout-ms",
        b"x-envoy-upstream-rq-timeout-alt-response",
        b"x-envoy-upstream-rq-timeout-ms",
        b"x-envoy-upstream-stream-duration-ms",
        b"x-forwarded-client-cert",
        b"x-forwarded-for",
        b"x-forwarded-host",
        b"x-forwarded-port",
        b"x-forwarded-proto",
    }
)
RESPONSE: Final = _EITHER | frozenset(
    {
        b"access-control-allow-credentials",
        b"access-control-allow-headers",
        b"access-control-allow-methods",
        b"access-control-allow-origin",
        b"access-control-allow-private-network",
        b"access-control-expose-headers",
        b"access-control-max-age",
        b"age",
        b"date",
        b"etag",
        b"expires",
        b"grpc-message",
        b"grpc-status",
        b"last-modified",
        b"location",
        b"server",
        b"vary",
        b"x-envoy-degraded",
        b"x-envoy-immediate-health-check-fail",
        b"x-envoy-ratelimited",
        b"x-envoy-upstream-canary",
        b"x-envoy-upstream-healthchecked-cluster",
        b"x-envoy-upstream-service-time",
    }
)
REQUEST_TRAILERS: Final[frozenset[bytes]] = frozenset()
RESPONSE_TRAILERS: Final = frozenset({b"grpc-message", b"grpc-status"})
