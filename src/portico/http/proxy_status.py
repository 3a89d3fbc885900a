"""The proxy-status response header (RFC 9209): what went wrong on the way, for the client and the proxies before it."""

from __future__ import annotations

from typing import Final

from portico.api.headers import ResponseHeaders
from portico.api.response_flags import ResponseFlag
from portico.api.stream_info import StreamInfo

PROXY_STATUS: Final = b"proxy-status"
_REFUSED: Final = "connection_refused"
_TERMINATED: Final = "connection_terminated"
_TIMEOUT: Final = "connection_timeout"
_LIMIT: Final = "connection_limit_reached"
_UNAVAILABLE: Final = "destination_unavailable"
_RESPONSE_TIMEOUT: Final = "http_response_timeout"
_REQUEST: Final = "http_request_error"

# The first flag of this list that is set names the error. Source: envoy ProxyStatusUtils::fromStreamInfo.
_ERRORS: Final = (
    (ResponseFlag.FAILED_LOCAL_HEALTH_CHECK, _UNAVAILABLE),
    (ResponseFlag.NO_HEALTHY_UPSTREAM, _UNAVAILABLE),
    (ResponseFlag.UPSTREAM_REQUEST_TIMEOUT, _RESPONSE_TIMEOUT),
    (ResponseFlag.DURATION_TIMEOUT, _TIMEOUT),
    (ResponseFlag.LOCAL_RESET, _TIMEOUT),
    (ResponseFlag.UPSTREAM_REMOTE_RESET, _TERMINATED),
    (ResponseFlag.UPSTREAM_CONNECTION_FAILURE, _REFUSED),
    (ResponseFlag.UNAUTHORIZED_EXTERNAL_SERVICE, _REFUSED),
    (ResponseFlag.UPSTREAM_CONNECTION_TERMINATION, _TERMINATED),
    (ResponseFlag.OVERLOAD_MANAGER_TERMINATED, _LIMIT),
    (ResponseFlag.DROP_OVERLOAD, _LIMIT),
    (ResponseFlag.FAULT_INJECTED, _REQUEST),
    (ResponseFlag.DOWNSTREAM_CONNECTION_TERMINATION, _TERMINATED),
    (ResponseFlag.DOWNSTREAM_REMOTE_RESET, _TERMINATED),
    (ResponseFlag.UPSTREAM_OVERFLOW, _LIMIT),
    (ResponseFlag.NO_ROUTE_FOUND, "destination_not_found"),
    (ResponseFlag.RATE_LIMITED, _LIMIT),
    (ResponseFlag.RATE_LIMIT_SERVICE_ERROR, _LIMIT),
    (ResponseFlag.UPSTREAM_RETRY_LIMIT_EXCEEDED, _UNAVAILABLE),
    (ResponseFlag.STREAM_IDLE_TIMEOUT, _RESPONSE_TIMEOUT),
    (ResponseFlag.INVALID_ENVOY_REQUEST_HEADERS, _REQUEST),
    (ResponseFlag.DOWNSTREAM_PROTOCOL_ERROR, _REQUEST),
    (ResponseFlag.UPSTREAM_MAX_STREAM_DURATION_REACHED, _RESPONSE_TIMEOUT),
    (ResponseFlag.NO_FILTER_CONFIG_FOUND, "proxy_configuration_error"),
    (ResponseFlag.UPSTREAM_PROTOCOL_ERROR, "http_protocol_error"),
    (ResponseFlag.NO_CLUSTER_FOUND, _UNAVAILABLE),
    (ResponseFlag.DNS_RESOLUTION_FAILED, "dns_error"),
)
# RFC 9209 §2.3, "Recommended HTTP Status Code"; an error without one keeps the reply's.
_RECOMMENDED: Final = {
    _UNAVAILABLE: 503,
    _LIMIT: 503,
    _TIMEOUT: 504,
    _RESPONSE_TIMEOUT: 504,
    _REFUSED: 502,
    _TERMINATED: 502,
    "http_protocol_error": 502,
    "dns_error": 502,
    "destination_not_found": 500,
    "proxy_configuration_error": 500,
}


class ProxyStatusRules:
    """``proxy_status_config`` of one connection manager."""

    def __init__(self, proxy_name: str) -> None:
        self.proxy_name = proxy_name
        self.tells_details = True
        self.tells_flags = True
        self.sets_recommended_status = False

    def apply(self, headers: ResponseHeaders, info: StreamInfo) -> None:
        """Name the error of a response that has one."""
        if not info.response_flags:
            return
        error = error_of(info)
        if error is None:
            return
        headers.append(PROXY_STATUS, self.text(error, info).encode("latin-1", "replace"), b", ")
        if self.sets_recommended_status and error in _RECOMMENDED:
            headers.status = info.response_code = _RECOMMENDED[error]

    def text(self, error: str, info: StreamInfo) -> str:
        text = f"{self.proxy_name}; error={error}"
        if not self.tells_details or not info.response_code_details:
            return text
        details = info.response_code_details.replace(" ", "_")  # as logs print them
        if self.tells_flags:
            details += "; " + ",".join([flag.value for flag in info.response_flags])
        escaped = details.replace("\\", "\\\\").replace('"', '\\"')
        return f'{text}; details="{escaped}"'


def error_of(info: StreamInfo) -> str | None:
    """The error type of RFC 9209 §2.3 that stands for the stream's response flags."""
    for flag, error in _ERRORS:
        if flag in info.response_flags:
            return error
    return None
