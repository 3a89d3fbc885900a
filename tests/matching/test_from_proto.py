"""Matcher messages: what they become, and how they are complained about."""

import pytest

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.headers import HeaderMap
from portico.matching.from_proto import (
    STRING_MATCHERS,
    cidr_range,
    cidr_set,
    cookie_matcher,
    filter_state_matcher,
    header_matcher,
    header_matchers,
    metadata_matcher,
    query_matcher,
    regex_rewrite,
    runtime_fraction,
    string_matcher,
    value_matcher,
)
from portico.matching.string import ExactMatcher
from tests.router.tables import FakeRuntime, message, stream_info

STRING = "envoy.type.matcher.v3.StringMatcher"
HEADER = "envoy.config.route.v3.HeaderMatcher"


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("{exact: Ab}", b"Ab", b"ab"),
        ("{exact: Ab, ignore_case: true}", b"aB", b"abc"),
        ("{prefix: Ab, ignore_case: true}", b"aBc", b"ca"),
        ("{suffix: b}", b"ab", b"ba"),
        ("{contains: b}", b"abc", b"ac"),
        ("{safe_regex: {regex: 'a+'}}", b"aa", b"ab"),
        ("{safe_regex: {regex: 'a+'}, ignore_case: true}", b"aa", b"AA"),
    ],
)
@pytest.mark.parametrize("package", ["envoy.type.matcher.v3", "xds.type.matcher.v3"])
def test_string_matchers(package: str, text: str, yes: bytes, no: bytes) -> None:
    matcher = string_matcher(message(f"{package}.StringMatcher", text))
    assert matcher.matches(yes)
    assert not matcher.matches(no)


def test_string_matcher_needs_a_pattern() -> None:
    with pytest.raises(ConfigError, match="is required: one of exact"):
        string_matcher(message(STRING, "{ignore_case: true}"))


def test_custom_string_matcher_comes_from_its_extension() -> None:
    STRING_MATCHERS.register("google.protobuf.BoolValue")(lambda any_message: ExactMatcher(b"custom"))
    text = "{custom: {name: n, typed_config: {'@type': type.googleapis.com/google.protobuf.BoolValue, value: true}}}"
    try:
        assert string_matcher(message(STRING, text)).matches(b"custom")
    finally:
        del STRING_MATCHERS.entries["google.protobuf.BoolValue"]
    with pytest.raises(ConfigErrors, match=r"^custom\.typed_config: Didn't find a registered implementation"):
        string_matcher(message(STRING, text))


@pytest.mark.parametrize(
    ("text", "values", "answer"),
    [
        ("{name: X}", [b"a"], True),
        ("{name: x}", [], False),
        ("{name: x, invert_match: true}", [], True),
        ("{name: x, present_match: false}", [], True),
        ("{name: x, present_match: false, invert_match: true}", [b""], True),
        ("{name: x, present_match: true, treat_missing_header_as_empty: true}", [], True),
        ("{name: x, present_match: false, treat_missing_header_as_empty: true}", [], False),
        ("{name: x, exact_match: ''}", [b"anything"], True),
        ("{name: x, exact_match: a}", [b"a"], True),
        ("{name: x, prefix_match: a}", [b"ab"], True),
        ("{name: x, suffix_match: a}", [b"ab"], False),
        ("{name: x, contains_match: a}", [b"bab"], True),
        ("{name: x, safe_regex_match: {regex: 'a.'}}", [b"ab"], True),
        ("{name: x, range_match: {start: 1, end: 3}}", [b"2"], True),
        ("{name: x, range_match: {start: 1, end: 3}}", [b"3"], False),
        ("{name: x, string_match: {exact: ''}}", [b"a"], False),
    ],
)
def test_header_matchers(text: str, values: list[bytes], answer: bool) -> None:
    headers = HeaderMap([(b"x", value) for value in values])
    assert header_matcher(message(HEADER, text)).matches(headers) is answer


def test_every_wrong_header_matcher_is_named() -> None:
    route = message(
        "envoy.config.route.v3.RouteMatch",
        "{headers: [{name: a, safe_regex_match: {regex: '('}}, {name: b}, {name: c, string_match: {}}]}",
    )
    with pytest.raises(ConfigErrors) as caught:
        header_matchers(route.headers)
    assert [error.field_path for error in caught.value.errors] == [
        "headers[0].safe_regex_match.regex",
        "headers[2].string_match.match_pattern",
    ]
    assert caught.value.errors[0].message == "missing ): ("


