"""What each message type accepts as JSON, worked out once a type."""

from __future__ import annotations

from functools import cache

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from portico.config.json_scalars import ScalarReader, scalar_reader
from portico.config.options import is_deprecated, is_sensitive

# Of everything that is not a number.
DEFAULTS: dict[int, object] = {
    FieldDescriptor.TYPE_BOOL: False,
    FieldDescriptor.TYPE_STRING: "",
    FieldDescriptor.TYPE_BYTES: b"",
}


class FieldPlan:
    """One field: how it is written, and how a value of it is read."""

    __slots__ = (
        "default",
        "is_map",
        "is_repeated",
        "key_reader",
        "message",
        "name",
        "null_is_value",
        "oneof",
        "reader",
        "sensitive",
    )

    def __init__(self, field: FieldDescriptor) -> None:
        self.name = field.name
        self.sensitive = is_sensitive(field)
        self.is_repeated = field.is_repeated
        oneof = field.containing_oneof
        # The oneof protoc makes for a proto3 `optional` field cannot conflict.
        self.oneof = oneof.name if oneof is not None and len(oneof.fields) > 1 else ""
        self.message: Descriptor | None = field.message_type
        self.is_map = self.message is not None and self.message.GetOptions().map_entry
        self.key_reader: ScalarReader | None = None
        if self.is_map:
            assert field.message_type is not None
            key, value = field.message_type.fields
            self.key_reader = scalar_reader(key)
            self.message = value.message_type
            field = value
        # A message has its own reader; everything else is a scalar.
        self.reader: ScalarReader | None = None if self.message is not None else scalar_reader(field)
        self.default = DEFAULTS.get(field.type, 0)
        self.null_is_value = self.message is not None and self.message.full_name == "google.protobuf.Value"


class MessagePlan:
    """A message type's fields by every name they may be written with, and the names to offer."""

    __slots__ = ("accepted", "descriptor", "offered")

    def __init__(self, descriptor: Descriptor) -> None:
        self.descriptor = descriptor
        self.accepted: dict[str, FieldPlan] = {}
        for field in descriptor.fields:
            plan = FieldPlan(field)
            self.accepted[field.name] = plan
            self.accepted[field.json_name] = plan
        self.offered = [field.name for field in descriptor.fields if not is_deprecated(field)]


@cache
def message_plan(descriptor: Descriptor) -> MessagePlan:
    return MessagePlan(descriptor)
