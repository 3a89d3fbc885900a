"""LocalReplyConfig messages into LocalReplies."""

from __future__ import annotations

from typing import Any

from portico.access_log.from_proto import log_filter
from portico.api.context import FactoryContext
from portico.api.errors import Problems, inside
from portico.api.inline_headers import RESPONSE
from portico.formatter.from_proto import content_type, read_data_source, substitution_format
from portico.http.local_reply import BodyFormat, LocalReplies, ReplyMapper
from portico.router.mutation.from_proto import header_addition
from portico.router.mutation.header_mutation import HeaderAddition, HeaderMutations

_HCM = "envoy.extensions.filters.network.http_connection_manager.v3"

SUPPORTED: dict[str, frozenset[str]] = {
    f"{_HCM}.LocalReplyConfig": frozenset({"mappers", "body_format"}),
    f"{_HCM}.ResponseMapper": frozenset({"filter", "status_code", "body", "body_format_override", "headers_to_add"}),
}


def local_replies(message: Any, context: FactoryContext) -> LocalReplies:
    """A LocalReplyConfig. Raises ConfigErrors, relative to the message."""
    problems = Problems()
    mappers: list[ReplyMapper] = []
    for index, each in enumerate(message.mappers):
        with problems.at(f"mappers[{index}]"):
            mappers.append(_mapper(each, context))
    body_format = BodyFormat()
    if message.HasField("body_format"):
        with problems.at("body_format"):
            body_format = _body_format(message.body_format, context)
    problems.raise_if_any()
    return LocalReplies(mappers, body_format)


def _mapper(message: Any, context: FactoryContext) -> ReplyMapper:
    with inside("filter"):
        mapper = ReplyMapper(log_filter(message.filter, context))
    if message.HasField("status_code"):
        mapper.status = message.status_code.value
    if message.HasField("body"):
        with inside("body"):
            mapper.body = read_data_source(message.body)
    if message.headers_to_add:
        mapper.headers = _headers(message, context)
    if message.HasField("body_format_override"):
        with inside("body_format_override"):
            mapper.body_format = _body_format(message.body_format_override, context)
    return mapper


def _headers(message: Any, context: FactoryContext) -> HeaderMutations:
    problems = Problems()
    additions: list[HeaderAddition] = []
    for index, option in enumerate(message.headers_to_add):
        with problems.at(f"headers_to_add[{index}]"):
            additions.append(header_addition(option, context.server))
    problems.raise_if_any()
    return HeaderMutations(additions, [], RESPONSE)


def _body_format(message: Any, context: FactoryContext) -> BodyFormat:
    return BodyFormat(substitution_format(message, context), content_type(message).encode())
