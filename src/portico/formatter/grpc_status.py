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

# https://github.com/grpc/grpc/blob/master/doc/http-grpc-status-mapping.md; any other status is UNKNOWN, 200 included.
_FROM_HTTP: Final = {400: 13, 401: 16, 403: 7, 404: 12, 429: 14, 502: 14, 503: 14, 504: 14}
_UNKNOWN: Final = 2
_NO_NUMBER: Final = -1


def grpc_status(entry: LogEntry) -> int | None:
    """The status of a call's end, -1 if what was sent is no number; None when nothing was answered.

    Order: trailers, headers (an answer of trailers only), then what the HTTP status stands for.
    """
    for block in (entry.response_trailers, entry.response_headers):
        value = None if block is None else block.get(b"grpc-status")
        if value is not None:
            digits = value.strip()
            return int(digits) if digits.isdigit() else _NO_NUMBER
    code = entry.info.response_code
    return status_of_http(code) if code else None


def status_of_http(code: int) -> int:
    return _FROM_HTTP.get(code, _UNKNOWN)


def is_grpc(entry: LogEntry) -> bool:
    """``application/grpc`` or ``application/grpc+…``; parameters after a semicolon make it something else to Envoy."""
    headers = entry.request_headers
    content_type = None if headers is None else headers.get(b"content-type")
    return content_type == b"application/grpc" or (content_type or b"").startswith(b"application/grpc+")


class GrpcStatus(Operator):
    """A name in one of two spellings, or the number; a status gRPC does not know prints as its number."""

    def __init__(self, names: list[bytes], is_number: bool) -> None:
        self.names = names
        self.is_number = is_number

    def text(self, entry: LogEntry) -> bytes | None:
        if not is_grpc(entry):
            return None
        status = grpc_status(entry)
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
