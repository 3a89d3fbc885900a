"""envoy.filters.http.header_mutation: changes header blocks, trailers and query parameters, step by step."""

from __future__ import annotations

from typing import Any, Final
from urllib.parse import quote_from_bytes, unquote_to_bytes

from portico.api.access_log import LogEntry
from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.headers import HeaderMap, RequestHeaders, ResponseHeaders
from portico.api.http_filter import HeadersStatus, HttpFilter, HttpFilterFactory, TrailersStatus
from portico.api.inline_headers import REQUEST, REQUEST_TRAILERS, RESPONSE, RESPONSE_TRAILERS
from portico.api.registries import HTTP_FILTERS, HTTP_ROUTE_CONFIGS
from portico.formatter.commands import CommandParser
from portico.formatter.compiler import compile_format
from portico.formatter.formatter import Formatter
from portico.formatter.from_proto import command_parsers
from portico.router.mutation.from_proto import SUPPORTED as MUTATION_SUPPORTED
from portico.router.mutation.from_proto import ordered_mutations
from portico.router.mutation.header_mutation import AppendAction
from portico.router.mutation.ordered import HeaderMutation, apply_all

_PACKAGE: Final = "envoy.extensions.filters.http.header_mutation.v3."
_CORE: Final = "envoy.config.core.v3."

SUPPORTED: Final[dict[str, frozenset[str]]] = {
    **MUTATION_SUPPORTED,
    _PACKAGE + "HeaderMutation": frozenset({"mutations", "most_specific_header_mutations_wins"}),
    _PACKAGE + "HeaderMutationPerRoute": frozenset({"mutations"}),
    _PACKAGE + "Mutations": frozenset(
        {
            "request_mutations",
            "query_parameter_mutations",
            "response_mutations",
            "request_trailers_mutations",
            "response_trailers_mutations",
            "formatters",
        }
    ),
    _CORE + "KeyValueMutation": frozenset({"append", "remove"}),
    _CORE + "KeyValueAppend": frozenset({"record", "action"}),
    _CORE + "KeyValuePair": frozenset({"key", "value"}),
}


class QueryParameter:
    """One ``name=value`` of a query, as it is written there."""

    def __init__(self, name: bytes, text: bytes, value: bytes) -> None:
        self.name = name  # decoded
        self.text = text  # the name as written
        self.value = value


class QueryMutation:
    """One step; without a ``value`` the parameter is removed."""

    def __init__(self, name: bytes, value: Formatter | None, action: AppendAction) -> None:
        self._name = name
        self._value = value
        self._action = action

    def apply(self, query: list[QueryParameter], entry: LogEntry) -> list[QueryParameter]:
        name = self._name
        if self._value is None:
            return [each for each in query if each.name != name]
        added = QueryParameter(name, percent_encoded(name), percent_encoded(self._value.format(entry)))
        action = self._action
        if action is AppendAction.APPEND_IF_EXISTS_OR_ADD:
            return [*query, added]
        is_there = any(each.name == name for each in query)
        if action is AppendAction.ADD_IF_ABSENT:
            return query if is_there else [*query, added]
        if not is_there and action is AppendAction.OVERWRITE_IF_EXISTS:
            return query
        return [*(each for each in query if each.name != name), added]


class Mutations:
    """What one configuration level does to a stream."""

    def __init__(self) -> None:
        self.request: list[HeaderMutation] = []
        self.query: list[QueryMutation] = []
        self.response: list[HeaderMutation] = []
        self.request_trailers: list[HeaderMutation] = []
        self.response_trailers: list[HeaderMutation] = []

    def change_request(self, headers: RequestHeaders, entry: LogEntry) -> None:
        apply_all(self.request, headers, entry)
        if not self.query:
            return
        path, _, text = headers.path.partition(b"?")
        query = parse_query(text)
        for mutation in self.query:
            query = mutation.apply(query, entry)
        # By name, and stable within one: the order of Envoy's own parameter map.
        query.sort(key=_name_of)
        headers.path = path + b"?" + b"&".join([each.text + b"=" + each.value for each in query]) if query else path


