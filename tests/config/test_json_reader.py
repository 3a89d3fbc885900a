"""JSON as Envoy 1.40 reads it: leniently, and with a place for every value."""

from __future__ import annotations

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.config.json_reader import read_json
from portico.config.located import LocatedMap, mark
from portico.config.sources import TextError


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2.5, -3e2, true, false, null, "x"]}', {"a": [1, 2.5, -300.0, True, False, None, "x"]}),
        ('{"a": 1,}', {"a": 1}),
        ("[1,]", [1]),
        ("{a_b: 1}", {"a_b": 1}),
        ("{'a': 'b\"'}", {"a": 'b"'}),
        ('{"a": "line\nbreak"}', {"a": "line\nbreak"}),
        (r'"\ud83d\ude00 \u00e9 \/ \n \" \\"', '\U0001f600 é / \n " \\'),
        ("12345678901234567890", 12345678901234567890),
        ("9" * 200, float("9" * 200)),
    ],
)
def test_reads_what_envoy_reads(text: str, value: object) -> None:
    assert read_json(text, "f").root == value


def test_every_key_has_its_place() -> None:
    root = read_json('{\n  "a": {"b": 1}\n}', "f").root
    assert isinstance(root, LocatedMap)
    inner = root["a"]
    assert isinstance(inner, LocatedMap)
    assert (root.marks["a"], inner.marks["b"]) == (mark(2, 3), mark(2, 9))


def test_remembers_repeated_keys() -> None:
    document = read_json('{"a": 1, "a": 2}', "f")
    assert isinstance(document.root, LocatedMap)
    assert document.root.repeated == ("a",)
    assert document.oddities == [(mark(1, 10), "duplicate key 'a': the last one counts")]


@pytest.mark.parametrize(
    ("text", "column", "words"),
    [
        ("", 1, "is empty"),
        ("{} {}", 4, "extraneous characters"),
        ("// c\n{}", 1, "expected a value, found '/'"),
        ("\ufeff{}", 1, "expected a value, found '\\ufeff'"),
        ('{"a" 1}', 6, "expected ':' after the key 'a', found '1'"),
        ('{"a": 1 "b"}', 9, "expected ',' or '}', found '\"'"),
        ("[1 2]", 4, "expected ',' or ']', found '2'"),
        ("{1: 2}", 2, "expected a key, found '1'"),
        ("[01]", 2, "malformed number"),
        ("[1.]", 2, "malformed number"),
        ("[1e400]", 7, "number out of range"),
        ("[NaN]", 2, "expected a value, found 'N'"),
        ("[tru]", 2, "expected a value, found 't'"),
        ('"abc', 5, "the text ends inside a string"),
        ('{"a', 4, "the text ends inside a string"),
        ("{", 2, "expected a key, found the end of the text"),
        ("[", 2, "expected a value, found the end of the text"),
        (r'"\x"', 4, "unknown escape '\\x'"),
        (r'"\u12"', 4, "expected four hexadecimal digits"),
        (r'"\ud83d"', 8, "a surrogate stands alone"),
        (r'"\ud83d\u0041"', 14, "a high surrogate must be followed by a low one"),
        ("[" * 1_000_000, 101, "is nested deeper than 100 levels"),
    ],
)
def test_names_the_place_of_what_it_cannot_read(text: str, column: int, words: str) -> None:
    with pytest.raises(TextError) as caught:
        read_json(text, "f")
    assert words in caught.value.message
    assert (caught.value.line, caught.value.column) == (1, column)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES, st.booleans())
def test_reads_back_what_a_json_writer_wrote(value: object, ensure_ascii: bool) -> None:
    text = json.dumps(value, ensure_ascii=ensure_ascii)
    assert read_json(text, "f").root == json.loads(text)


@given(st.text("{}[]\"'\\u01adtfn:,e-. \n", max_size=40))
def test_any_text_is_read_or_refused(text: str) -> None:
    with suppress(TextError):
        read_json(text, "f")
