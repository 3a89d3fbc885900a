"""Messages of the Envoy API: the classes, and what an Any holds. The one door to protobuf for other packages."""

from __future__ import annotations

from typing import Any

from google.protobuf.message import DecodeError

from portico.api.errors import ConfigError, ConfigErrors, join_path
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


def unpack(
    any_message: Any, unknown_fields: UnknownFields = UnknownFields.IGNORE, unknown: list[ConfigError] | None = None
) -> Any:
    """The message an Any stands for; a TypedStruct is read as the message it names.

    Fields a TypedStruct has and that message has not go to `unknown`; the default suits whoever builds objects, since
    loading has complained already. Raises ConfigError or ConfigErrors, relative to the Any: nobody knows the type (the
    nearest one is named), the bytes are not of that type, or the Struct does not fit it.
    """
    name = _held_name(any_message)
    if message_descriptor(name) is None:
        raise unknown_type(any_message.type_url)
    message = _parse(name, any_message.value)
    if name not in TYPED_STRUCTS:
        return message
    return _of_typed_struct(message, unknown_fields, unknown if unknown is not None else [])


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


def _of_typed_struct(typed_struct: Any, unknown_fields: UnknownFields, unknown: list[ConfigError]) -> Any:
    name = _name_in(typed_struct.type_url)
    if message_descriptor(name) is None:
        raise ConfigError("", "type_url", unknown_type(typed_struct.type_url).message)
    findings = Findings()
    message = parse_message(_value_of_struct(typed_struct.value), name, unknown_fields, findings)
    unknown += [_inside_value(error) for error in findings.unknown]
    if findings.errors:
        raise ConfigErrors([_inside_value(error) for error in findings.errors])
    return message


def _inside_value(error: ConfigError) -> ConfigError:
    return ConfigError("", join_path("value", error.field_path), error.message)


def _value_of_struct(struct: Any) -> LocatedMap:
    """Places are not known any more: the path leads to them (see `positions`).

    In the order of names: a protobuf map has none, and errors should not change theirs from run to run.
    """
    result = LocatedMap(0)
    for name in sorted(struct.fields):
        result[name] = _value_of(struct.fields[name])
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
