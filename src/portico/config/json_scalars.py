"""JSON values to protobuf scalars, as leniently as Envoy: numbers and booleans may be quoted, enums in any case.

Each reader takes a value and returns what the field holds, or raises ValueError with what was expected.
Source: protobuf's JSON mapping; where Envoy 1.40 differs from the document, the real one was measured.
"""

from __future__ import annotations

import base64
import binascii
import math
import re
from collections.abc import Callable
from functools import cache

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

from portico.config.located import Value, describe
from portico.config.nearest import did_you_mean

ScalarReader = Callable[[Value], object]


class UnknownEnumValue(ValueError):
    """A name no value of the enum has: like an unknown field, a newer control plane may mean something by it."""


DECIMAL = re.compile(r"-?(?:0|[0-9]+)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]{1,3})?\Z")
INTEGER = re.compile(r"-?(?:[0-9]{1,20}|0[xX][0-9a-fA-F]{1,16})\Z")
# What absl::SimpleAtob takes; "on" and "off" are not among them.
BOOL_WORDS = {
    **dict.fromkeys(("true", "t", "yes", "y", "1"), True),
    **dict.fromkeys(("false", "f", "no", "n", "0"), False),
}
SPECIAL_FLOATS = {"NaN": math.nan, "Infinity": math.inf, "-Infinity": -math.inf}
DOUBLE_MAX = 1.7976931348623157e308
FLOAT_MAX = 3.4028234663852886e38
NOT_BASE64 = re.compile(r"[^A-Za-z0-9+/]")


def read_bool(value: Value) -> bool:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in BOOL_WORDS:
        return BOOL_WORDS[value.lower()]
    raise ValueError(f"expected true or false, found {describe(value)}")


def read_string(value: Value) -> str:
    if not isinstance(value, str):
        hint = "" if value is None or isinstance(value, list | dict) else "; put quotes around it"
        if isinstance(value, bool):
            hint += " (YAML takes y, n, yes, no, on and off for booleans)"
        raise ValueError(f"expected a string, found {describe(value)}{hint}")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise ValueError(f"expected valid unicode, found {value!r}") from None
    return value


def read_bytes(value: Value) -> bytes:
    """Base64, standard or URL-safe, padded or not."""
    if not isinstance(value, str):
        raise ValueError(f"expected a base64 string, found {describe(value)}")
    text = value.rstrip("=").replace("-", "+").replace("_", "/")
    if NOT_BASE64.search(text):
        raise ValueError(f"expected base64, found {describe(value)}")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4))
    except binascii.Error:
        raise ValueError(f"expected base64, found {describe(value)}") from None


def integer_reader(lowest: int, highest: int) -> ScalarReader:
    def read_integer(value: Value) -> int:
        number = _integer(value)
        if lowest <= number <= highest:
            return number
        raise ValueError(f"expected an integer from {lowest} to {highest}, found {describe(value)}")

    return read_integer


def _integer(value: Value) -> int:
    """8, 8.0, "8", "08", "0x8" and "1e3" are integers; 1.5, true and " 8" are not."""
    if type(value) is int:
        return value
    number: float | None = None
    if isinstance(value, float):
        number = value
    elif isinstance(value, str) and INTEGER.match(value):
        return int(value, 16 if "x" in value.lower() else 10)
    elif isinstance(value, str) and DECIMAL.match(value):
        number = float(value)
    if number is None or not number.is_integer():
        raise ValueError(f"expected an integer, found {describe(value)}")
    return int(number)


def float_reader(highest: float) -> ScalarReader:
    def read_float(value: Value) -> float:
        if isinstance(value, str) and value in SPECIAL_FLOATS:
            return SPECIAL_FLOATS[value]
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise ValueError(f"expected a number, found {describe(value)}")
        if isinstance(value, str) and not DECIMAL.match(value):
            raise ValueError(f"expected a number, found {describe(value)}")
        number = float(value)
        if abs(number) > highest or math.isinf(number):
            raise ValueError(f"expected a number of at most {highest:.6g}, found {describe(value)}")
        return number

    return read_float


def enum_reader(enum: EnumDescriptor) -> ScalarReader:
    def read_enum(value: Value) -> int:
        if type(value) is int and -(2**31) <= value < 2**31:
            return value  # a number without a name is for the rules (`defined_only`) to refuse
        if isinstance(value, str):
            number = _enum_numbers(enum).get(value.upper())
            if number is not None:
                return number
            if INTEGER.match(value):
                return _integer(value)
        names = [name.name for name in enum.values]
        found = f"expected one of {', '.join(names)}; found {describe(value)}"
        if isinstance(value, str):
            raise UnknownEnumValue(found + did_you_mean(value, names))
        raise ValueError(found)

    return read_enum


@cache
def _enum_numbers(enum: EnumDescriptor) -> dict[str, int]:
    return {value.name.upper(): value.number for value in enum.values}


_INT32 = integer_reader(-(2**31), 2**31 - 1)
_INT64 = integer_reader(-(2**63), 2**63 - 1)
_UINT32 = integer_reader(0, 2**32 - 1)
_UINT64 = integer_reader(0, 2**64 - 1)

READERS: dict[int, ScalarReader] = {
    FieldDescriptor.TYPE_BOOL: read_bool,
    FieldDescriptor.TYPE_STRING: read_string,
    FieldDescriptor.TYPE_BYTES: read_bytes,
    FieldDescriptor.TYPE_INT32: _INT32,
    FieldDescriptor.TYPE_SINT32: _INT32,
    FieldDescriptor.TYPE_SFIXED32: _INT32,
    FieldDescriptor.TYPE_INT64: _INT64,
    FieldDescriptor.TYPE_SINT64: _INT64,
    FieldDescriptor.TYPE_SFIXED64: _INT64,
    FieldDescriptor.TYPE_UINT32: _UINT32,
    FieldDescriptor.TYPE_FIXED32: _UINT32,
    FieldDescriptor.TYPE_UINT64: _UINT64,
    FieldDescriptor.TYPE_FIXED64: _UINT64,
    FieldDescriptor.TYPE_DOUBLE: float_reader(DOUBLE_MAX),
    FieldDescriptor.TYPE_FLOAT: float_reader(FLOAT_MAX),
}


def scalar_reader(field: FieldDescriptor) -> ScalarReader:
    if field.enum_type is not None:
        return enum_reader(field.enum_type)
    return READERS[field.type]