class HeaderMutationFilter(HttpFilter):
    """The filter's own mutations, then those of the levels above the route."""

    def __init__(self, mutations: Mutations, most_specific_wins: bool) -> None:
        self._own = mutations
        self._most_specific_wins = most_specific_wins
        self._levels: list[Mutations] | None = None  # chosen once: what ran on the request runs on its response

    def decode_headers(self, headers: RequestHeaders, end_stream: bool) -> HeadersStatus:
        entry = LogEntry(self.callbacks.stream_info, headers)
        for level in self._all():
            level.change_request(headers, entry)
        return HeadersStatus.CONTINUE

    def decode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        entry = LogEntry(self.callbacks.stream_info, self.callbacks.request_headers())
        for level in self._all():
            apply_all(level.request_trailers, trailers, entry)
        return TrailersStatus.CONTINUE

    def encode_headers(self, headers: ResponseHeaders, end_stream: bool) -> HeadersStatus:
        callbacks = self.callbacks
        entry = LogEntry(callbacks.stream_info, callbacks.request_headers(), headers)
        for level in self._all():
            apply_all(level.response, headers, entry)
        return HeadersStatus.CONTINUE

    def encode_trailers(self, trailers: HeaderMap) -> TrailersStatus:
        callbacks = self.callbacks
        entry = LogEntry(callbacks.stream_info, callbacks.request_headers(), callbacks.response_headers(), trailers)
        for level in self._all():
            apply_all(level.response_trailers, trailers, entry)
        return TrailersStatus.CONTINUE

    def _all(self) -> list[Mutations]:
        if self._levels is None:
            routes: list[Mutations] = self.callbacks.per_route_configs()  # the least specific first
            if not self._most_specific_wins:
                routes = routes[::-1]
            self._levels = [self._own, *routes]
        return self._levels


def _name_of(parameter: QueryParameter) -> bytes:
    return parameter.name


def parse_query(text: bytes) -> list[QueryParameter]:
    """Names are compared decoded; what is written stays as it is, so that no ``%0d%0a`` becomes a line end."""
    query: list[QueryParameter] = []
    for piece in text.removesuffix(b"&").split(b"&") if text else []:
        name, _, value = piece.partition(b"=")
        query.append(QueryParameter(unquote_to_bytes(name), name, value))
    return query


def percent_encoded(value: bytes) -> bytes:
    """All but letters, digits and ``*-._``, as Envoy 1.40 writes values it adds (the form encoding, blanks apart)."""
    return quote_from_bytes(value, safe="*").replace("~", "%7E").encode()


@HTTP_FILTERS.register(
    "envoy.extensions.filters.http.header_mutation.v3.HeaderMutation", SUPPORTED[_PACKAGE + "HeaderMutation"]
)
def header_mutation(config: Any, context: FactoryContext) -> HttpFilterFactory:
    with inside("mutations"):
        mutations = _mutations(config.mutations, context)
    most_specific_wins: bool = config.most_specific_header_mutations_wins
    return lambda: HeaderMutationFilter(mutations, most_specific_wins)


@HTTP_ROUTE_CONFIGS.register(
    "envoy.extensions.filters.http.header_mutation.v3.HeaderMutationPerRoute",
    SUPPORTED[_PACKAGE + "HeaderMutationPerRoute"],
)
def header_mutation_per_route(config: Any, context: FactoryContext) -> Mutations:
    with inside("mutations"):
        return _mutations(config.mutations, context)


def _mutations(message: Any, context: FactoryContext) -> Mutations:
    problems = Problems()
    mutations = Mutations()
    extensions: list[CommandParser] = []
    with problems.at(""):
        extensions = command_parsers(message.formatters, context)

    for field, steps, inline in (
        ("request_mutations", mutations.request, REQUEST),
        ("response_mutations", mutations.response, RESPONSE),
        ("request_trailers_mutations", mutations.request_trailers, REQUEST_TRAILERS),
        ("response_trailers_mutations", mutations.response_trailers, RESPONSE_TRAILERS),
    ):
        with problems.at(""):
            steps.extend(ordered_mutations(getattr(message, field), field, context.server, inline, extensions))
    for index, each in enumerate(message.query_parameter_mutations):
        with problems.at(f"query_parameter_mutations[{index}]"):
            mutations.query.append(_query_mutation(each, context, extensions))
    problems.raise_if_any()
    return mutations


def _query_mutation(message: Any, context: FactoryContext, extensions: list[CommandParser]) -> QueryMutation:
    """KeyValueMutation."""
    if message.HasField("append") == bool(message.remove):
        only = "can" if message.remove else "must"
        count = "Only one" if message.remove else "One"
        raise ConfigError("", "", f"{count} of 'append'/'remove' {only} be specified.")
    if message.remove:
        return QueryMutation(message.remove.encode(), None, AppendAction.OVERWRITE_IF_EXISTS)
    append = message.append
    if not append.HasField("record"):
        raise ConfigError("", "append.record", "No record specified for append mutation.")
    if append.record.value.WhichOneof("kind") != "string_value":
        raise ConfigError("", "append.record.value", "Only string value is allowed for record value.")
    with inside("append.record.value"):
        value = compile_format(append.record.value.string_value, context.server, True, extensions)
    return QueryMutation(append.record.key.encode(), value, AppendAction(append.action))
