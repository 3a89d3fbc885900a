"""JSON forms of google.protobuf's own messages.

Each reader fills a message or raises ValueError with what was expected.
Source: https://protobuf.dev/programming-guides/json/; limits and leniency as Envoy 1.40.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from portico.config.json_scalars import scalar_reader
from portico.config.located import LocatedList, LocatedMap, Value, describe

Fill = Callable[[Value, Any], None]

DURATION = re.compile(r"(-?)([0-9]{1,12})(?:\.([0-9]{1,9}))?s\Z")
TIMESTAMP = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)\Z")
MAX_DURATION_S = 315_576_000_000  # duration.proto: ±10,000 years


def fill_duration(value: Value, message: Any) -> None:
    match = DURATION.match(value) if isinstance(value, str) else None
    if match is None:
        hint = f"; did you mean '{value}s'?" if isinstance(value, int | float) and not isinstance(value, bool) else ""
        raise ValueError(f"expected a duration such as '0.25s', found {describe(value)}{hint}")
    sign, seconds, fraction = match.groups()
    if int(seconds) > MAX_DURATION_S:
        raise ValueError(f"expected a duration of at most {MAX_DURATION_S}s, found {describe(value)}")
    factor = -1 if sign else 1
    message.seconds = factor * int(seconds)
    message.nanos = factor * int((fraction or "").ljust(9, "0"))


def fill_timestamp(value: Value, message: Any) -> None:
    match = TIMESTAMP.match(value) if isinstance(value, str) else None
    try:
        if match is None:
            raise ValueError
        moment = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    except ValueError:
        raise ValueError(f"expected a time such as '2026-01-31T12:00:00Z', found {describe(value)}") from None
    difference = moment - datetime(1970, 1, 1, tzinfo=UTC)
    message.seconds = difference.days * 86400 + difference.seconds
    message.nanos = int((match[2] or "").ljust(9, "0"))


def fill_field_mask(value: Value, message: Any) -> None:
    if not isinstance(value, str):
        raise ValueError(f"expected field paths such as 'name,loadAssignment.endpoints', found {describe(value)}")
    message.paths.extend(_snake_case(path) for path in value.split(",") if path)


def _snake_case(path: str) -> str:
    return re.sub(r"[A-Z]", lambda letter: "_" + letter.group().lower(), path)


def fill_wrapper(value: Value, message: Any) -> None:
    message.value = scalar_reader(message.DESCRIPTOR.fields_by_name["value"])(value)


def fill_value(value: Value, message: Any) -> None:
    if value is None:
        message.null_value = 0
    elif isinstance(value, bool):
        message.bool_value = value
    elif isinstance(value, int | float):
        message.number_value = value
    elif isinstance(value, str):
        message.string_value = value
    elif isinstance(value, LocatedMap):
        message.struct_value.SetInParent()
        fill_struct(value, message.struct_value)
    else:
        message.list_value.SetInParent()
        fill_list(value, message.list_value)


def fill_struct(value: Value, message: Any) -> None:
    if not isinstance(value, LocatedMap):
        raise ValueError(f"expected an object, found {describe(value)}")
    if value.repeated:
        raise ValueError(f"the key {value.repeated[0]!r} is given twice")
    fields = message.fields
    for name, item in value.items():
        fill_value(item, fields[name])


def fill_list(value: Value, message: Any) -> None:
    if not isinstance(value, LocatedList):
        raise ValueError(f"expected a list, found {describe(value)}")
    for item in value:
        fill_value(item, message.values.add())


def _any_is_read_by_the_parser(value: Value, message: Any) -> None:
    raise AssertionError("an Any needs to know the types of others")


WELL_KNOWN: dict[str, Fill] = {
    "google.protobuf.Any": _any_is_read_by_the_parser,
    "google.protobuf.Duration": fill_duration,
    "google.protobuf.Timestamp": fill_timestamp,
    "google.protobuf.FieldMask": fill_field_mask,
    "google.protobuf.Value": fill_value,
    "google.protobuf.Struct": fill_struct,
    "google.protobuf.ListValue": fill_list,
    **{
        f"google.protobuf.{kind}Value": fill_wrapper
        for kind in ("Double", "Float", "Int64", "UInt64", "Int32", "UInt32", "Bool", "String", "Bytes")
    },
}

# Their JSON form is an object, so an object is never the message's own fields.
WRITTEN_AS_OBJECT = frozenset(("google.protobuf.Struct", "google.protobuf.Value"))
