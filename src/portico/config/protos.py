"""Messages of the Envoy API: the classes, and what an Any holds. The one door to protobuf for other packages."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from portico.api.errors import ConfigError, ConfigErrors
from portico.config.json_mapping import Findings, parse_message
from portico.config.located import LocatedList, LocatedMap, Value
from portico.config.proto_pool import message_class, message_descriptor, pack, pool, unknown_type
from portico.config.unknown_fields import UnknownFields

__all__ = ["message_class", "message_descriptor", "pack", "pool", "type_name", "unpack"]

# A message of any type as a Struct, for senders that have no descriptors. xds/type/v3/typed_struct.proto; the older
# udpa name has the same fields.
TYPED_STRUCTS = frozenset(("xds.type.v3.TypedStruct", "udpa.type.v1.TypedStruct"))


def type_name(any_message: Any) -> str:
    """Full name of the message an Any stands for, also through a TypedStruct; empty if it holds nothing."""
    name = _held_name(any_message)
    if name in TYPED_STRUCTS:
        typed_struct = _parse(name, any_message.value)
        return _name_in(typed_struct.type_url)
    return name


def unpack(any_message: Any) -> Any:
    """The message an Any stands for; a TypedStruct is read as the message it names.

    Raises ConfigError or ConfigErrors, relative to the Any: nobody knows the type (the nearest one is named), the bytes
    are not of that type, or the Struct does not fit it.
    """
    name = _held_name(any_message)
    if message_descriptor(name) is None:
        raise unknown_type(any_message.type_url)
    message = _parse(name, any_message.value)
    return _of_typed_struct(message) if name in TYPED_STRUCTS else message


def _held_name(any_message: Any) -> str:
    return _name_in(any_message.type_url)


def _name_in(type_url: str) -> str:
    return type_url.rpartition("/")[2]


def _parse(name: str, serialized: bytes) -> Any:
    message = message_class(name)()
    try:
        message.ParseFromString(serialized)
    except DecodeError:
        raise ConfigError("", "", f"value is not a serialized {name}") from None
    return message


def _of_typed_struct(typed_struct: Any) -> Any:
    name = _name_in(typed_struct.type_url)
    if message_descriptor(name) is None:
        raise ConfigError("", "type_url", unknown_type(typed_struct.type_url).message)
    findings = Findings()
    message = parse_message(_value_of_struct(typed_struct.value), name, UnknownFields.REJECT, findings)
    if findings.errors:
        inside = [ConfigError("", "value" + _joint(e.field_path), e.message) for e in findings.errors]
        raise ConfigErrors(inside)
    return message


def _joint(path: str) -> str:
    return path if not path or path.startswith("[") else "." + path


def _value_of_struct(struct: Any) -> LocatedMap:
    """Places are not known any more: the path leads to them (see `positions`)."""
    result = LocatedMap(0)
    for name, value in struct.fields.items():
        result[name] = _value_of(value)
    return result


def _value_of(value: Any) -> Value:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        return _value_of_struct(value.struct_value)
    if kind == "list_value":
        result = LocatedList(0)
        result.extend(_value_of(item) for item in value.list_value.values)
        return result
    if kind is None or kind == "null_value":
        return None
    plain: Value = getattr(value, kind)
    return plain
