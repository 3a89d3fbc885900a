"""Which fields portico implements, and what a configuration uses beyond them.

Every package that reads protobuf messages declares, beside the code that reads them, the fields it honours:

    SUPPORTED = {"envoy.config.cluster.v3.Cluster": frozenset({"name", "type", …}), "…": ALL}

The caller merges these into a SupportTable; nothing is known here about any package. The rule:

- A set field that its message's row does not name is unimplemented; nothing inside it is looked at.
- A message without a row has no implemented field, except in the packages of PURE_DATA: types such as StringMatcher
  or Percent, which are implemented in one place for every field that uses them.
- What an Any holds must be claimed: by a row, or by an extension that registered for the type. Nobody claiming it is
  an error, as in Envoy, unless the field is optional there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.registry import ALL_FIELDS
from portico.config import field_path
from portico.config.nearest import nearest_type
from portico.config.proto_pool import ANY, message_descriptor
from portico.config.protos import type_name, unpack
from portico.config.security_fields import alters_security

ALL = ALL_FIELDS
Rows = Mapping[str, frozenset[str]]

PURE_DATA = ("google.protobuf.", "envoy.type.", "xds.type.", "xds.core.", "udpa.type.", "google.rpc.", "google.api.")
# Anys that hold data for others to read, not the configuration of an extension.
DATA_ANYS = frozenset(
    (
        "envoy.config.core.v3.Metadata.typed_filter_metadata",
        "envoy.config.core.v3.Node.dynamic_parameters",
        "envoy.service.discovery.v3.Resource.resource",
        "envoy.config.core.v3.DataSource.inline",
    )
)
# Set but empty, it says that the filter is enabled, without a word on its configuration.
EMPTY_ANY = "envoy.config.route.v3.FilterConfig.config"


@dataclass(frozen=True)
class Unimplemented:
    """A set field nobody honours. `is_error`: it cannot be ignored, in any mode."""

    path: str
    message_type: str
    field: str
    text: str
    is_error: bool


class SupportTable:
    """All rows together, and the way to those of extensions that are not imported yet."""

    def __init__(self, rows: Iterable[Rows], extension_rows: Callable[[str], Rows | None] | None = None) -> None:
        """`extension_rows` gets the full name of a message and imports what claims it; None = nothing does."""
        self._fields: dict[str, frozenset[str]] = {}
        self._extension_rows = extension_rows
        self._asked: set[str] = set()
        for each in rows:
            self.add(each)

    def add(self, rows: Rows) -> None:
        for name, fields in rows.items():
            self._fields[name] = self._fields.get(name, frozenset()) | fields

    def claims(self, name: str) -> bool:
        """Somebody reads this message type out of an Any."""
        if name not in self._asked and self._extension_rows is not None:
            self._asked.add(name)
            rows = self._extension_rows(name)
            if rows is not None:
                self.add({name: frozenset()})  # an extension without fields has an empty row
                self.add(rows)
        return name in self._fields

    def implements(self, field: FieldDescriptor) -> bool:
        name = _owner(field)
        fields = self._fields.get(name)
        if fields is None:
            return name.startswith(PURE_DATA)
        return field.name in fields or fields is ALL or "*" in fields

    def known_types(self) -> list[str]:
        return list(self._fields)


def _owner(field: FieldDescriptor) -> str:
    assert field.containing_type is not None
    return field.containing_type.full_name


def find_unimplemented(message: Any, table: SupportTable) -> list[Unimplemented]:
    """Every set field that is not honoured, with its path from `message`."""
    search = _Search(table)
    search.message(message, "")
    return search.found


class _Search:
    def __init__(self, table: SupportTable) -> None:
        self._table = table
        self.found: list[Unimplemented] = []

    def message(self, message: Any, path: str) -> None:
        self._name_without_config(message, path)
        for field, value in message.ListFields():
            inner = field_path.join(path, field.name)
            if not self._table.implements(field):
                self._unimplemented(field, inner)
            elif field.message_type is not None:
                self._enter(message, field, value, inner)

    def _unimplemented(self, field: FieldDescriptor, path: str) -> None:
        owner = _owner(field)
        is_error = alters_security(owner, field.name)
        text = f"{field.name!r} of {owner} is not implemented"
        text += ", and ignoring it would weaken security" if is_error else " and is ignored"
        self.found.append(Unimplemented(path, owner, field.name, text, is_error))

    def _enter(self, message: Any, field: FieldDescriptor, value: Any, path: str) -> None:
        kind = field.message_type
        assert kind is not None
        if not field.is_repeated:
            self._value(message, field, value, path, getattr(message, "name", ""))
        elif not kind.GetOptions().map_entry:
            for position, item in enumerate(value):
                self._value(message, field, item, field_path.index(path, position), "")
        elif kind.fields_by_name["value"].message_type is not None:
            for key in value:
                self._value(message, field, value[key], field_path.key(path, key), str(key))

    def _value(self, owner: Any, field: FieldDescriptor, value: Any, path: str, name: str) -> None:
        kind = value.DESCRIPTOR.full_name
        if kind == ANY:
            is_empty_by_design = field.full_name == EMPTY_ANY and not value.type_url
            if field.full_name not in DATA_ANYS and not is_empty_by_design:
                self._any(owner, field, value, path, name)
        elif not kind.startswith("google.protobuf."):
            self.message(value, path)

    def _any(self, owner: Any, field: FieldDescriptor, value: Any, path: str, name: str) -> None:
        try:
            held = type_name(value)
            is_claimed = bool(held) and self._table.claims(held)
            inner = unpack(value) if is_claimed else None
        except (ConfigError, ConfigErrors):
            return  # message_walk has reported it
        if inner is not None:
            self.message(inner, field_path.join(path, "value") if value.type_url.endswith("TypedStruct") else path)
            return
        text = f"Didn't find a registered implementation for {name!r} with type URL: {held!r}"
        near = nearest_type(held, self._table.known_types())
        if held.startswith("envoy.extensions.") and message_descriptor(held) is not None:
            text += "; Envoy has it, portico does not implement it"
        elif near:
            text += f"; did you mean {near!r}?"
        is_optional = getattr(owner, "is_optional", False) is True
        self.found.append(Unimplemented(path, owner.DESCRIPTOR.full_name, field.name, text, not is_optional))

    def _name_without_config(self, message: Any, path: str) -> None:
        """An extension named without its typed_config: in v3 the name alone selects nothing."""
        fields = message.DESCRIPTOR.fields_by_name
        field = fields.get("typed_config")
        if field is None or field.message_type is None or field.message_type.full_name != ANY:
            return
        if "name" not in fields or not message.name:
            return
        oneof = field.containing_oneof
        if (message.WhichOneof(oneof.name) is None) if oneof is not None else not message.HasField("typed_config"):
            text = f"Didn't find a registered implementation for {message.name!r} with type URL: ''; set 'typed_config'"
            is_optional = getattr(message, "is_optional", False) is True
            self.found.append(Unimplemented(path, message.DESCRIPTOR.full_name, "typed_config", text, not is_optional))
