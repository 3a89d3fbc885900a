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
from portico.config.sources import MAX_BYTES
from portico.config.unknown_fields import UnknownFields


class Visit(NamedTuple):
    """One message and the way to it."""

    message: Any
    path: str
    # Messages entered since the root or the last Any, each with the field and the index taken; Envoy prints this chain.
    chain: tuple[tuple[str, str, object], ...]
    is_validated: bool  # False inside a field whose rules say `skip`
    is_sensitive: bool  # inside a field whose value must not be shown
    depth: int = 0  # messages around this one
    any_bytes: int = 0  # what the Anys around this message hold, together


Visitor = Callable[[Visit], None]


# protobuf's own limit is 100 for one message; an Any starts a new one, so the sum needs a limit of its own. Python's
# stack holds about twice as much.
MAX_MESSAGE_DEPTH = 100
# Each Any around a message is a copy of all inside it: nested ones would multiply the size of a file.
MAX_ANY_BYTES = 3 * MAX_BYTES


def walk(message: Any, visit: Visitor, findings: Findings, unknown_fields: UnknownFields) -> bool:
    """Calls `visit` for the message and all inside it; Anys that cannot be read are reported in `findings`.

    False: something is nested too deep to be entered, which is reported too. Others should not try.
    """
    walker = _Walk(visit, findings, unknown_fields)
    walker.message(Visit(message, "", (), is_validated=True, is_sensitive=False))
    return walker.is_complete


class _Walk:
    def __init__(self, visit: Visitor, findings: Findings, unknown_fields: UnknownFields) -> None:
        self._visit = visit
        self._findings = findings
        self._unknown_fields = unknown_fields
        self.is_complete = True

    def message(self, visit: Visit) -> None:
        if visit.depth > MAX_MESSAGE_DEPTH or visit.any_bytes > MAX_ANY_BYTES:
            self.is_complete = False
            text = f"messages are nested deeper than {MAX_MESSAGE_DEPTH} levels or {MAX_ANY_BYTES} bytes"
            self._findings.errors.append(ConfigError("", visit.path, text))
            return
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
        self.message(outer._replace(message=message, path=path, chain=chain, depth=outer.depth + 1))

    def _any(self, visit: Visit) -> None:
        if not visit.message.type_url:
            return
        any_bytes = visit.any_bytes + len(visit.message.value)
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
        self.message(visit._replace(message=inner, path=path, chain=(), depth=visit.depth + 1, any_bytes=any_bytes))


def _at(path: str, error: ConfigError) -> ConfigError:
    return ConfigError("", join_path(path, error.field_path), error.message)
