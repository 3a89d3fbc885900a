"""The options of Envoy's API that change what portico does: validation rules, deprecation, secrecy.

They are extensions of protobuf's option messages. Extensions resolve only in the pool that defines them, and the pool
of options is protobuf's default one, which portico leaves alone: so options are read again with the private pool.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor import (
    Descriptor,
    EnumValueDescriptor,
    FieldDescriptor,
    FileDescriptor,
    OneofDescriptor,
)

from portico.config.proto_pool import message_class, pool


@cache
def _extension(full_name: str) -> Any:
    return pool.FindExtensionByName(full_name)


def _reread(kind: str, options: Any) -> Any:
    return message_class(f"google.protobuf.{kind}").FromString(options.SerializeToString())


def _value(options: Any, extension: str) -> Any:
    """None if it is not set."""
    handle = _extension(extension)
    return options.Extensions[handle] if options.HasExtension(handle) else None


def field_rules(field: FieldDescriptor) -> Any:
    """validate.FieldRules, or None."""
    return _value(_reread("FieldOptions", field.GetOptions()), "validate.rules")


def oneof_is_required(oneof: OneofDescriptor) -> bool:
    return bool(_value(_reread("OneofOptions", oneof.GetOptions()), "validate.required"))


def message_is_unchecked(descriptor: Descriptor) -> bool:
    """The message's rules are switched off, by `validate.disabled` or `validate.ignored`."""
    options = _reread("MessageOptions", descriptor.GetOptions())
    return bool(_value(options, "validate.disabled") or _value(options, "validate.ignored"))


def is_deprecated(field: FieldDescriptor) -> bool:
    return bool(field.GetOptions().deprecated)


def is_disallowed(field: FieldDescriptor) -> bool:
    """Deprecated so long that Envoy refuses it unless a runtime key allows it."""
    return bool(_value(_reread("FieldOptions", field.GetOptions()), "envoy.annotations.disallowed_by_default"))


def enum_value_is_deprecated(value: EnumValueDescriptor) -> bool:
    return bool(value.GetOptions().deprecated)


def enum_value_is_disallowed(value: EnumValueDescriptor) -> bool:
    options = _reread("EnumValueOptions", value.GetOptions())
    return bool(_value(options, "envoy.annotations.disallowed_by_default_enum"))


@cache
def is_sensitive(field: FieldDescriptor) -> bool:
    """Its value must not appear in dumps and logs."""
    return bool(_value(_reread("FieldOptions", field.GetOptions()), "udpa.annotations.sensitive"))


def file_is_work_in_progress(file: FileDescriptor) -> bool:
    options = _reread("FileOptions", file.GetOptions())
    statuses = (_value(options, name) for name in ("udpa.annotations.file_status", "xds.annotations.v3.file_status"))
    return any(status is not None and status.work_in_progress for status in statuses)


def message_is_work_in_progress(descriptor: Descriptor) -> bool:
    status = _value(_reread("MessageOptions", descriptor.GetOptions()), "xds.annotations.v3.message_status")
    return status is not None and bool(status.work_in_progress)
