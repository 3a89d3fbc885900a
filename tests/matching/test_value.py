"""Metadata values and their matchers."""

from typing import Any

import pytest

from portico.matching.string import ExactMatcher
from portico.matching.value import (
    MISSING,
    BoolMatcher,
    DoubleExact,
    DoubleRange,
    ListMatcher,
    MetadataMatcher,
    NullMatcher,
    OrMatcher,
    PresentMatcher,
    TextMatcher,
    ValueMatcher,
    metadata_value,
)

VALUES: list[Any] = [None, True, False, 1.0, "a", "b", ["a", 2.0], [], {"k": "a"}, MISSING]


@pytest.mark.parametrize(
    ("matcher", "matching"),
    [
        (NullMatcher(), [None]),
        (BoolMatcher(True), [True]),
        (BoolMatcher(False), [False]),
        (DoubleExact(1.0), [1.0]),
        (DoubleRange(1.0, 2.0), [1.0]),
        (DoubleRange(0.0, 1.0), []),
        (TextMatcher(ExactMatcher(b"a")), ["a"]),
        (ListMatcher(TextMatcher(ExactMatcher(b"a"))), [["a", 2.0]]),
        (ListMatcher(DoubleExact(2.0)), [["a", 2.0]]),
        (OrMatcher([NullMatcher(), TextMatcher(ExactMatcher(b"b"))]), [None, "b"]),
        (OrMatcher([]), []),
        (PresentMatcher(True), VALUES[:-1]),
        (PresentMatcher(False), []),
    ],
)
def test_matches_values_of_its_kind(matcher: ValueMatcher, matching: list[Any]) -> None:
    assert [value for value in VALUES if matcher.matches(value)] == matching


def test_path_leads_through_structs() -> None:
    metadata = {"ns": {"a": {"b": 1.0}, "null": None}}
    assert metadata_value(metadata, "ns", ["a", "b"]) == 1.0
    assert metadata_value(metadata, "ns", ["null"]) is None
    assert metadata_value(metadata, "ns", ["a", "b", "c"]) is MISSING
    assert metadata_value(metadata, "ns", ["x"]) is MISSING
    assert metadata_value(metadata, "other", ["a"]) is MISSING
    assert metadata_value(None, "ns", ["a"]) is MISSING
    assert repr(MISSING) == "MISSING"


def test_missing_value_matches_inverted() -> None:
    matcher = MetadataMatcher("ns", ["k"], TextMatcher(ExactMatcher(b"v")), invert=True)
    assert matcher.matches(None)
    assert matcher.matches({"ns": {"k": "w"}})
    assert not matcher.matches({"ns": {"k": "v"}})
