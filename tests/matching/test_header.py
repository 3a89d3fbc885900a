"""Header matchers: what Envoy 1.40 answered to the same requests."""

import pytest

from portico.api.headers import HeaderMap
from portico.matching.header import (
    AnyValue,
    HeaderAlways,
    HeaderMatcher,
    HeaderPresence,
    HeaderValue,
    IntegerRange,
    match_all,
    parse_int64,
)
from portico.matching.string import ExactMatcher

A = ExactMatcher(b"a")


def headers(*values: bytes) -> HeaderMap:
    return HeaderMap([(b"x", value) for value in values])


@pytest.mark.parametrize(
    ("invert", "missing_is_empty", "values", "answer"),
    [
        (False, False, [b"a"], True),
        (False, False, [b"b"], False),
        (False, False, [b"a", b"b"], True),
        (False, False, [b"b", b"a"], True),
        (False, False, [b"a,b"], False),
        (False, False, [], False),
        (True, False, [b"a"], False),
        (True, False, [b"b"], True),
        (True, False, [b"b", b"a"], False),
        (True, False, [b"b", b"c"], True),
        (True, False, [], False),
        (False, True, [], False),
        (True, True, [], True),
        (True, True, [b"a"], False),
    ],
)
def test_one_value_has_to_match(invert: bool, missing_is_empty: bool, values: list[bytes], answer: bool) -> None:
    assert HeaderValue(b"x", A, invert, missing_is_empty).matches(headers(*values)) is answer


def test_missing_header_can_stand_for_an_empty_one() -> None:
    empty = ExactMatcher(b"")
    assert HeaderValue(b"x", empty, False, True).matches(headers())
    assert HeaderValue(b"x", empty, False, False).matches(headers(b""))
    assert not HeaderValue(b"x", empty, False, False).matches(headers())
    assert HeaderValue(b"x", AnyValue(), False, False).matches(headers(b"q"))


@pytest.mark.parametrize("wanted", [True, False])
def test_presence(wanted: bool) -> None:
    assert HeaderPresence(b"x", wanted).matches(headers(b"")) is wanted
    assert HeaderPresence(b"x", wanted).matches(headers()) is not wanted
    assert HeaderAlways(wanted).matches(headers()) is wanted


@pytest.mark.parametrize(
    ("value", "inside"),
    [
        (b"-10", True),
        (b"10", False),
        (b"+9", True),
        (b"009", True),
        (b" 5 ", True),
        (b"0x9", False),
        (b"9.0", False),
        (b"- 5", False),
        (b"", False),
        (b"9223372036854775808", False),
        (b"\xb2", False),
    ],
)
def test_range_takes_decimal_integers(value: bytes, inside: bool) -> None:
    assert HeaderValue(b"x", IntegerRange(-10, 10), False, False).matches(headers(value)) is inside


def test_range_looks_at_each_value() -> None:
    inverted = HeaderValue(b"x", IntegerRange(0, 10), True, False)
    assert not inverted.matches(headers(b"5", b"50"))
    assert inverted.matches(headers(b"60", b"50"))


@pytest.mark.parametrize(
    ("text", "number"),
    [
        (b"9223372036854775807", 2**63 - 1),
        (b"-9223372036854775808", -(2**63)),
        (b"-9223372036854775809", None),
        (b"0" * 5000 + b"7", 7),
        (b"1" * 5000, None),
        (b"--1", None),
        (b"1_0", None),
    ],
)
def test_reads_int64_and_nothing_longer(text: bytes, number: int | None) -> None:
    assert parse_int64(text) == number


def test_all_have_to_match() -> None:
    matchers: list[HeaderMatcher] = [HeaderPresence(b"x", True), HeaderPresence(b"y", False)]
    assert match_all(matchers, headers(b"a"))
    assert not match_all(matchers, headers())
    assert match_all([], headers())
