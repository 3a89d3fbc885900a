"""Located values to protobuf messages, reporting everything that is wrong rather than the first thing.

Follows protobuf's JSON mapping in the lenient form Envoy 1.40 reads (measured): snake_case and lowerCamelCase names,
null for "not set", one object where a list is expected, a Duration or a wrapper written as an object. A key given
twice counts once, the last time; two members of one oneof are an error.
"""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from google.protobuf.descriptor import Descriptor

from portico.api.errors import ConfigError
from portico.config import field_path
from portico.config.field_plan import FieldPlan, MessagePlan, message_plan
from portico.config.json_scalars import UnknownEnumValue
from portico.config.located import LocatedList, LocatedMap, Value, describe
from portico.config.proto_pool import message_class, message_descriptor, unknown_type
from portico.config.resource_types import TYPE_URL_PREFIX
from portico.config.unknown_fields import UnknownFields, no_such_field
from portico.config.well_known import WELL_KNOWN, WRITTEN_AS_OBJECT

# Beyond this many a report helps nobody, and each unknown name costs a search for the nearest.
MOST_ERRORS = 100


# What an error message shows of the value.
FOUND = re.compile(r" found .*", re.DOTALL)


class TooManyErrors(Exception):
    """Ends the reading; the errors found so far are reported."""


@dataclass
class Findings:
    """What reading a message brought up besides the message."""

    errors: list[ConfigError] = field(default_factory=list)
    unknown: list[ConfigError] = field(default_factory=list)  # fields accepted although no message has them

    def error(self, path: str, message: str) -> None:
        """Raises TooManyErrors when this is one too many."""
        self.errors.append(ConfigError("", path, message))
        if len(self.errors) >= MOST_ERRORS:
            self.errors.append(ConfigError("", "", f"stopped after {MOST_ERRORS} errors"))
            raise TooManyErrors


def parse_message(value: Value, full_name: str, unknown_fields: UnknownFields, findings: Findings) -> Any:
    """A message holding all that could be read; what could not is in `findings`, paths relative to the message."""
    message = message_class(full_name)()
    with suppress(TooManyErrors):
        _Parser(unknown_fields, findings).message(value, message, "", None)
    return message


