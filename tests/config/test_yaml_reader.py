"""YAML as Envoy 1.40 reads it, with a place for every value."""

from __future__ import annotations

from contextlib import suppress

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from portico.config.located import LocatedMap, Value, mark
from portico.config.sources import MAX_BYTES, TextError
from portico.config.yaml_reader import plain_scalar, read_yaml

# Read back from /config_dump of Envoy 1.40, node.metadata.
ENVOY_SCALARS: list[tuple[str, Value]] = [
    ("010", 8),
    ("0x10", 16),
    ("-0x10", -16),
    ("+5", 5),
    ("08", "08"),
    ("0o17", "0o17"),
    ("1_000", "1_000"),
    ("12345678901", "12345678901"),
    ("9223372036854775808", "9223372036854775808"),
    ("1.5", "1.5"),
    ("1e3", "1e3"),
    (".inf", ".inf"),
    ("1:30", "1:30"),
    ("2020-01-01", "2020-01-01"),
    ("yes", True),
    ("On", True),
    ("Y", True),
    ("TRUE", True),
    ("off", False),
    ("~", None),
    ("", None),
    ("nULL", "nULL"),
]


@pytest.mark.parametrize(("text", "value"), ENVOY_SCALARS)
def test_plain_scalars_mean_what_they_mean_to_envoy(text: str, value: Value) -> None:
    assert plain_scalar(text) == value
    assert type(plain_scalar(text)) is type(value)


@pytest.mark.parametrize(
    ("text", "value"), [('"yes"', "yes"), ("'010'", "010"), ("! 5", "5"), ("!!str 12", 12), ('!!int "12"', 12)]
)
def test_quotes_make_a_string_and_tags_do_not(text: str, value: Value) -> None:
    root = read_yaml(f"key: {text}", "f").root
    assert isinstance(root, LocatedMap)
    assert root["key"] == value


def test_every_key_and_item_has_its_place() -> None:
    root = read_yaml("a:\n  - b: 1\n  - c\n", "f").root
    assert isinstance(root, LocatedMap)
    items = root["a"]
    assert root.marks["a"] == mark(1, 1)
    assert isinstance(items, list)
    assert items.marks == [mark(2, 5), mark(3, 5)]


def test_the_last_of_two_equal_keys_counts_and_is_reported() -> None:
    document = read_yaml("a: 1\na: 2\n", "f")
    assert document.root == {"a": 2}
    assert document.oddities == [(mark(2, 1), "duplicate key 'a': the last one counts")]


def test_a_merge_key_is_an_ordinary_key() -> None:
    assert read_yaml("x: &x {a: 1}\ny: {<<: *x}\n", "f").root == {"x": {"a": 1}, "y": {"<<": {"a": 1}}}


@pytest.mark.parametrize("second", ["---\nb: 2", "--- [", "...\n--- {}"])
def test_only_the_first_document_counts(second: str) -> None:
    document = read_yaml(f"a: 1\n{second}\n", "f")
    assert document.root == {"a": 1}
    assert [text for _, text in document.oddities] == ["only the first YAML document of a file is used"]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a:\n\tb: 1", 2, 1, "invalid YAML"),
        ("a: *nowhere", 1, 4, "alias '*nowhere' has no anchor before it"),
        ("a: &a [*a]", 1, 8, "has no anchor before it"),
        ("{[a]: 1}", 1, 2, "a key must be a scalar"),
        ("[" * 1_000_000, 1, 101, "is nested deeper than 100 levels"),
        ("a: " + "{a: " * 1_000_000, 1, 400, "is nested deeper than 100 levels"),
        ("x" * (MAX_BYTES + 1), 1, 1, "the limit is"),
    ],
)
def test_names_the_place_of_what_it_cannot_read(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(TextError) as caught:
        read_yaml(text, "f")
    assert (caught.value.file, caught.value.line, caught.value.column) == ("f", line, column)
    assert words in caught.value.message


def test_refuses_bytes_that_are_no_text() -> None:
    with pytest.raises(TextError, match="invalid YAML"):
        read_yaml(b"a: \xff\xfe\xff", "f")


def test_a_billion_laughs_are_refused_where_they_grow_too_large() -> None:
    lines = ["a: &a [x,x,x,x,x,x,x,x,x,x]"]
    for letter, before in zip("bcdefghi", "abcdefgh", strict=True):
        lines.append(f"{letter}: &{letter} [{','.join([f'*{before}'] * 10)}]")
    with pytest.raises(TextError) as caught:
        read_yaml("\n".join(lines), "f")
    assert caught.value.line == 6
    assert "makes more than 1000000 values" in caught.value.message


def test_aliases_cannot_nest_deeper_than_text_can() -> None:
    text = "a: &a " + "[" * 60 + "]" * 60 + "\nb: " + "[" * 60 + "*a" + "]" * 60
    with pytest.raises(TextError, match="nests deeper than 100 levels"):
        read_yaml(text, "f")


@given(st.recursive(st.text(max_size=8), lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=8), inner)))
def test_reads_back_what_a_yaml_writer_wrote(value: object) -> None:
    text = yaml.safe_dump(value, default_style='"', allow_unicode=True)
    assert read_yaml(text, "f").root == value


@given(st.binary(max_size=60) | st.text("{}[]&*a:-\n \"'!|>#,?", max_size=60))
def test_any_text_is_read_or_refused(text: str | bytes) -> None:
    with suppress(TextError):
        read_yaml(text, "f")
