"""Metadata of the stream, route, cluster or host, and filter state: a value somewhere in a tree, as text or JSON."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from portico.api.access_log import LogEntry
from portico.api.errors import ConfigError
from portico.api.stream_info import StreamInfo
from portico.formatter.json_text import dump, quote
from portico.formatter.operator import Operator
from portico.formatter.parser import Command

# namespace -> struct; None = there is nothing of that kind
MetadataSource = Callable[[StreamInfo], dict[str, Any] | None]

SOURCES: Final[dict[str, MetadataSource]] = {
    "DYNAMIC": lambda info: info.dynamic_metadata,
    "CLUSTER": lambda info: info.upstream_cluster_metadata,
    "ROUTE": lambda info: info.route_metadata,
    "UPSTREAM_HOST": lambda info: info.upstream_host.metadata if info.upstream_host is not None else None,
    "LISTENER": lambda info: info.connection.listener_metadata,
    "LISTENER_FILTER_CHAIN": lambda info: info.connection.filter_chain_metadata,
    "VIRTUAL_HOST": lambda info: info.virtual_host_metadata,
}


class Metadata(Operator):
    """The value at ``namespace`` and ``keys``. Strings print bare, anything else as JSON; null is missing."""

    def __init__(self, source: MetadataSource, namespace: str, keys: list[str], limit_bytes: int | None) -> None:
        self.source = source
        self.namespace = namespace
        self.keys = keys
        self.limit_bytes = limit_bytes

    def text(self, entry: LogEntry) -> bytes | None:
        value = self._find(entry)
        if value is None:
            return None
        text = value.encode("utf-8", "surrogateescape") if isinstance(value, str) else dump(value)
        return text if self.limit_bytes is None else text[: self.limit_bytes]

    def json(self, entry: LogEntry) -> bytes | None:
        """The length does not cut here, as in Envoy: half a struct would not be JSON."""
        value = self._find(entry)
        return None if value is None else dump(value)

    def _find(self, entry: LogEntry) -> Any:
        metadata = self.source(entry.info)
        value: Any = None if metadata is None else metadata.get(self.namespace)
        for key in self.keys:
            if not isinstance(value, dict):
                return None
            value = value.get(key)
        return value


def metadata_operator(command: Command, kind: str) -> Operator:
    """``DYNAMIC_METADATA(NAMESPACE:KEY*)`` and its two relatives."""
    command.require_parameters()
    return _metadata(kind, command.parameters, command.length)


def any_metadata_operator(command: Command) -> Operator:
    """``METADATA(TYPE:NAMESPACE:KEY*)``."""
    kind, _, path = command.parameters.partition(":")
    if kind not in SOURCES:
        raise ConfigError("", "", f"{kind} is not supported type of metadata")
    return _metadata(kind, path, command.length)


def _metadata(kind: str, path: str, length: int | None) -> Operator:
    namespace, *keys = path.split(":")
    return Metadata(SOURCES[kind], namespace, keys, length)


class FilterState(Operator):
    """An object that filters share, in one of its three renderings.

    PLAIN is ``str()`` of the object, TYPED its JSON (``as_json()`` if it has one), FIELD one of its attributes or
    members. What cannot be rendered that way is missing.
    """

    def __init__(self, key: str, form: str, field: str, is_upstream: bool, limit_bytes: int | None) -> None:
        self.key = key
        self.form = form
        self.field = field
        self.is_upstream = is_upstream
        self.limit_bytes = limit_bytes

    def text(self, entry: LogEntry) -> bytes | None:
        value = self._find(entry.info)
        if value is None:
            return None
        text = dump(value) if self.form == "TYPED" else str(value).encode("utf-8", "surrogateescape")
        return text if self.limit_bytes is None else text[: self.limit_bytes]

    def json(self, entry: LogEntry) -> bytes | None:
        if self.form == "TYPED":
            value = self._find(entry.info)
            return None if value is None else dump(value)
        text = self.text(entry)
        return None if text is None else quote(text)

    def _find(self, info: StreamInfo) -> Any:
        if self.is_upstream:
            state = info.upstream_filter_state
            value = None if state is None else state.get(self.key)
        else:
            value = None if info.filter_state is None else info.filter_state.get(self.key)
            if value is None and info.connection.filter_state is not None:
                value = info.connection.filter_state.get(self.key)
        if value is None or self.form == "PLAIN":
            return value
        if self.form == "FIELD":
            return value.get(self.field) if isinstance(value, dict) else getattr(value, self.field, None)
        if isinstance(value, str | int | float | bool | list | dict):
            return value
        return value.as_json() if hasattr(value, "as_json") else None


def filter_state_operator(command: Command, is_upstream: bool) -> Operator:
    """``FILTER_STATE(KEY:PLAIN|TYPED|FIELD:NAME)``."""
    key, form, field = (command.parameters.split(":") + ["", ""])[:3]
    if not key:
        raise ConfigError("", "", "Invalid filter state configuration, key cannot be empty.")
    form = form or "TYPED"
    if form not in ("PLAIN", "TYPED", "FIELD"):
        raise ConfigError("", "", "Invalid filter state serialize type, only support PLAIN/TYPED/FIELD.")
    if (form == "FIELD") != bool(field):
        raise ConfigError("", "", "Invalid filter state serialize type, FIELD should be used with the field name.")
    return FilterState(key, form, field, is_upstream, command.length)
