"""What a request's line and host say: PATH, QUERY_PARAM(S), REQUESTED_SERVER_NAME, REQ_WITHOUT_QUERY."""

from __future__ import annotations

import re
from enum import Enum
from typing import Final
from urllib.parse import unquote_to_bytes

from portico.api.access_log import LogEntry
from portico.api.errors import ConfigError
from portico.api.headers import RequestHeaders
from portico.formatter.header_fields import request_header, request_header_names
from portico.formatter.json_text import quote
from portico.formatter.operator import Operator, truncated
from portico.formatter.parser import Command


class Source(Enum):
    """Which of two headers: the one a filter saved the client's own value in, or the request's."""

    ORIGINAL = 1
    CURRENT = 2
    ORIGINAL_OR_CURRENT = 3

    def choose(self, original: bytes | None, current: bytes | None) -> bytes | None:
        if self is Source.CURRENT:
            return current
        if self is Source.ORIGINAL:
            return original
        return original if original is not None else current


_PATH_SOURCES: Final = {
    "ORIG": Source.ORIGINAL,
    "PATH": Source.CURRENT,
    "ORIG_OR_PATH": Source.ORIGINAL_OR_CURRENT,
    "": Source.ORIGINAL_OR_CURRENT,
}
_HOST_SOURCES: Final = {
    "ORIG": Source.ORIGINAL,
    "HOST": Source.CURRENT,
    "ORIG_OR_HOST": Source.ORIGINAL_OR_CURRENT,
    "": Source.ORIGINAL_OR_CURRENT,
}


class Path(Operator):
    def __init__(self, with_query: bool, source: Source) -> None:
        self.with_query = with_query
        self.source = source

    def text(self, entry: LogEntry) -> bytes | None:
        headers = entry.request_headers
        if headers is None:
            return None
        path = self.source.choose(headers.get(b"x-envoy-original-path"), headers.path or None)
        if path is None or self.with_query:
            return path
        return path.partition(b"?")[0]


def path_operator(command: Command) -> Operator:
    """``PATH(WQ|NQ:ORIG|PATH|ORIG_OR_PATH)``; further parts are ignored, as by Envoy."""
    query, source = _two_parts(command.parameters)
    if query not in ("", "WQ", "NQ"):
        raise ConfigError("", "", f"Invalid PATH option: '{query}', only 'WQ'/'NQ' are allowed")
    if source not in _PATH_SOURCES:
        raise ConfigError("", "", f"Invalid PATH option: '{source}', only 'ORIG'/'PATH'/'ORIG_OR_PATH' are allowed")
    return truncated(Path(query != "NQ", _PATH_SOURCES[source]), command.length)


class HeaderWithoutQuery(Operator):
    """``REQ_WITHOUT_QUERY(X?Y)``: a request header up to the first question mark."""

    def __init__(self, name: bytes, alternative: bytes) -> None:
        self.name = name
        self.alternative = alternative

    def text(self, entry: LogEntry) -> bytes | None:
        value = request_header(entry, self.name, self.alternative)
        return None if value is None else value.partition(b"?")[0]


def header_without_query(command: Command) -> Operator:
    command.require_parameters()
    name, alternative = request_header_names(command.parameters)
    return truncated(HeaderWithoutQuery(name, alternative), command.length)


class QueryParameter(Operator):
    """The first value of one query parameter, decoded."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def text(self, entry: LogEntry) -> bytes | None:
        value = self._find(entry)
        return None if value is None else printable(value)

    def json(self, entry: LogEntry) -> bytes | None:
        value = self._find(entry)
        return None if value is None else quote(value)

    def _find(self, entry: LogEntry) -> bytes | None:
        query = _query(entry.request_headers)
        if query is None:
            return None
        for field in query.split(b"&"):
            name, _, value = field.partition(b"=")
            if unquote_to_bytes(name) == self.name:
                return unquote_to_bytes(value)
        return None


def query_parameter(command: Command) -> Operator:
    command.require_parameters()
    return truncated(QueryParameter(command.parameters.encode()), command.length)


class QueryParameters(Operator):
    """The whole query, as it came or with its harmless escapes decoded."""

    def __init__(self, is_decoded: bool) -> None:
        self.is_decoded = is_decoded

    def text(self, entry: LogEntry) -> bytes | None:
        query = _query(entry.request_headers)
        return _ESCAPE.sub(_decoded, query) if query is not None and self.is_decoded else query


def query_parameters(command: Command) -> Operator:
    if command.parameters not in ("", "ORIG", "DECODED"):
        message = f"Invalid QUERY_PARAMS option: '{command.parameters}', only 'ORIG'/'DECODED' are allowed"
        raise ConfigError("", "", message)
    return truncated(QueryParameters(command.parameters == "DECODED"), command.length)


class RequestedServerName(Operator):
    """The client's SNI, the request's host, or one for want of the other."""

    def __init__(self, order: str, source: Source) -> None:
        self.uses_host = order != "SNI_ONLY"
        self.host_first = order == "HOST_FIRST"
        self.source = source

    def text(self, entry: LogEntry) -> bytes | None:
        name = entry.info.connection.requested_server_name.encode()
        if not self.uses_host or (name and not self.host_first):
            return name or None
        host = self._host(entry.request_headers)
        return host or name or None

    def _host(self, headers: RequestHeaders | None) -> bytes | None:
        if headers is None:
            return None
        return self.source.choose(headers.get(b"x-envoy-original-host"), headers.authority or None)


def requested_server_name(command: Command) -> Operator:
    order, source = _two_parts(command.parameters)
    if order not in ("", "SNI_ONLY", "SNI_FIRST", "HOST_FIRST"):
        allowed = "'SNI_ONLY'/'SNI_FIRST'/'HOST_FIRST'"
        raise ConfigError("", "", f"Invalid REQUESTED_SERVER_NAME option: '{order}', only {allowed} are allowed")
    if source not in _HOST_SOURCES:
        allowed = "'ORIG_OR_HOST'/'HOST'/'ORIG'"
        raise ConfigError("", "", f"Invalid REQUESTED_SERVER_NAME option: '{source}', only {allowed} are allowed")
    return truncated(RequestedServerName(order or "SNI_ONLY", _HOST_SOURCES[source]), command.length)


def printable(text: bytes) -> bytes:
    r"""Decoded bytes of a stranger, safe in a line: control characters as ``\xNN``.

    Envoy prints them as they are, so that ``%0a`` in a query forges a log line.
    """
    if text.isascii() and text.decode().isprintable():
        return text
    return b"".join([b"\\x%02x" % byte if byte < 0x20 or byte == 0x7F else bytes([byte]) for byte in text])


def _query(headers: RequestHeaders | None) -> bytes | None:
    if headers is None:
        return None
    _, mark, query = headers.path.partition(b"?")
    return query if mark else None


# What QUERY_PARAMS(DECODED) makes of a percent sign. Source: measured on Envoy 1.40, for every byte.
_ESCAPE: Final = re.compile(rb"%(?:([0-9A-Fa-f]{2})|(?=..))", re.DOTALL)
_STAY_ENCODED: Final = frozenset(b' "<>\\^{|}')


def _decoded(match: re.Match[bytes]) -> bytes:
    if match[1] is None:
        return b""  # no escape: Envoy drops the percent sign
    byte = int(match[1], 16)
    return match[0] if not 0x20 <= byte < 0x7F or byte in _STAY_ENCODED else bytes([byte])


def _two_parts(parameters: str) -> tuple[str, str]:
    parts = parameters.split(":")
    return parts[0], parts[1] if len(parts) > 1 else ""
