"""GRPC_STATUS and GRPC_STATUS_NUMBER: the status of a gRPC call, from wherever the answer carried it."""

from __future__ import annotations

from typing import Final

from portico.api.access_log import LogEntry
from portico.api.errors import ConfigError
from portico.formatter.operator import Operator
from portico.formatter.parser import Command

# https://grpc.github.io/grpc/core/md_doc_statuscodes.html, in the order of their numbers
NAMES: Final = (
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
)
_SNAKE: Final = [name.encode() for name in NAMES]
# gRPC's own spellings of the first two in camel case. Source: envoy source/common/grpc/common.cc.
_CAMEL: Final = [b"OK", b"Canceled"] + [name.title().replace("_", "").encode() for name in NAMES[2:]]

# Envoy's table for answers without a grpc-status.
# https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md
_FROM_HTTP: Final = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}
_UNKNOWN: Final = 2


def grpc_status(entry: LogEntry, falls_back_to_http: bool) -> int | None:
    """The number, -1 if it is not one; None when this is no gRPC call's end.

    Order: trailers, headers (a trailers-only answer), then the HTTP status.
    """
    for block in (entry.response_trailers, entry.response_headers):
        value = None if block is None else block.get(b"grpc-status")
        if value is not None:
            return int(value) if value.isdigit() else -1
    if falls_back_to_http and entry.info.response_code:
        return 0 if entry.info.response_code == 200 else _FROM_HTTP.get(entry.info.response_code, _UNKNOWN)
    return None


def is_grpc(entry: LogEntry) -> bool:
    headers = entry.request_headers
    content_type = None if headers is None else headers.get(b"content-type")
    return content_type is not None and content_type.startswith(b"application/grpc") and content_type[16:17] in _AFTER


_AFTER: Final = (b"", b"+", b";")


class GrpcStatus(Operator):
    """A name in one of two spellings, or the number; a status gRPC does not know prints as its number."""

    def __init__(self, names: list[bytes], is_number: bool) -> None:
        self.names = names
        self.is_number = is_number

    def text(self, entry: LogEntry) -> bytes | None:
        if not is_grpc(entry):
            return None
        status = grpc_status(entry, falls_back_to_http=True)
        if status is None:
            return None
        if self.is_number:
            return b"%d" % status
        return self.names[status] if 0 <= status < len(self.names) else b"%d" % status

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry) if self.is_number else super().json(entry)


def grpc_status_operator(command: Command) -> Operator:
    command.forbid_length()
    form = command.parameters
    if command.name == "GRPC_STATUS_NUMBER":
        command.forbid_arguments()
        form = "NUMBER"
    if form not in ("", "CAMEL_STRING", "SNAKE_STRING", "NUMBER"):
        message = f"GrpcStatusFormatter only supports CAMEL_STRING, SNAKE_STRING or NUMBER. Got: {form}"
        raise ConfigError("", "", message)
    return GrpcStatus(_SNAKE if form == "SNAKE_STRING" else _CAMEL, form == "NUMBER")
