"""Every message inside a message, in order, through lists, maps and Any."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from portico.api.errors import ConfigError, ConfigErrors, join_path
from portico.config import field_path
from portico.config.constraints import skipped_fields
from portico.config.json_mapping import Findings
from portico.config.options import is_sensitive
from portico.config.proto_pool import ANY
from portico.config.protos import unpack
from portico.config.unknown_fields import UnknownFields


class Visit(NamedTuple):
    """One message and the way to it."""

    message: Any
    path: str
    # Messages entered since the root or the last Any, each with the field and the index taken; Envoy prints this chain.
    chain: tuple[tuple[str, str, object], ...]
    is_validated: bool  # False inside a field whose rules say `skip`
    is_sensitive: bool  # inside a field whose value must not be shown


Visitor = Callable[[Visit], None]


def walk(message: Any, visit: Visitor, findings: Findings, unknown_fields: UnknownFields) -> None:
    """Calls `visit` for the message and all inside it; Anys that cannot be read are reported in `findings`."""
    _Walk(visit, findings, unknown_fields).message(Visit(message, "", (), is_validated=True, is_sensitive=False))


class _Walk:
    def __init__(self, visit: Visitor, findings: Findings, unknown_fields: UnknownFields) -> None:
        self._visit = visit
        self._findings = findings
        self._unknown_fields = unknown_fields

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
            inner = visit._replace(
                is_validated=visit.is_validated and field.name not in skipped,
                is_sensitive=visit.is_sensitive or is_sensitive(field),
            )
            if not field.is_repeated:
                self._enter(inner, value, path, (field.name, None))
            elif not kind.GetOptions().map_entry:
                for position, item in enumerate(value):
                    self._enter(inner, item, field_path.index(path, position), (field.name, position))
            elif kind.fields_by_name["value"].message_type is not None:
                for key in value:
                    self._enter(inner, value[key], field_path.key(path, key), (field.name, key))

    def _enter(self, outer: Visit, message: Any, path: str, step: tuple[str, object]) -> None:
        """`outer` is the visit of the message around, with the flags of the field that was entered."""
        if message.DESCRIPTOR.full_name.startswith("google.protobuf.") and message.DESCRIPTOR.full_name != ANY:
            return  # the value of a map
        chain = (*outer.chain, (outer.message.DESCRIPTOR.name, *step))
        self.message(outer._replace(message=message, path=path, chain=chain))

    def _any(self, visit: Visit) -> None:
        if not visit.message.type_url:
            return
        unknown: list[ConfigError] = []
        try:
            inner = unpack(visit.message, self._unknown_fields, unknown)
        except ConfigError as error:
            self._findings.errors.append(_at(visit.path, error))
            return
        except ConfigErrors as several:
            self._findings.errors += [_at(visit.path, error) for error in several.errors]
            return
        self._findings.unknown += [_at(visit.path, error) for error in unknown]
        path = visit.path
        if visit.message.type_url.endswith(".TypedStruct"):
            path = field_path.join(path, "value")
        # Envoy validates what an Any holds by itself, when its factory reads it: a new chain starts.
        self.message(visit._replace(message=inner, path=path, chain=()))


def _at(path: str, error: ConfigError) -> ConfigError:
    return ConfigError("", join_path(path, error.field_path), error.message)
