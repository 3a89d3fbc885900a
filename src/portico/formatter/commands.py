"""Every command Envoy 1.40 has, and what compiles it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from typing import Any, Final

from portico.api.access_log import LogEntry
from portico.api.clock import Clock, Random
from portico.api.context import ServerContext
from portico.api.errors import ConfigError
from portico.formatter.grpc_status import grpc_status_operator
from portico.formatter.header_fields import Block, header_operator
from portico.formatter.identity_fields import (
    AccessLogType,
    LocalReplyBody,
    PoolReadyDuration,
    RequestHeadersBytes,
    ResponseHeadersBytes,
    ResponseTrailersBytes,
    SpanId,
    StreamId,
    TraceId,
    UniqueId,
    environment,
    response_code_details,
)
from portico.formatter.metadata_fields import any_metadata_operator, filter_state_operator, metadata_operator
from portico.formatter.operator import Constant, Operator, truncated
from portico.formatter.parser import Command
from portico.formatter.request_fields import path_operator, query_parameter, query_parameters, requested_server_name
from portico.formatter.stream_fields import (
    EMPTY_TEXTS,
    NUMBERS,
    TEXTS,
    StreamNumber,
    StreamText,
    StreamTextOrEmpty,
    UpstreamHost,
    address_operator,
)
from portico.formatter.time_fields import (
    DURATIONS,
    Duration,
    EmitTime,
    StartTime,
    common_duration,
    duration_between,
    time_format,
)
from portico.formatter.tls_fields import DOWNSTREAM, UPSTREAM, CertificateTime, TlsText

# An extension's commands: the operator, or None when the command is not the extension's.
CommandParser = Callable[[Command], Operator | None]

# Commands without arguments whose operator holds nothing.
_PLAIN: Final[dict[str, Operator]] = {
    "UPSTREAM_HOST": UpstreamHost(),
    "LOCAL_REPLY_BODY": LocalReplyBody(),
    "ACCESS_LOG_TYPE": AccessLogType(),
    "STREAM_ID": StreamId(),
    "TRACE_ID": TraceId(),
    "SPAN_ID": SpanId(),
    "UPSTREAM_CONNECTION_POOL_READY_DURATION": PoolReadyDuration(),
    "REQUEST_HEADERS_BYTES": RequestHeadersBytes(),
    "RESPONSE_HEADERS_BYTES": ResponseHeadersBytes(),
    "RESPONSE_TRAILERS_BYTES": ResponseTrailersBytes(),
    "ROUNDTRIP_DURATION": Constant(None),  # until the last ack of HTTP/3; "-" on any other
}

_WITH_ARGUMENTS: Final[dict[str, Callable[[Command], Operator]]] = {
    "REQ": lambda command: header_operator(command, Block.REQUEST),
    "REQUEST_HEADER": lambda command: header_operator(command, Block.REQUEST),
    "RESP": lambda command: header_operator(command, Block.RESPONSE),
    "RESPONSE_HEADER": lambda command: header_operator(command, Block.RESPONSE),
    "TRAILER": lambda command: header_operator(command, Block.TRAILERS),
    "RESPONSE_TRAILER": lambda command: header_operator(command, Block.TRAILERS),
    "PATH": path_operator,
    "QUERY_PARAM": query_parameter,
    "QUERY_PARAMS": query_parameters,
    "REQUESTED_SERVER_NAME": requested_server_name,
    "DYNAMIC_METADATA": lambda command: metadata_operator(command, "DYNAMIC"),
    "CLUSTER_METADATA": lambda command: metadata_operator(command, "CLUSTER"),
    "UPSTREAM_METADATA": lambda command: metadata_operator(command, "UPSTREAM_HOST"),
    "METADATA": any_metadata_operator,
    "FILTER_STATE": lambda command: filter_state_operator(command, is_upstream=False),
    "UPSTREAM_FILTER_STATE": lambda command: filter_state_operator(command, is_upstream=True),
    "GRPC_STATUS": grpc_status_operator,
    "GRPC_STATUS_NUMBER": grpc_status_operator,
    "COMMON_DURATION": common_duration,
    "ENVIRONMENT": environment,
    "RESPONSE_CODE_DETAILS": response_code_details,
    **dict.fromkeys(DURATIONS, duration_between),
}


class Commands:
    """Compiles commands for one place in the configuration.

    ``server`` gives the clock of EMIT_TIME and the chance of UNIQUE_ID: without one these two are refused.
    """

    def __init__(self, server: ServerContext | None = None, extensions: list[CommandParser] | None = None) -> None:
        self._clock: Clock | None = None if server is None else server.clock
        self._random: Random | None = None if server is None else server.random
        self._extensions = extensions or []

    def compile(self, command: Command) -> Operator:
        """Raises ConfigError with Envoy's words: unknown command, or arguments that are not for it."""
        for extension in self._extensions:
            operator = extension(command)
            if operator is not None:
                return operator
        operator = self._own(command)
        if operator is not None:
            return operator
        operator = _without_arguments(command)
        if operator is None:
            raise ConfigError("", "", f"Not supported field in StreamInfo: {command.name}")
        return operator

    def _own(self, command: Command) -> Operator | None:
        """Commands that need this process, or other commands."""
        name = command.name
        if name in _WITH_ARGUMENTS:
            return _WITH_ARGUMENTS[name](command)
        if name == "DURATION":
            command.forbid_arguments()
            return Duration(self._clock)
        if name in ("START_TIME", "START_TIME_LOCAL"):
            return StartTime(time_format(command))
        if name in ("EMIT_TIME", "EMIT_TIME_LOCAL"):
            if self._clock is None:
                raise ConfigError("", "", f"{name} is not available here")
            return EmitTime(time_format(command), self._clock)
        if name == "UNIQUE_ID":
            command.forbid_arguments()
            if self._random is None:
                raise ConfigError("", "", f"{name} is not available here")
            return UniqueId(self._random)
        if name in ("CEL", "TYPED_CEL"):
            raise ConfigError("", "", f"{name} is not implemented")
        return self._coalesce(command) if name == "COALESCE" else None

    def _coalesce(self, command: Command) -> Operator:
        command.require_parameters()
        try:
            written = json.loads(command.parameters)
        except ValueError as error:
            message = f"COALESCE: failed to parse JSON configuration: JSON supplied is not valid. {error}"
            raise ConfigError("", "", message) from None
        entries = written.get("operators") if isinstance(written, dict) else None
        if not isinstance(entries, list):
            raise ConfigError("", "", "COALESCE: JSON configuration must contain 'operators' array")
        if not entries:
            raise ConfigError("", "", "COALESCE: 'operators' array must not be empty")
        operators: list[Operator] = []
        for index, entry in enumerate(entries):
            try:
                operators.append(self._coalesced(entry))
            except ConfigError as error:
                message = f"COALESCE: failed to parse operator at index {index}: {error.message}"
                raise ConfigError("", "", message) from None
        return truncated(Coalesce(operators), command.length)

    def _coalesced(self, entry: Any) -> Operator:
        if isinstance(entry, str):
            command = Command(entry)
        elif isinstance(entry, dict):
            if not isinstance(entry.get("command"), str):
                raise ConfigError("", "", "operator object must have 'command' field")
            command = Command(entry["command"], str(entry.get("param", "")), _max_length(entry))
        else:
            message = "operator entry must be either a string (command name) or an object with 'command' field"
            raise ConfigError("", "", message)
        try:
            return self.compile(command)
        except ConfigError as error:
            if error.message.startswith("Not supported field"):
                raise ConfigError("", "", f"unknown command: '{command.name}'") from None
            raise


