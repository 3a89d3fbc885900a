"""Every message inside a message, in order, through lists, maps and Any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from portico.api.errors import ConfigError, ConfigErrors, join_path
from portico.config import field_path
from portico.config.constraints import skipped_fields
from portico.config.proto_pool import ANY
from portico.config.protos import unpack


class Visit(NamedTuple):
    """One message and the way to it."""

    message: Any
    path: str
    # Messages entered since the root or the last Any, each with the field and the index taken; Envoy prints this chain.
    chain: tuple[tuple[str, str, object], ...]
    is_validated: bool  # False inside a field whose rules say `skip`


Visitor = Callable[[Visit], None]


def walk(message: Any, visit: Visitor, errors: list[ConfigError]) -> None:
    """Calls `visit` for the message and all inside it; Anys that cannot be read are reported in `errors`."""
    _Walk(visit, errors).message(Visit(message, "", (), True))


class _Walk:
    def __init__(self, visit: Visitor, errors: list[ConfigError]) -> None:
        self._visit = visit
        self._errors = errors

    def message(self, visit: Visit) -> None:
        if visit.message.DESCRIPTOR.full_name == ANY:
            self._any(visit)
            return
        self._visit(visit)
        skipped = skipped_fields(visit.message.DESCRIPTOR)
        for field, value in visit.message.ListFields():
            kind = field.message_type
            if kind is None or (kind.full_name.startswith("google.protobuf.") and kind.full_name != ANY):
                continue
            path = field_path.join(visit.path, field.name)
            is_validated = visit.is_validated and field.name not in skipped
            if not field.is_repeated:
                self._enter(visit, value, path, (field.name, None), is_validated)
            elif not kind.GetOptions().map_entry:
                for position, item in enumerate(value):
                    self._enter(visit, item, field_path.index(path, position), (field.name, position), is_validated)
            elif kind.fields_by_name["value"].message_type is not None:
                for key in value:
                    self._enter(visit, value[key], field_path.key(path, key), (field.name, key), is_validated)

    def _enter(self, outer: Visit, message: Any, path: str, step: tuple[str, object], is_validated: bool) -> None:
        if message.DESCRIPTOR.full_name.startswith("google.protobuf.") and message.DESCRIPTOR.full_name != ANY:
            return  # the value of a map
        link = (outer.message.DESCRIPTOR.name, *step)
        self.message(Visit(message, path, (*outer.chain, link), is_validated))

    def _any(self, visit: Visit) -> None:
        if not visit.message.type_url:
            return
        try:
            inner = unpack(visit.message)
        except ConfigError as error:
            self._report(visit.path, error)
            return
        except ConfigErrors as several:
            for each in several.errors:
                self._report(visit.path, each)
            return
        path = visit.path
        if visit.message.type_url.endswith(".TypedStruct"):
            path = field_path.join(path, "value")
        # Envoy validates what an Any holds by itself, when its factory reads it: a new chain starts.
        self.message(Visit(inner, path, (), visit.is_validated))

    def _report(self, path: str, error: ConfigError) -> None:
        self._errors.append(ConfigError("", join_path(path, error.field_path), error.message))
