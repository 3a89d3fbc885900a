import pytest

from portico.api.headers import RequestHeaders
from portico.http.path_normalization import EscapedSlashes
from portico.http.path_rules import PathRules, PathVerdict


def after(rules: PathRules, path: bytes, authority: bytes = b"h.test") -> tuple[PathVerdict, bytes, bytes]:
    headers = RequestHeaders(b"GET", path, authority, [])
    return rules.apply(headers, 80), headers.path, headers.authority


def test_rules_that_are_all_off_change_nothing() -> None:
    rules = PathRules()
    assert rules.changes_nothing()
    assert after(rules, b"/a/../b//%2F?c=/../d", b"h.test.:80") == (
        PathVerdict.ACCEPT,
        b"/a/../b//%2F?c=/../d",
        b"h.test.:80",
    )


@pytest.mark.parametrize(
    "name",
    ["normalize", "merge_slashes", "strip_matching_port", "strip_any_port", "strip_trailing_dot", "drops_underscores"],
)
def test_any_rule_that_is_on_changes_something(name: str) -> None:
    rules = PathRules()
    setattr(rules, name, True)
    assert not rules.changes_nothing()


def test_query_is_nobodys_business() -> None:
    rules = PathRules()
    rules.normalize = rules.merge_slashes = True
    assert after(rules, b"/a/../b//c?d/../e//f%2f") == (PathVerdict.ACCEPT, b"/b/c?d/../e//f%2f", b"h.test")


def test_path_that_leaves_the_root_is_rejected() -> None:
    rules = PathRules()
    rules.normalize = True
    assert after(rules, b"/%00")[0] is PathVerdict.REJECT


@pytest.mark.parametrize("path", [b"", b"*"])
def test_requests_without_a_path_pass(path: bytes) -> None:
    rules = PathRules()
    rules.normalize = True
    assert after(rules, path)[0] is PathVerdict.ACCEPT


@pytest.mark.parametrize(
    ("action", "verdict", "path"),
    [
        (EscapedSlashes.KEEP_UNCHANGED, PathVerdict.ACCEPT, b"/a%2Fb%5cc?x=%2F"),
        (EscapedSlashes.REJECT_REQUEST, PathVerdict.REJECT, b"/a/b\\c?x=%2F"),
        (EscapedSlashes.UNESCAPE_AND_FORWARD, PathVerdict.ACCEPT, b"/a/b\\c?x=%2F"),
        (EscapedSlashes.UNESCAPE_AND_REDIRECT, PathVerdict.REDIRECT, b"/a/b\\c?x=%2F"),
    ],
)
def test_escaped_slashes(action: EscapedSlashes, verdict: PathVerdict, path: bytes) -> None:
    rules = PathRules()
    rules.escaped_slashes = action
    assert after(rules, b"/a%2Fb%5cc?x=%2F")[:2] == (verdict, path)


def test_slashes_are_unescaped_before_the_path_is_normalized() -> None:
    rules = PathRules()
    rules.normalize = True
    rules.escaped_slashes = EscapedSlashes.UNESCAPE_AND_FORWARD
    assert after(rules, b"/a%2F..%2Fadmin")[1] == b"/admin"


@pytest.mark.parametrize(
    ("name", "authority", "expected"),
    [
        ("strip_matching_port", b"h.test:80", b"h.test"),
        ("strip_matching_port", b"h.test:81", b"h.test:81"),
        ("strip_any_port", b"h.test:81", b"h.test"),
        ("strip_any_port", b"[::1]:81", b"[::1]"),
        ("strip_trailing_dot", b"h.test.", b"h.test"),
        ("strip_trailing_dot", b"h.test.:80", b"h.test:80"),
    ],
)
def test_host_is_stripped_before_anybody_sees_it(name: str, authority: bytes, expected: bytes) -> None:
    rules = PathRules()
    setattr(rules, name, True)
    assert after(rules, b"/", authority)[2] == expected
