"""The rules of Envoy's API applied to a whole message."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor

from portico.api.errors import ConfigError
from portico.config import field_path
from portico.config.constraints import Violation, violations
from portico.config.message_walk import Visit
from portico.config.options import is_sensitive


class RuleError(ConfigError):
    """A broken validate.rules option.

    `is_absence` tells that the field is not set at all. `envoy_text` is what Envoy prints for it: control planes and
    their users search for that text, so it goes into NACKs.
    """

    def __init__(self, path: str, message: str, envoy_text: str, is_absence: bool) -> None:
        super().__init__("", path, message)
        self.envoy_text = envoy_text
        self.is_absence = is_absence


class RuleChecker:
    """A visitor for `message_walk.walk` that collects what is broken."""

    def __init__(self) -> None:
        self.errors: list[RuleError] = []

    def visit(self, visit: Visit) -> None:
        if visit.is_validated:
            for violation in violations(visit.message):
                self.errors.append(_error(visit, violation))


def _error(visit: Visit, violation: Violation) -> RuleError:
    if violation.oneof:
        members = visit.message.DESCRIPTOR.oneofs_by_name[violation.oneof].fields
        names = ", ".join(field.name for field in members)
        return RuleError(visit.path, f"one of {names} is required", _envoy_text(visit, violation), True)
    path = field_path.join(visit.path, violation.field)
    if isinstance(violation.item, int) and not _is_map(visit.message, violation.field):
        path = field_path.index(path, violation.item)
    elif violation.item is not None:
        path = field_path.key(path, violation.item)
    field = visit.message.DESCRIPTOR.fields_by_name[violation.field]
    is_absence = violation.item is None and not _is_set(visit.message, field)
    found = "" if violation.item is not None or is_absence else _found(visit.message, field)
    if visit.is_sensitive or is_sensitive(field):
        found = ""
    return RuleError(path, violation.reason + found, _envoy_text(visit, violation), is_absence)


def _is_map(message: Any, name: str) -> bool:
    kind = message.DESCRIPTOR.fields_by_name[name].message_type
    return kind is not None and bool(kind.GetOptions().map_entry)


def _is_set(message: Any, field: FieldDescriptor) -> bool:
    return bool(message.HasField(field.name) if field.has_presence else getattr(message, field.name))


def _found(message: Any, field: FieldDescriptor) -> str:
    """`, found …`; empty for a message, which is shown by its place alone."""
    value = getattr(message, field.name)
    if field.is_repeated:
        return f", found {len(value)}"
    if field.message_type is None:
        return f", found {value!r}"
    kind = field.message_type.full_name
    if kind == "google.protobuf.Duration":
        return f", found {value.ToJsonString()}"
    return f", found {value.value!r}" if kind.startswith("google.protobuf.") and kind.endswith("Value") else ""


def _envoy_text(visit: Visit, violation: Violation) -> str:
    name = visit.message.DESCRIPTOR.name
    if violation.oneof:
        text = f'field: "{violation.oneof}", reason: {violation.reason}'
    else:
        text = f"{name}ValidationError.{_step(violation.field, violation.item)}: {violation.reason}"
    for outer, field, index in reversed(visit.chain):
        text = f"{outer}ValidationError.{_step(field, index)}: embedded message failed validation | caused by {text}"
    return f"Proto constraint validation failed ({text})"


def _step(field: str, index: object) -> str:
    camel_case = "".join(part[:1].upper() + part[1:] for part in field.split("_"))
    return camel_case if index is None else f"{camel_case}[{index}]"
