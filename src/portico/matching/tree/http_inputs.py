"""Inputs that look at requests and responses."""

from __future__ import annotations

from typing import Any

from portico.api.headers import HeaderMap
from portico.matching.filter_state import serialized
from portico.matching.query import decoded_query_parameter, query_of
from portico.matching.tree.data import MatchData, MatchInput
from portico.matching.value import metadata_value


def _joined(headers: HeaderMap | None, name: bytes, data: MatchData) -> bytes | None:
    if headers is None:
        data.is_incomplete = True
        return None
    return headers.joined(name)


class RequestHeaderInput(MatchInput):
    """All values of a request header, joined with a comma."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def value(self, data: MatchData) -> bytes | None:
        return _joined(data.request, self.name, data)


class ResponseHeaderInput(MatchInput):
    def __init__(self, name: bytes) -> None:
        self.name = name

    def value(self, data: MatchData) -> bytes | None:
        return _joined(data.response, self.name, data)


class RequestTrailerInput(MatchInput):
    def __init__(self, name: bytes) -> None:
        self.name = name

    def value(self, data: MatchData) -> bytes | None:
        return _joined(data.request_trailers, self.name, data)


class ResponseTrailerInput(MatchInput):
    def __init__(self, name: bytes) -> None:
        self.name = name

    def value(self, data: MatchData) -> bytes | None:
        return _joined(data.response_trailers, self.name, data)


class QueryParameterInput(MatchInput):
    """The first value of a query parameter, decoded."""

    def __init__(self, name: bytes) -> None:
        self.name = name

    def value(self, data: MatchData) -> bytes | None:
        if data.request is None:
            data.is_incomplete = True
            return None
        return decoded_query_parameter(query_of(data.request.path), self.name)


class StatusInput(MatchInput):
    """The response status, as ``404`` or, by class, as ``4xx``."""

    def __init__(self, by_class: bool) -> None:
        self.by_class = by_class

    def value(self, data: MatchData) -> bytes | None:
        if data.response is None:
            data.is_incomplete = True
            return None
        status = data.response.status
        return b"%dxx" % (status // 100) if self.by_class else b"%d" % status


class DynamicMetadataInput(MatchInput):
    """A string in the stream's dynamic metadata, else in its connection's."""

    def __init__(self, namespace: str, path: list[str]) -> None:
        self.namespace = namespace
        self.path = path

    def value(self, data: MatchData) -> bytes | None:
        found: Any = None
        if data.info is not None:
            found = metadata_value(data.info.dynamic_metadata, self.namespace, self.path)
        if not isinstance(found, str):
            found = metadata_value(data.connection.dynamic_metadata, self.namespace, self.path)
        return found.encode("utf-8", "surrogateescape") if isinstance(found, str) else None


class FilterStateInput(MatchInput):
    """The serialized filter-state object of a key."""

    def __init__(self, key: str) -> None:
        self.key = key

    def value(self, data: MatchData) -> bytes | None:
        found: Any = None
        if data.info is not None and data.info.filter_state is not None:
            found = data.info.filter_state.get(self.key)
        if found is None and data.connection.filter_state is not None:
            found = data.connection.filter_state.get(self.key)
        return None if found is None else serialized(found)
