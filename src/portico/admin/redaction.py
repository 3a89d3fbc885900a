"""Secrets out of messages before they are shown: every field marked `udpa.annotations.sensitive`, at any depth."""

from __future__ import annotations

from typing import Any

from google.protobuf.descriptor import FieldDescriptor
from google.protobuf.message import DecodeError

from portico.config.options import is_sensitive
from portico.config.proto_pool import ANY, message_class, message_descriptor

REDACTED = "[redacted]"
STRUCT = "google.protobuf.Struct"
TYPED_STRUCTS = ("udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct")


def redact(message: Any, within_secret: bool = False) -> None:
    """In place. Text becomes `[redacted]`, numbers are cleared; sizes of lists and names of map keys stay."""
    full_name = message.DESCRIPTOR.full_name
    if full_name == ANY:
        redact_any(message, within_secret)
    elif full_name == STRUCT:
        if within_secret:
            redact_struct(message)
    elif full_name in TYPED_STRUCTS:
        redact_typed_struct(message, within_secret)
    else:
        for field, value in message.ListFields():
            redact_field(message, field, value, within_secret or is_sensitive(field))


def redact_field(message: Any, field: Any, value: Any, is_secret: bool) -> None:
    kind = field.message_type
    if kind is not None and kind.GetOptions().map_entry:
        redact_map(field, value, is_secret)
    elif kind is not None:
        for inner in value if field.is_repeated else [value]:
            redact(inner, is_secret)
    elif is_secret:
        replacement = replacement_of(field)
        if field.is_repeated:
            value[:] = [replacement] * len(value)
        elif field.type in (FieldDescriptor.TYPE_STRING, FieldDescriptor.TYPE_BYTES):
            setattr(message, field.name, replacement)
        else:
            message.ClearField(field.name)


def redact_map(field: Any, entries: Any, is_secret: bool) -> None:
    value_field = field.message_type.fields_by_name["value"]
    for key in list(entries):
        if value_field.message_type is not None:
            redact(entries[key], is_secret)
        elif is_secret:
            entries[key] = replacement_of(value_field)


def replacement_of(field: Any) -> Any:
    if field.type == FieldDescriptor.TYPE_STRING:
        return REDACTED
    return REDACTED.encode() if field.type == FieldDescriptor.TYPE_BYTES else field.default_value


def redact_any(message: Any, within_secret: bool) -> None:
    """An Any of an unknown type stays: it cannot be printed either. One that does not parse is emptied."""
    name = message.type_url.rpartition("/")[2]
    if message_descriptor(name) is None:
        message.value = b""
        return
    try:
        inner = message_class(name).FromString(message.value)
    except DecodeError:
        message.value = b""
        return
    redact(inner, within_secret)
    message.value = inner.SerializeToString(deterministic=True)


def redact_typed_struct(message: Any, within_secret: bool) -> None:
    """Its Struct is read as the message it stands for; fields of a type nobody knows are not secrets we know of."""
    descriptor = message_descriptor(message.type_url.rpartition("/")[2])
    if within_secret:
        redact_struct(message.value)
    elif descriptor is not None:
        redact_struct_as(message.value, descriptor)


def redact_struct_as(struct: Any, descriptor: Any) -> None:
    by_name = {**{field.json_name: field for field in descriptor.fields}, **descriptor.fields_by_name}
    for key, value in struct.fields.items():
        field = by_name.get(key)
        if field is None:
            continue
        if is_sensitive(field):
            redact_value(value)
        elif field.message_type is not None:
            members = value.list_value.values if value.HasField("list_value") else [value]
            for member in members:
                if member.HasField("struct_value"):
                    redact_struct_as(member.struct_value, field.message_type)


def redact_struct(struct: Any) -> None:
    for value in struct.fields.values():
        redact_value(value)


def redact_value(value: Any) -> None:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        redact_struct(value.struct_value)
    elif kind == "list_value":
        for member in value.list_value.values:
            redact_value(member)
    elif kind in ("string_value", "number_value", "bool_value"):
        value.string_value = REDACTED