class _Parser:
    def __init__(self, unknown_fields: UnknownFields, findings: Findings) -> None:
        self._unknown_fields = unknown_fields
        self._findings = findings
        self._is_sensitive = False  # the value being read must not be shown

    def message(self, value: Value, message: Any, path: str, parent: Descriptor | None) -> None:
        """Fills `message`; `parent` is the type of the message around it."""
        descriptor: Descriptor = message.DESCRIPTOR
        if descriptor.full_name in WELL_KNOWN:
            self._well_known(value, message, path)
            return
        if not isinstance(value, LocatedMap):
            self._error(path, self._no_object(value, descriptor))
            return
        plan = message_plan(descriptor)
        oneofs: dict[str, str] = {}
        for name, item in value.items():
            found = plan.accepted.get(name)
            if found is None:
                self._unknown(name, path, plan, parent)
            elif item is not None or found.null_is_value:
                inner = field_path.join(path, found.name)
                if found.oneof and oneofs.setdefault(found.oneof, found.name) != found.name:
                    self._error(inner, f"cannot be set together with {oneofs[found.oneof]!r}: at most one may")
                else:
                    self._field(item, message, found, inner)

    def _no_object(self, value: Value, descriptor: Descriptor) -> str:
        hint = ""
        if isinstance(value, LocatedList):
            hint = "; remove the '- ' in front of its fields" if len(value) == 1 else "; only one is allowed here"
        return f"expected an object ({descriptor.full_name}), found {describe(value)}{hint}"

    def _unknown(self, name: str, path: str, plan: MessagePlan, parent: Descriptor | None) -> None:
        complaint = no_such_field(name, plan.descriptor, plan.offered, parent)
        inner = field_path.join(path, name)
        if self._unknown_fields is UnknownFields.REJECT:
            self._error(inner, complaint)
        else:
            self._findings.unknown.append(ConfigError("", inner, complaint))

    def _field(self, value: Value, message: Any, plan: FieldPlan, path: str) -> None:
        was_sensitive = self._is_sensitive
        self._is_sensitive = was_sensitive or plan.sensitive
        self._set(value, message, plan, path)
        self._is_sensitive = was_sensitive

    def _set(self, value: Value, message: Any, plan: FieldPlan, path: str) -> None:
        if plan.is_map:
            self._map(value, message, plan, path)
        elif plan.is_repeated:
            self._repeated(value, getattr(message, plan.name), plan, path, message.DESCRIPTOR)
        elif plan.reader is None:
            child = getattr(message, plan.name)
            child.SetInParent()
            self.message(value, child, path, message.DESCRIPTOR)
        else:
            try:
                setattr(message, plan.name, plan.reader(value))
            except ValueError as error:
                self._bad_scalar(path, error)

    def _bad_scalar(self, path: str, error: ValueError) -> None:
        if isinstance(error, UnknownEnumValue) and self._unknown_fields is not UnknownFields.REJECT:
            self._findings.unknown.append(ConfigError("", path, str(error)))
        else:
            self._error(path, str(error))

    def _error(self, path: str, message: str) -> None:
        if self._is_sensitive:
            message = FOUND.sub(" found something else (not shown: it may be a secret)", message)
        self._findings.error(path, message)

    def _repeated(self, value: Value, target: Any, plan: FieldPlan, path: str, parent: Descriptor) -> None:
        # No element type of Envoy's API is a list itself, so a list is always the field's own.
        items: list[Value] = value if isinstance(value, LocatedList) else [value]
        is_plain = not isinstance(value, LocatedList | LocatedMap)
        if is_plain and plan.message is not None and plan.message.full_name not in WELL_KNOWN:
            self._error(path, f"expected a list of {plan.message.full_name}, found {describe(value)}")
            return
        for position, item in enumerate(items):
            inner = field_path.index(path, position)
            if plan.reader is None:
                child = target.add()
                if item is not None or plan.null_is_value:
                    self.message(item, child, inner, parent)
                continue
            try:
                # null is the element's default value, as in Envoy.
                target.append(plan.default if item is None else plan.reader(item))
            except ValueError as error:
                self._bad_scalar(inner, error)

    def _map(self, value: Value, message: Any, plan: FieldPlan, path: str) -> None:
        if not isinstance(value, LocatedMap):
            self._error(path, f"expected an object (a map), found {describe(value)}")
            return
        if value.repeated:
            self._error(field_path.key(path, value.repeated[0]), "is given twice")
        target = getattr(message, plan.name)
        assert plan.key_reader is not None
        for name, item in value.items():
            inner = field_path.key(path, name)
            try:
                key: Any = plan.key_reader(name)
                if plan.reader is not None:
                    target[key] = plan.default if item is None else plan.reader(item)
                elif item is not None or plan.null_is_value:
                    self.message(item, target[key], inner, message.DESCRIPTOR)
                else:
                    target[key].SetInParent()
            except ValueError as error:
                self._bad_scalar(inner, error)

    def _well_known(self, value: Value, message: Any, path: str) -> None:
        full_name = message.DESCRIPTOR.full_name
        if full_name == "google.protobuf.Any":
            self._any(value, message, path)
            return
        # Envoy also takes the message's own fields: {seconds: 5} as a Duration, {value: 5} as a UInt32Value.
        if isinstance(value, LocatedMap) and full_name not in WRITTEN_AS_OBJECT:
            plan = message_plan(message.DESCRIPTOR)
            for name, item in value.items():
                if name not in plan.accepted:
                    self._unknown(name, path, plan, None)
                elif item is not None:
                    self._field(item, message, plan.accepted[name], field_path.join(path, name))
            return
        try:
            WELL_KNOWN[full_name](value, message)
        except ValueError as error:
            self._error(path, str(error))

    def _any(self, value: Value, message: Any, path: str) -> None:
        if not isinstance(value, LocatedMap):
            self._error(path, f"expected an object with '@type', found {describe(value)}")
            return
        if not value:
            return
        type_url = value.get("@type")
        problem = self._type_problem(type_url)
        if problem is not None or not isinstance(type_url, str):
            self._error(field_path.join(path, "@type"), problem or "")
            return
        name = type_url.rpartition("/")[2]
        inner = message_class(name)()
        if name in WELL_KNOWN:
            # https://protobuf.dev/programming-guides/json/#any: what has a JSON form of its own stands under "value".
            for key in value:
                if key not in ("@type", "value"):
                    self._error(field_path.join(path, key), f"{name} stands under 'value'")
            if "value" in value:
                self.message(value["value"], inner, field_path.join(path, "value"), None)
        else:
            fields = LocatedMap(value.start)
            fields.update(value)
            fields.marks = value.marks
            del fields["@type"]
            self.message(fields, inner, path, None)
        message.type_url = type_url
        message.value = inner.SerializeToString(deterministic=True)

    def _type_problem(self, type_url: Value) -> str | None:
        if type_url is None:
            return "is missing: it says which message this is"
        if not isinstance(type_url, str):
            return f"expected a string, found {describe(type_url)}"
        host, slash, name = type_url.rpartition("/")
        if not slash or not host:
            return f"expected '{TYPE_URL_PREFIX}' and a message name, found {type_url!r}"
        if message_descriptor(name) is None:
            return unknown_type(type_url).message
        return None
