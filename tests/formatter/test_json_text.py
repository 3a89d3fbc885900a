import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.formatter.json_text import dump, number, quote


@pytest.mark.parametrize(
    ("text", "quoted"),
    [
        (b"plain/", b'"plain/"'),
        ('é"\\/'.encode(), '"é\\"\\\\/"'.encode()),
        (b"a\tb\n\r\x08\x0c\x01", rb'"a\tb\n\r\b\f\u0001"'),
        (b"del\x7f", b'"del\x7f"'),
        # One byte that is not UTF-8, and the whole string is escaped byte by byte.
        (b'a"b\\\t\xff\xc3\xa9z', rb'"a\u0022b\u005c\u0009\u00ff\u00c3\u00a9z"'),
        (b"a\x80b", rb'"a\u0080b"'),
    ],
)
def test_quotes_as_envoy(text: bytes, quoted: bytes) -> None:
    assert quote(text) == quoted


@given(st.binary())
def test_any_bytes_give_valid_json_on_one_line(text: bytes) -> None:
    quoted = quote(text)
    assert b"\n" not in quoted
    assert isinstance(json.loads(quoted), str)


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (3.0, b"3"),
        (1.5, b"1.5"),
        (-0.5, b"-0.5"),
        (0.0, b"0"),
        (100.0, b"100"),
        (100000.0, b"1e+05"),
        (1000000.0, b"1e+06"),
        (123456789012.0, b"123456789012"),
        (1e15, b"1e+15"),
        (0.00001, b"1e-05"),
        (0.0001, b"1e-04"),
        (0.001, b"0.001"),
        (0.00012, b"0.00012"),
        (1.1e20, b"1.1e+20"),
        (1e21, b"1e+21"),
        (12345678901234567890.0, b"12345678901234567168"),
        (math.inf, b"null"),
        (math.nan, b"null"),
    ],
)
def test_prints_numbers_as_short_as_envoy(value: float, printed: bytes) -> None:
    assert number(value) == printed


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_printed_numbers_read_back_as_themselves(value: float) -> None:
    assert float(number(value)) == value


def test_dumps_structs_sorted_and_without_spaces() -> None:
    value = {"o": {"z": 1.0, "a": 2}, "k": "v", "l": [1.0, "a", {"x": 'é"/'}], "b": True, "nl": None, "B": False}
    printed = '{"B":false,"b":true,"k":"v","l":[1,"a",{"x":"é\\"/"}],"nl":null,"o":{"a":2,"z":1}}'
    assert dump(value) == printed.encode()
