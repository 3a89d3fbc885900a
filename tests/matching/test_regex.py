"""RE2 as Envoy uses it."""

import pytest

from portico.matching.regex import InvalidRegexError, Regex, RegexRewrite, parse_substitution


def test_matches_the_whole_value() -> None:
    regex = Regex(r"/v[0-9]+/.*\.js")
    assert regex.full_match(b"/v1/a/b.js")
    assert not regex.full_match(b"/v1/a/b.jsx")
    assert not regex.full_match(b"x/v1/a.js")
    assert not regex.full_match(b"")
    assert Regex("").full_match(b"")


def test_a_dot_is_a_character_not_a_byte() -> None:
    assert Regex("a.b").full_match("a€b".encode())
    assert not Regex("a.b").full_match(b"a\xffb")  # bytes that are no UTF-8 match no dot, as in Envoy


def test_groups_do_not_matter_for_matching() -> None:
    assert Regex("(a)(b)?|(c)").full_match(b"c")


def test_takes_linear_time() -> None:
    assert not Regex("(a+)+$").full_match(b"a" * 5000 + b"b")


@pytest.mark.parametrize(
    ("pattern", "words"), [("(", "missing ): ("), ("(?=a)", "invalid perl operator: (?="), (r"\1", r"\1")]
)
def test_refuses_what_re2_cannot_do(pattern: str, words: str) -> None:
    with pytest.raises(InvalidRegexError) as caught:
        Regex(pattern)
    assert words in str(caught.value)


def test_refuses_programs_over_the_limit() -> None:
    with pytest.raises(InvalidRegexError) as caught:
        Regex("(abcdefghijkl)*", max_program_size=5)
    assert str(caught.value).endswith("> max program size of 5. Increase configured max program size if necessary.")
    Regex("(abcdefghijkl)*", max_program_size=100)


@pytest.mark.parametrize(
    ("pattern", "substitution", "value", "result"),
    [
        ("/([a-z]*)", r"/<\1>", b"/rx/ab/cd1e", b"/<rx>/<ab>/<cd>1e"),
        ("nomatch", "-", b"/g", b"/g"),
        ("/d", "", b"/d", b""),
        ("e*", "-", b"/eeae", b"-/-a-"),
        ("x*", "-", "é€".encode(), "-é-€-".encode()),
        ("^(.*)$", r"\0\0\\", b"ab", b"abab\\"),
        ("(a)|(b)", r"[\1|\2]", b"ab", b"[a|][|b]"),
        ("a", r"\2", b"/a", b"/a"),  # no such group: nothing is replaced
        ("a", "x\\", b"/a/", b"/x/"),  # a wrong escape ends the substitution
        ("a", r"x\qy", b"/a/", b"/x/"),
    ],
)
def test_replaces_as_re2_does(pattern: str, substitution: str, value: bytes, result: bytes) -> None:
    assert RegexRewrite(pattern, substitution).replace_all(value) == result


def test_value_without_a_match_is_not_copied() -> None:
    value = b"/path"
    assert RegexRewrite("x", "y").replace_all(value) is value


def test_substitution_is_split_once() -> None:
    assert parse_substitution(r"a\1b\\c\0") == [(b"a", -1), (b"", 1), (b"b\\c", -1), (b"", 0)]
