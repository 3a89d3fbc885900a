"""Names and identifiers: of the stream, the trace, the host, the process; and how the answer came about."""

from __future__ import annotations

import os

from portico.api.access_log import LogEntry
from portico.api.clock import Random
from portico.formatter.operator import Constant, Operator
from portico.formatter.parser import Command


class ResponseCodeDetails(Operator):
    def __init__(self, keeps_spaces: bool) -> None:
        self.keeps_spaces = keeps_spaces

    def text(self, entry: LogEntry) -> bytes | None:
        details = entry.info.response_code_details
        if not details:
            return None
        return details.encode() if self.keeps_spaces else details.replace(" ", "_").encode()


class LocalReplyBody(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        return entry.local_reply_body


class AccessLogType(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        return entry.log_type.encode()


class StreamId(Operator):
    """The request id; a connection without requests has none."""

    def text(self, entry: LogEntry) -> bytes | None:
        return entry.info.request_id or None


class TraceId(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        return entry.info.trace_id or None


class SpanId(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        return entry.info.span_id or None


class UniqueId(Operator):
    def __init__(self, random: Random) -> None:
        self.random = random

    def text(self, entry: LogEntry) -> bytes | None:
        return self.random.uuid4()


class PoolReadyDuration(Operator):
    """Milliseconds until the pool gave the last try its connection."""

    def text(self, entry: LogEntry) -> bytes | None:
        waited_s = entry.info.upstream_pool_wait_s
        return None if waited_s < 0.0 else b"%d" % int(waited_s * 1000.0)

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


class RequestHeadersBytes(Operator):
    """Bytes of all names and values, as the stream's filters left them; 0 without a request."""

    def text(self, entry: LogEntry) -> bytes | None:
        headers = entry.request_headers
        if headers is None:
            return b"0"
        pseudo = sum([len(name) + len(value) for name, value in headers.all_items() if name.startswith(b":")])
        return b"%d" % (headers.byte_size() + pseudo)

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


class ResponseHeadersBytes(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        headers = entry.response_headers
        # 7 + 3: Envoy counts `:status` and its three digits.
        return b"0" if headers is None else b"%d" % (headers.byte_size() + 10)

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


class ResponseTrailersBytes(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        trailers = entry.response_trailers
        return b"0" if trailers is None else b"%d" % trailers.byte_size()

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


def environment(command: Command) -> Operator:
    """Read once, when the configuration arrives; a variable that is not set prints ``-`` even in JSON."""
    command.require_parameters()
    value = os.environb.get(command.parameters.encode(), b"-")
    return Constant(value[: command.length])


def response_code_details(command: Command) -> Operator:
    command.forbid_length()
    return ResponseCodeDetails(command.parameters == "ALLOW_WHITESPACES")
