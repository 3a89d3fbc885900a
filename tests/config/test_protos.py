"""What an Any stands for."""

from __future__ import annotations

from typing import Any

import pytest

from portico.api.errors import ConfigError, ConfigErrors
from portico.config.protos import message_class, pack, type_name, unpack
from portico.config.unknown_fields import UnknownFields

BUFFER = "envoy.extensions.filters.http.buffer.v3.Buffer"


def typed_struct(kind: str, type_url: str, value: dict[str, Any]) -> Any:
    message = message_class(kind)(type_url=type_url)
    message.value.update(value)
    return pack(message)


@pytest.mark.parametrize("kind", ["udpa.type.v1.TypedStruct", "xds.type.v3.TypedStruct"])
def test_a_typed_struct_is_the_message_it_names(kind: str) -> None:
    held = typed_struct(kind, f"type.googleapis.com/{BUFFER}", {"maxRequestBytes": 5})
    assert type_name(held) == BUFFER
    assert unpack(held) == message_class(BUFFER)(max_request_bytes={"value": 5})


def test_any_value_survives_the_way_through_a_struct() -> None:
    value = {"filter_metadata": {"a": {"list": [1, "x", None, True, {"b": 1.5}]}}}
    held = typed_struct("xds.type.v3.TypedStruct", "x/envoy.config.core.v3.Metadata", value)
    fields = unpack(held).filter_metadata["a"].fields["list"].list_value.values
    assert [field.WhichOneof("kind") for field in fields] == [
        "number_value",
        "string_value",
        "null_value",
        "bool_value",
        "struct_value",
    ]


def test_a_plain_message_is_itself() -> None:
    message = message_class(BUFFER)(max_request_bytes={"value": 5})
    assert type_name(pack(message)) == BUFFER
    assert unpack(pack(message)) == message
    assert type_name(message_class("google.protobuf.Any")()) == ""


def test_errors_are_relative_to_the_any() -> None:
    held = typed_struct("xds.type.v3.TypedStruct", f"x/{BUFFER}", {"max_request_bytes": "many"})
    with pytest.raises(ConfigErrors) as caught:
        unpack(held)
    assert str(caught.value) == "value.max_request_bytes: expected an integer, found 'many'"
    with pytest.raises(ConfigError, match=r"^type_url: could not find @type 'x/a\.B'"):
        unpack(typed_struct("xds.type.v3.TypedStruct", "x/a.B", {}))
    with pytest.raises(ConfigError, match=r"could not find @type 'x/a\.B'"):
        unpack(message_class("google.protobuf.Any")(type_url="x/a.B"))
    with pytest.raises(ConfigError, match=f"value is not a serialized {BUFFER}"):
        unpack(message_class("google.protobuf.Any")(type_url=f"x/{BUFFER}", value=b"\xff"))


def test_unknown_fields_of_a_typed_struct_are_collected_or_refused() -> None:
    held = typed_struct("xds.type.v3.TypedStruct", f"x/{BUFFER}", {"max_bytes": 5})
    unknown: list[ConfigError] = []
    assert unpack(held, unknown=unknown) == message_class(BUFFER)()
    assert [error.field_path for error in unknown] == ["value.max_bytes"]
    with pytest.raises(ConfigErrors, match="no such field: 'max_bytes'"):
        unpack(held, UnknownFields.REJECT)