def test_program_size_limit_is_enforced_where_it_is_set() -> None:
    text = "{safe_regex: {google_re2: {max_program_size: 5}, regex: '(abcdefghijkl)*'}}"
    with pytest.raises(
        ConfigErrors, match=r"safe_regex\.regex: regex '\(abcdefghijkl\)\*' RE2 program size of \d+ > max"
    ):
        string_matcher(message(STRING, text))


def test_rewrites() -> None:
    text = "{pattern: {regex: '^/a/(.*)'}, substitution: '/b/\\1'}"
    assert regex_rewrite(message("envoy.type.matcher.v3.RegexMatchAndSubstitute", text)).replace_all(b"/a/x") == b"/b/x"
    with pytest.raises(ConfigErrors, match=r"^pattern\.regex: missing \): \("):
        regex_rewrite(message("envoy.type.matcher.v3.RegexMatchAndSubstitute", "{pattern: {regex: '('}}"))


def test_query_and_cookie_matchers() -> None:
    query = "envoy.config.route.v3.QueryParameterMatcher"
    assert query_matcher(message(query, "{name: k}")).matches(b"k=1")
    assert not query_matcher(message(query, "{name: k, present_match: false}")).matches(b"k=1")
    assert query_matcher(message(query, "{name: k, string_match: {prefix: a}}")).matches(b"k=ab")
    cookie = cookie_matcher(message("envoy.config.route.v3.CookieMatcher", "{name: c, string_match: {exact: v}}"))
    assert cookie.matches(HeaderMap([(b"cookie", b"c=v")]))


@pytest.mark.parametrize(
    ("text", "yes", "no"),
    [
        ("{null_match: {}}", None, False),
        ("{bool_match: true}", True, False),
        ("{present_match: true}", "x", object),
        ("{double_match: {exact: 1.5}}", 1.5, 1.0),
        ("{double_match: {range: {start: 1, end: 2}}}", 1.0, 2.0),
        ("{string_match: {exact: a}}", "a", "b"),
        ("{list_match: {one_of: {string_match: {exact: a}}}}", ["b", "a"], "a"),
        ("{or_match: {value_matchers: [{null_match: {}}, {bool_match: true}]}}", None, False),
    ],
)
def test_value_matchers(text: str, yes: object, no: object) -> None:
    matcher = value_matcher(message("envoy.type.matcher.v3.ValueMatcher", text))
    assert matcher.matches(yes)
    if no is not object:
        assert not matcher.matches(no)


def test_metadata_matcher_and_its_errors() -> None:
    name = "envoy.type.matcher.v3.MetadataMatcher"
    matcher = metadata_matcher(message(name, "{filter: ns, path: [{key: a}, {key: b}], value: {bool_match: true}}"))
    assert matcher.matches({"ns": {"a": {"b": True}}})
    with pytest.raises(ConfigErrors, match=r"^value\.list_match\.one_of\.match_pattern: is required"):
        metadata_matcher(message(name, "{filter: ns, path: [{key: a}], value: {list_match: {one_of: {}}}}"))


def test_filter_state_matcher() -> None:
    name = "envoy.type.matcher.v3.FilterStateMatcher"
    info = stream_info()
    info.filter_state = {"k": "v"}
    assert filter_state_matcher(message(name, "{key: k, string_match: {exact: v}}")).matches(info)
    ranges = "{key: k, address_match: {ranges: [{address_prefix: 10.0.0.0, prefix_len: 8}]}}"
    assert not filter_state_matcher(message(name, ranges)).matches(info)


def test_cidr_ranges_and_their_errors() -> None:
    name = "envoy.config.core.v3.CidrRange"
    address, length = cidr_range(message(name, "{address_prefix: '10.1.0.0', prefix_len: 16}"))
    assert (address.number, length) == (0x0A010000, 16)
    assert cidr_range(message(name, "{address_prefix: '::'}"))[1] == 0
    wrong = [message(name, "{address_prefix: x}"), message(name, "{address_prefix: 1.2.3.4, prefix_len: 33}")]
    with pytest.raises(ConfigErrors) as caught:
        cidr_set(wrong, "ranges")
    assert [str(error) for error in caught.value.errors] == [
        "ranges[0].address_prefix: malformed IP address: x",
        "ranges[1].prefix_len: must be at most 32 for '1.2.3.4', got 33",
    ]


def test_runtime_fraction_keeps_its_key() -> None:
    runtime = FakeRuntime()
    name = "envoy.config.core.v3.RuntimeFractionalPercent"
    share = runtime_fraction(
        message(name, "{default_value: {numerator: 1, denominator: MILLION}, runtime_key: k}"), runtime
    )
    assert (share.numerator, share.denominator) == (1, 1_000_000)
    runtime.values["k"] = 100
    assert share.includes(99)
