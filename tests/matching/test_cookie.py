"""Cookies as Envoy 1.40 reads them."""

import pytest

from portico.api.headers import HeaderMap
from portico.matching.cookie import CookieMatcher, cookie
from portico.matching.string import ExactMatcher


@pytest.mark.parametrize(
    ("fields", "value"),
    [
        ([b"a=b; c=v"], b"v"),
        ([b'a=b;c="v"'], b"v"),
        ([b"a=b", b"c=v"], b"v"),
        ([b"c=w; c=v"], b"w"),
        ([b"c =v"], None),
        ([b"c= v"], b" v"),
        ([b"C=v"], None),
        ([b"c"], None),
        ([b"c="], b""),
        ([b'c="'], b'"'),
        ([b"c=a=b"], b"a=b"),
        ([], None),
    ],
)
def test_first_of_the_name_counts(fields: list[bytes], value: bytes | None) -> None:
    assert cookie(HeaderMap([(b"cookie", field) for field in fields]), b"c") == value


def test_absent_cookie_only_matches_inverted() -> None:
    none = HeaderMap()
    other = HeaderMap([(b"cookie", b"c=w")])
    assert not CookieMatcher(b"c", ExactMatcher(b"v"), invert=False).matches(none)
    assert CookieMatcher(b"c", ExactMatcher(b"v"), invert=True).matches(none)
    assert CookieMatcher(b"c", ExactMatcher(b"v"), invert=True).matches(other)
    assert CookieMatcher(b"c", ExactMatcher(b"w"), invert=False).matches(other)
