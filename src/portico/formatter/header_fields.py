"""Headers and trailers: REQ, RESP, TRAILER and their long names, `X?Y` for a second choice."""

from __future__ import annotations

import re
from enum import Enum

from portico.api.access_log import LogEntry
from portico.api.errors import ConfigError
from portico.api.headers import HeaderMap
from portico.formatter.operator import Operator, truncated
from portico.formatter.parser import Command

_AUTHORITY = {b"host": b":authority"}
# RFC 9110 §5.6.2 token, and the colon of a pseudo-header.
_NAME = re.compile(r":?[!#$%&'*+\-.^_`|~0-9a-z]*")


class Block(Enum):
    """Where to look."""

    REQUEST = 1
    RESPONSE = 2
    TRAILERS = 3


def request_header(entry: LogEntry, name: bytes, alternative: bytes) -> bytes | None:
    """``X?Y``: the first one's value, or the second's if that is absent; b"" names no second."""
    headers = entry.request_headers
    if headers is None:
        return None
    value = headers.get(name)
    if value is None and alternative:
        return headers.get(alternative)
    return value


class RequestHeader(Operator):
    """A request header, or the second one named."""

    def __init__(self, name: bytes, alternative: bytes) -> None:
        self.name = name
        self.alternative = alternative

    def text(self, entry: LogEntry) -> bytes | None:
        return request_header(entry, self.name, self.alternative)


class ResponseHeader(Operator):
    """A response header or trailer, or the second one named."""

    def __init__(self, name: bytes, alternative: bytes, in_trailers: bool) -> None:
        self.name = name
        self.alternative = alternative
        self.in_trailers = in_trailers

    def text(self, entry: LogEntry) -> bytes | None:
        headers: HeaderMap | None = entry.response_trailers if self.in_trailers else entry.response_headers
        if headers is None:
            return None
        value = headers.get(self.name)
        if value is None and self.alternative:
            return headers.get(self.alternative)
        return value


def header_operator(command: Command, block: Block) -> Operator:
    command.require_parameters()
    if block is Block.REQUEST:
        return truncated(RequestHeader(*request_header_names(command.parameters)), command.length)
    name, alternative = header_names(command.parameters)
    return truncated(ResponseHeader(name, alternative, block is Block.TRAILERS), command.length)


def request_header_names(parameters: str) -> tuple[bytes, bytes]:
    """As ``header_names``; Envoy keeps a request's host in :authority and finds it under both names."""
    name, alternative = header_names(parameters)
    return _AUTHORITY.get(name, name), _AUTHORITY.get(alternative, alternative)


def header_names(parameters: str) -> tuple[bytes, bytes]:
    """``X?Y`` as two lower-case names; the second is b"" when there is none."""
    names = parameters.lower().split("?")
    if len(names) > 2:
        raise ConfigError("", "", f"More than 1 alternative header specified in token: {parameters}")
    if any(_NAME.fullmatch(name) is None for name in names):
        raise ConfigError("", "", "Invalid header configuration. Format string contains invalid characters.")
    return names[0].encode(), names[1].encode() if len(names) == 2 else b""
