"""Scalars as leniently as Envoy 1.40 takes them (each row measured on it)."""

from __future__ import annotations

import math

import pytest

from portico.config.json_scalars import UnknownEnumValue, scalar_reader
from portico.config.located import LocatedMap, Value
from portico.config.proto_pool import message_class

BOOL = message_class("google.protobuf.BoolValue").DESCRIPTOR.fields_by_name["value"]
UINT32 = message_class("google.protobuf.UInt32Value").DESCRIPTOR.fields_by_name["value"]
INT64 = message_class("google.protobuf.Int64Value").DESCRIPTOR.fields_by_name["value"]
DOUBLE = message_class("google.protobuf.DoubleValue").DESCRIPTOR.fields_by_name["value"]
FLOAT = message_class("google.protobuf.FloatValue").DESCRIPTOR.fields_by_name["value"]
STRING = message_class("google.protobuf.StringValue").DESCRIPTOR.fields_by_name["value"]
BYTES = message_class("google.protobuf.BytesValue").DESCRIPTOR.fields_by_name["value"]
PROTOCOL = message_class("envoy.config.core.v3.SocketAddress").DESCRIPTOR.fields_by_name["protocol"]


@pytest.mark.parametrize("word", ["true", "t", "YES", "y", "1"])
def test_words_for_true(word: str) -> None:
    assert scalar_reader(BOOL)(word) is True


@pytest.mark.parametrize("word", ["false", "F", "no", "n", "0"])
def test_words_for_false(word: str) -> None:
    assert scalar_reader(BOOL)(word) is False


@pytest.mark.parametrize("value", ["on", "off", "", "enabled", 1, 0, None])
def test_what_is_no_bool(value: Value) -> None:
    with pytest.raises(ValueError, match="expected true or false, found"):
        scalar_reader(BOOL)(value)


@pytest.mark.parametrize(
    ("value", "number"),
    [(8, 8), (8.0, 8), ("8", 8), ("08", 8), ("1e3", 1000), ("0x10", 16), ("8.0", 8), (2**32 - 1, 2**32 - 1)],
)
def test_integers_may_be_quoted_or_written_as_floats(value: Value, number: int) -> None:
    assert scalar_reader(UINT32)(value) == number


@pytest.mark.parametrize("value", ["1.5", 1.5, "", " 8", "8 ", True, None, LocatedMap(0), "1e999"])
def test_what_is_no_integer(value: Value) -> None:
    with pytest.raises(ValueError, match="expected an integer, found"):
        scalar_reader(UINT32)(value)


@pytest.mark.parametrize("value", [-1, 2**32, "4294967296", "-1"])
def test_integers_fit_their_field(value: Value) -> None:
    with pytest.raises(ValueError, match="expected an integer from 0 to 4294967295, found"):
        scalar_reader(UINT32)(value)


def test_64_bit_integers_keep_every_digit() -> None:
    assert scalar_reader(INT64)("9223372036854775807") == 2**63 - 1
    assert scalar_reader(INT64)(-(2**63)) == -(2**63)


def test_floats_may_be_quoted_and_special() -> None:
    read = scalar_reader(DOUBLE)
    assert [read("50"), read(1), read("1e3"), read("Infinity"), read("-Infinity")] == [50, 1, 1000, math.inf, -math.inf]
    assert math.isnan(float(str(read("NaN"))))


@pytest.mark.parametrize(("field", "value"), [(DOUBLE, "1e400"), (FLOAT, 1e39), (FLOAT, "-1e39")])
def test_floats_fit_their_field(field: object, value: Value) -> None:
    with pytest.raises(ValueError, match="expected a number of at most"):
        scalar_reader(field)(value)  # type: ignore[arg-type]


@pytest.mark.parametrize("value", [True, None, "inf", "x", ""])
def test_what_is_no_number(value: Value) -> None:
    with pytest.raises(ValueError, match="expected a number, found"):
        scalar_reader(DOUBLE)(value)


def test_a_string_is_never_guessed() -> None:
    assert scalar_reader(STRING)("5") == "5"
    with pytest.raises(ValueError, match="expected a string, found 5; put quotes around it"):
        scalar_reader(STRING)(5)
    with pytest.raises(ValueError, match="expected valid unicode"):
        scalar_reader(STRING)("\ud800")


@pytest.mark.parametrize("text", ["_-8=", "/+8=", "/+8"])
def test_both_alphabets_of_base64(text: str) -> None:
    assert scalar_reader(BYTES)(text) == b"\xff\xef"


@pytest.mark.parametrize("value", ["a!b", "a", 5])
def test_what_is_no_base64(value: Value) -> None:
    with pytest.raises(ValueError, match="expected "):
        scalar_reader(BYTES)(value)


@pytest.mark.parametrize("value", ["UDP", "udp", 1, "1"])
def test_enums_by_name_in_any_case_or_number(value: Value) -> None:
    assert scalar_reader(PROTOCOL)(value) == 1


def test_an_unknown_enum_name_is_like_an_unknown_field() -> None:
    with pytest.raises(UnknownEnumValue, match=r"expected one of TCP, UDP; found 'TPC'; did you mean 'TCP'\?"):
        scalar_reader(PROTOCOL)("TPC")
    with pytest.raises(ValueError, match="expected one of TCP, UDP; found true"):
        scalar_reader(PROTOCOL)(True)
