"""String matchers, one by one."""

import pytest

from portico.matching.regex import Regex
from portico.matching.string import (
    ContainsMatcher,
    ExactMatcher,
    IgnoreCaseMatcher,
    PrefixMatcher,
    RegexMatcher,
    StringMatcher,
    SuffixMatcher,
)


@pytest.mark.parametrize(
    ("matcher", "yes", "no"),
    [
        (ExactMatcher(b"abc"), b"abc", b"abcd"),
        (ExactMatcher(b""), b"", b"a"),
        (PrefixMatcher(b"ab"), b"abc", b"cab"),
        (SuffixMatcher(b"bc"), b"abc", b"bca"),
        (ContainsMatcher(b"b"), b"abc", b"ac"),
        (RegexMatcher(Regex("a.c")), b"abc", b"abcd"),
        (IgnoreCaseMatcher(ExactMatcher(b"abc")), b"aBC", b"abd"),
        (IgnoreCaseMatcher(SuffixMatcher(b"bc")), b"ABC", b"BCA"),
    ],
)
def test_matches_one_and_not_the_other(matcher: StringMatcher, yes: bytes, no: bytes) -> None:
    assert matcher.matches(yes)
    assert not matcher.matches(no)


def test_only_ascii_letters_lose_their_case() -> None:
    assert not IgnoreCaseMatcher(ExactMatcher("é".encode())).matches("É".encode())


def test_extensions_bring_their_own() -> None:
    class Odd(StringMatcher):
        def matches(self, value: bytes) -> bool:
            return len(value) % 2 == 1

    assert Odd().matches(b"a")
    assert not IgnoreCaseMatcher(Odd()).matches(b"ab")
