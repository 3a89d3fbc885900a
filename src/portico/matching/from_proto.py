"""Matcher messages (envoy.type.matcher.v3, envoy.config.route.v3) into matchers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from portico.api.errors import ConfigError, Problems, inside
from portico.api.registry import Registry
from portico.api.runtime import Runtime
from portico.matching.cidr import CidrSet, IpNumber, parse_ip
from portico.matching.cookie import CookieMatcher
from portico.matching.filter_state import FilterStateAddress, FilterStateMatcher, FilterStateText
from portico.matching.fraction import RuntimeFraction
from portico.matching.header import (
    AnyValue,
    HeaderAlways,
    HeaderMatcher,
    HeaderPresence,
    HeaderValue,
    IntegerRange,
)
from portico.matching.query import QueryMatcher, QueryPresence, QueryValue
from portico.matching.regex import InvalidRegexError, Regex, RegexRewrite
from portico.matching.string import (
    ContainsMatcher,
    ExactMatcher,
    IgnoreCaseMatcher,
    PrefixMatcher,
    RegexMatcher,
    StringMatcher,
    SuffixMatcher,
)
from portico.matching.value import (
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
)

# Extensions of StringMatcher.custom, made from their Any.
STRING_MATCHERS: Registry[Callable[[Any], StringMatcher]] = Registry("envoy.string_matcher")

_DENOMINATORS = {0: 100, 1: 10_000, 2: 1_000_000}  # envoy.type.v3.FractionalPercent.DenominatorType
_PLAIN_PATTERNS: dict[str, type[ExactMatcher | PrefixMatcher | SuffixMatcher | ContainsMatcher]] = {
    "exact": ExactMatcher,
    "prefix": PrefixMatcher,
    "suffix": SuffixMatcher,
    "contains": ContainsMatcher,
}


def regex(message: Any) -> Regex:
    """RegexMatcher, envoy's or xds's. Envoy limits program sizes only where the deprecated field does."""
    engine = message.google_re2
    limit = engine.max_program_size.value if hasattr(engine, "max_program_size") else 0
    try:
        return Regex(message.regex, limit)
    except InvalidRegexError as error:
        raise ConfigError("", "regex", str(error)) from None


def regex_rewrite(message: Any) -> RegexRewrite:
    """RegexMatchAndSubstitute."""
    with inside("pattern"):
        regex(message.pattern)
    return RegexRewrite(message.pattern.regex, message.substitution)


def string_matcher(message: Any) -> StringMatcher:
    """StringMatcher, envoy's or xds's."""
    kind = message.WhichOneof("match_pattern")
    if kind is None:
        raise ConfigError(
            "", "match_pattern", "is required: one of exact, prefix, suffix, safe_regex, contains, custom"
        )
    if kind == "safe_regex":
        # ignore_case has no effect for regexes: https://www.envoyproxy.io/docs string.proto.
        with inside("safe_regex"):
            return RegexMatcher(regex(message.safe_regex))
    if kind == "custom":
        with inside("custom.typed_config"):
            return custom_string_matcher(message.custom)
    pattern: bytes = getattr(message, kind).encode()
    if message.ignore_case:
        return IgnoreCaseMatcher(_PLAIN_PATTERNS[kind](pattern.lower()))
    return _PLAIN_PATTERNS[kind](pattern)


def custom_string_matcher(message: Any) -> StringMatcher:
    """TypedExtensionConfig of a string matcher extension."""
    type_name = message.typed_config.type_url.rpartition("/")[2]
    return STRING_MATCHERS.lookup(type_name).factory(message.typed_config)


def header_matcher(message: Any) -> HeaderMatcher:
    """HeaderMatcher, the deprecated specifiers included."""
    name: bytes = message.name.lower().encode()
    if name == b"host":
        name = b":authority"  # Envoy keeps the one in the place of the other.
    kind = message.WhichOneof("header_match_specifier") or "present_match"
    invert: bool = message.invert_match
    missing_is_empty: bool = message.treat_missing_header_as_empty
    if kind == "present_match":
        present = message.present_match if message.WhichOneof("header_match_specifier") else True
        wanted = present != invert
        return HeaderAlways(wanted) if missing_is_empty else HeaderPresence(name, wanted)
    return HeaderValue(name, _header_value_matcher(message, kind), invert, missing_is_empty)


def _header_value_matcher(message: Any, kind: str) -> StringMatcher:
    if kind == "string_match":
        return _string_match(message)
    if kind == "safe_regex_match":
        with inside("safe_regex_match"):
            return RegexMatcher(regex(message.safe_regex_match))
    if kind == "range_match":
        return IntegerRange(message.range_match.start, message.range_match.end)
    pattern: bytes = getattr(message, kind).encode()
    if kind == "exact_match" and not pattern:
        return AnyValue()
    return _PLAIN_PATTERNS[kind.removesuffix("_match")](pattern)


def header_matchers(messages: Any, field: str = "headers") -> list[HeaderMatcher]:
    """Every matcher, in order; raises ConfigErrors naming each wrong one."""
    problems = Problems()
    matchers: list[HeaderMatcher] = []
    for index, message in enumerate(messages):
        with problems.at(f"{field}[{index}]"):
            matchers.append(header_matcher(message))
    problems.raise_if_any()
    return matchers


def query_matcher(message: Any) -> QueryMatcher:
    """QueryParameterMatcher."""
    name: bytes = message.name.encode()
    kind = message.WhichOneof("query_parameter_match_specifier")
    if kind == "string_match":
        return QueryValue(name, _string_match(message))
    return QueryPresence(name, kind is None or message.present_match)


def cookie_matcher(message: Any) -> CookieMatcher:
    """CookieMatcher."""
    return CookieMatcher(message.name.encode(), _string_match(message), message.invert_match)


def value_matcher(message: Any) -> ValueMatcher:
    """ValueMatcher."""
    kind = message.WhichOneof("match_pattern")
    if kind == "null_match":
        return NullMatcher()
    if kind == "bool_match":
        return BoolMatcher(message.bool_match)
    if kind == "present_match":
        return PresentMatcher(message.present_match)
    if kind == "string_match":
        return TextMatcher(_string_match(message))
    if kind == "double_match":
        return double_matcher(message.double_match)
    if kind == "list_match":
        with inside("list_match.one_of"):
            return ListMatcher(value_matcher(message.list_match.one_of))
    if kind == "or_match":
        return OrMatcher([value_matcher(each) for each in message.or_match.value_matchers])
    raise ConfigError("", "match_pattern", "is required: one of null, double, string, bool, present, list, or")


def double_matcher(message: Any) -> ValueMatcher:
    """DoubleMatcher."""
    if message.WhichOneof("match_pattern") == "range":
        return DoubleRange(message.range.start, message.range.end)
    return DoubleExact(message.exact)


def metadata_matcher(message: Any) -> MetadataMatcher:
    """MetadataMatcher."""
    with inside("value"):
        value = value_matcher(message.value)
    return MetadataMatcher(message.filter, [segment.key for segment in message.path], value, message.invert)


def filter_state_matcher(message: Any) -> FilterStateMatcher:
    """FilterStateMatcher."""
    if message.WhichOneof("matcher") == "address_match":
        ranges = cidr_set(message.address_match.ranges, "address_match.ranges")
        return FilterStateAddress(message.key, ranges, message.address_match.invert_match)
    return FilterStateText(message.key, _string_match(message))


def cidr_range(message: Any) -> tuple[IpNumber, int]:
    """CidrRange, envoy's or xds's: address and prefix length."""
    address = parse_ip(message.address_prefix)
    if address is None:
        raise ConfigError("", "address_prefix", f"malformed IP address: {message.address_prefix}")
    length = message.prefix_len.value
    if length > address.bits:
        raise ConfigError(
            "", "prefix_len", f"must be at most {address.bits} for {message.address_prefix!r}, got {length}"
        )
    return address, length


def cidr_set(messages: Any, field: str) -> CidrSet:
    problems = Problems()
    ranges = CidrSet()
    for index, message in enumerate(messages):
        with problems.at(f"{field}[{index}]"):
            ranges.add(*cidr_range(message))
    problems.raise_if_any()
    return ranges


def fraction(message: Any) -> RuntimeFraction:
    """FractionalPercent."""
    return RuntimeFraction(message.numerator, _DENOMINATORS.get(message.denominator, 100))


def runtime_fraction(message: Any, runtime: Runtime) -> RuntimeFraction:
    """RuntimeFractionalPercent."""
    default = fraction(message.default_value)
    return RuntimeFraction(default.numerator, default.denominator, message.runtime_key, runtime)


def _string_match(message: Any) -> StringMatcher:
    with inside("string_match"):
        return string_matcher(message.string_match)
