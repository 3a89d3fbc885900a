"""Query parameters as Envoy 1.40 reads them."""

import pytest

from portico.matching.query import QueryPresence, QueryValue, decoded_query_parameter, query_of, query_parameter
from portico.matching.string import ExactMatcher


@pytest.mark.parametrize(
    ("query", "value"),
    [
        (b"k=v", b"v"),
        (b"k=v&k=w", b"v"),
        (b"k=w&k=v", b"w"),
        (b"a&k=v", b"v"),
        (b"a;k=v", None),
        (b"k=v;x", b"v;x"),
        (b"k", b""),
        (b"k=", b""),
        (b"k=a=b", b"a=b"),
        (b"k=a%20b", b"a%20b"),
        (b"%6b=v", None),
        (b"", None),
        (b"&&", None),
    ],
)
def test_first_value_undecoded(query: bytes, value: bytes | None) -> None:
    assert query_parameter(query, b"k") == value


def test_empty_name_is_no_parameter() -> None:
    assert query_parameter(b"", b"") is None
    assert query_parameter(b"=v", b"") == b"v"


def test_query_starts_at_the_first_question_mark() -> None:
    assert query_of(b"/p?a=?b") == b"a=?b"
    assert query_of(b"/p") == b""


def test_presence_and_value() -> None:
    assert QueryPresence(b"k", True).matches(b"k")
    assert not QueryPresence(b"k", True).matches(b"j")
    assert QueryPresence(b"k", False).matches(b"j")
    assert QueryValue(b"k", ExactMatcher(b"")).matches(b"k")
    assert not QueryValue(b"k", ExactMatcher(b"")).matches(b"j")


def test_trees_see_parameters_decoded() -> None:
    assert decoded_query_parameter(b"x=1&q=a%20b&q=z", b"q") == b"a b"
    assert decoded_query_parameter(b"%71=a+b%zz", b"q") == b"a+b%zz"
    assert decoded_query_parameter(b"q", b"q") == b""
    assert decoded_query_parameter(b"", b"") is None
