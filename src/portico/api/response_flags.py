"""Why a stream ended other than well: Envoy's response flags, short for ``%RESPONSE_FLAGS%`` and long."""

from __future__ import annotations

from enum import Enum


class ResponseFlag(Enum):
    """The value is the short form; ``long_name`` the form of ``%RESPONSE_FLAGS_LONG%``."""

    FAILED_LOCAL_HEALTH_CHECK = "LH"
    NO_HEALTHY_UPSTREAM = "UH"
    UPSTREAM_REQUEST_TIMEOUT = "UT"
    LOCAL_RESET = "LR"
    UPSTREAM_REMOTE_RESET = "UR"
    UPSTREAM_CONNECTION_FAILURE = "UF"
    UPSTREAM_CONNECTION_TERMINATION = "UC"
    UPSTREAM_OVERFLOW = "UO"
    NO_ROUTE_FOUND = "NR"
    DELAY_INJECTED = "DI"
    FAULT_INJECTED = "FI"
    RATE_LIMITED = "RL"
    UNAUTHORIZED_EXTERNAL_SERVICE = "UAEX"
    RATE_LIMIT_SERVICE_ERROR = "RLSE"
    DOWNSTREAM_CONNECTION_TERMINATION = "DC"
    UPSTREAM_RETRY_LIMIT_EXCEEDED = "URX"
    STREAM_IDLE_TIMEOUT = "SI"
    INVALID_ENVOY_REQUEST_HEADERS = "IH"
    DOWNSTREAM_PROTOCOL_ERROR = "DPE"
    UPSTREAM_MAX_STREAM_DURATION_REACHED = "UMSDR"
    RESPONSE_FROM_CACHE_FILTER = "RFCF"
    NO_FILTER_CONFIG_FOUND = "NFCF"
    DURATION_TIMEOUT = "DT"
    UPSTREAM_PROTOCOL_ERROR = "UPE"
    NO_CLUSTER_FOUND = "NC"
    OVERLOAD_MANAGER_TERMINATED = "OM"
    DNS_RESOLUTION_FAILED = "DF"
    DROP_OVERLOAD = "DO"
    DOWNSTREAM_REMOTE_RESET = "DR"
    UNCONDITIONAL_DROP_OVERLOAD = "UDO"

    @property
    def long_name(self) -> str:
        return _LONG_NAMES.get(self.value) or self.name.title().replace("_", "")


# Where Envoy's long name is not the name of the flag. Source: envoy source/common/stream_info/utility.h.
_LONG_NAMES = {
    "DC": "DownstreamConnectionTermination",
    "DT": "DurationTimeout",
    "UAEX": "UnauthorizedExternalService",
    "RL": "RateLimited",
    "DF": "DnsResolutionFailed",
    "OM": "OverloadManagerTerminated",
    "DO": "DropOverLoad",
    "UDO": "UnconditionalDropOverload",
}