class Coalesce(Operator):
    """The first value that is neither missing nor empty."""

    def __init__(self, operators: list[Operator]) -> None:
        self.operators = operators

    def text(self, entry: LogEntry) -> bytes | None:
        for operator in self.operators:
            text = operator.text(entry)
            if text:
                return text
        return None


def _without_arguments(command: Command) -> Operator | None:
    name = command.name
    if name in ("DOWNSTREAM_PEER_CERT_V_START", "DOWNSTREAM_PEER_CERT_V_END"):
        return CertificateTime(time_format(command), is_upstream=False, is_end=name.endswith("END"))
    if name in ("UPSTREAM_PEER_CERT_V_START", "UPSTREAM_PEER_CERT_V_END"):
        return CertificateTime(time_format(command), is_upstream=True, is_end=name.endswith("END"))
    operator = address_operator(command)
    if operator is not None:
        return operator
    operator = _from_tables(name)
    if operator is not None:
        command.forbid_arguments()
    return operator


def _from_tables(name: str) -> Operator | None:
    if name in NUMBERS:
        return StreamNumber(NUMBERS[name])
    if name in TEXTS:
        return StreamText(TEXTS[name])
    if name in EMPTY_TEXTS:
        return StreamTextOrEmpty(EMPTY_TEXTS[name])
    if name in DOWNSTREAM:
        return TlsText(DOWNSTREAM[name], is_upstream=False)
    if name in UPSTREAM:
        return TlsText(UPSTREAM[name], is_upstream=True)
    if name == "HOSTNAME":
        return Constant(os.uname().nodename.encode())
    return _PLAIN.get(name)


def _max_length(entry: dict[str, Any]) -> int | None:
    length = entry.get("max_length")
    if length is not None and not (isinstance(length, int) and length > 0):
        raise ConfigError("", "", f"'max_length' must be a positive integer, got {length!r}")
    return length
