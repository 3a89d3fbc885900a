"""JSON forms of google.protobuf's own messages."""

from __future__ import annotations

import pytest

from portico.config.json_reader import read_json
from portico.config.located import Value
from portico.config.proto_pool import message_class
from portico.config.well_known import WELL_KNOWN


def fill(kind: str, value: Value) -> object:
    message = message_class(f"google.protobuf.{kind}")()
    WELL_KNOWN[f"google.protobuf.{kind}"](value, message)
    return message


@pytest.mark.parametrize(
    ("text", "seconds", "nanos"),
    [
        ("5s", 5, 0),
        ("0.25s", 0, 250_000_000),
        ("-1.5s", -1, -500_000_000),
        ("1.000000001s", 1, 1),
        ("-0.5s", 0, -5 * 10**8),
    ],
)
def test_durations(text: str, seconds: int, nanos: int) -> None:
    duration = message_class("google.protobuf.Duration")(seconds=seconds, nanos=nanos)
    assert fill("Duration", text) == duration


@pytest.mark.parametrize("value", ["5", "1e1s", ".5s", "5.s", "+5s", "1.0000000001s", "", None, True, "5 s"])
def test_what_is_no_duration(value: Value) -> None:
    with pytest.raises(ValueError, match=r"expected a duration such as '0\.25s', found"):
        fill("Duration", value)


def test_a_number_as_duration_gets_the_likely_remedy() -> None:
    with pytest.raises(ValueError, match=r"found 5; did you mean '5s'\?"):
        fill("Duration", 5)
    with pytest.raises(ValueError, match="at most 315576000000s"):
        fill("Duration", "315576000001s")


def test_timestamps_with_and_without_offset() -> None:
    utc = fill("Timestamp", "2026-01-31T12:00:00.5Z")
    assert utc == fill("Timestamp", "2026-01-31T14:00:00.500+02:00")
    assert utc == message_class("google.protobuf.Timestamp")(seconds=1769860800, nanos=500_000_000)
    assert fill("Timestamp", "1969-12-31T23:59:59Z") == message_class("google.protobuf.Timestamp")(seconds=-1)


@pytest.mark.parametrize("value", ["2026-01-31", "2026-13-31T12:00:00Z", 5])
def test_what_is_no_timestamp(value: Value) -> None:
    with pytest.raises(ValueError, match="expected a time such as"):
        fill("Timestamp", value)


def test_field_masks_are_one_string() -> None:
    mask = message_class("google.protobuf.FieldMask")(paths=["name", "load_assignment.endpoints"])
    assert fill("FieldMask", "name,loadAssignment.endpoints") == mask
    with pytest.raises(ValueError, match="expected field paths"):
        fill("FieldMask", 5)


def test_structs_hold_any_value() -> None:
    struct = fill("Struct", read_json('{"a": [null, true, 1.5, "x", {"b": []}]}', "f").root)
    inner = struct.fields["a"].list_value.values  # type: ignore[attr-defined]
    assert [value.WhichOneof("kind") for value in inner] == [
        "null_value",
        "bool_value",
        "number_value",
        "string_value",
        "struct_value",
    ]
    assert inner[4].struct_value.fields["b"].WhichOneof("kind") == "list_value"


def test_a_struct_in_json_has_each_key_once() -> None:
    with pytest.raises(ValueError, match="the key 'a' is given twice"):
        fill("Struct", read_json('{"a": 1, "a": 2}', "f").root)


def test_what_is_no_struct_or_list() -> None:
    with pytest.raises(ValueError, match="expected an object, found 'x'"):
        fill("Struct", "x")
    with pytest.raises(ValueError, match="expected a list, found 'x'"):
        fill("ListValue", "x")


def test_wrappers_are_their_value() -> None:
    assert fill("UInt32Value", "5") == message_class("google.protobuf.UInt32Value")(value=5)
    with pytest.raises(ValueError, match="expected an integer"):
        fill("UInt32Value", "x")
