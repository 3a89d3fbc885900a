"""Every kind of rule protoc-gen-validate defines, with a value that keeps it and one that breaks it.

Texts of the kinds Envoy's API uses are compared with the real one by tests/golden/config/refused/rule_*.
"""

from __future__ import annotations

import math
from typing import Any

import pytest
from google.protobuf import text_format

from portico.config.proto_pool import message_class, pool
from portico.config.rule_compiler import compile_rules


def check(kind: str, rules: str, value: object) -> str | None:
    """`kind` names a wrapper without its Value: String, UInt32, …"""
    field = message_class(f"google.protobuf.{kind}Value").DESCRIPTOR.fields_by_name["value"]
    compiled = compile_rules(field, field_rules(rules))
    return compiled(value) if compiled is not None else None


def field_rules(text: str) -> Any:
    return text_format.Parse(text, message_class("validate.FieldRules")(), descriptor_pool=pool)


STRINGS: list[tuple[str, str, str, str]] = [
    ('const: "a"', "a", "b", "value must equal a"),
    ("len: 2", "éé", "é", "value length must be 2 characters"),
    ("min_len: 2", "éé", "é", "value length must be at least 2 characters"),
    ("max_len: 2", "éé", "ééé", "value length must be at most 2 characters"),
    ("min_len: 1 max_len: 2", "a", "", "value length must be between 1 and 2 characters, inclusive"),
    ("len_bytes: 2", "é", "a", "value length must be 2 bytes"),
    ("min_bytes: 2", "é", "a", "value length must be at least 2 bytes"),
    ("max_bytes: 2", "é", "éé", "value length must be at most 2 bytes"),
    ('pattern: "^a+$"', "aa", "aa\n", 'value does not match regex pattern "^a+$"'),
    ('prefix: "ab"', "abc", "xab", "value does not have prefix 'ab'"),
    ('suffix: "bc"', "abc", "bca", "value does not have suffix 'bc'"),
    ('contains: "b"', "abc", "ac", "value does not contain substring 'b'"),
    ('not_contains: "b"', "ac", "abc", "value contains substring 'b'"),
    ('in: ["a", "b"]', "b", "c", "value must be in list [a b]"),
    ('not_in: ["a", "b"]', "c", "a", "value must not be in list [a b]"),
    ("email: true", "a@b.c", "a b@c", "value must be a valid email address"),
    ("hostname: true", "a-b.c.", "-a", "value must be a valid hostname"),
    ("ip: true", "::1", "1.2.3", "value must be a valid IP address"),
    ("ipv4: true", "1.2.3.4", "::1", "value must be a valid IPv4 address"),
    ("ipv6: true", "::1", "1.2.3.4", "value must be a valid IPv6 address"),
    ("uri: true", "http://a/b?c#d", "/a b", "value must be a valid URI"),
    ("uri_ref: true", "/a", "a b", "value must be a valid URI"),
    ("address: true", "a.b", "a b", "value must be a valid hostname, or ip address"),
    ("uuid: true", "0aB3c4d5-0000-0000-0000-000000000000", "0", "value must be a valid UUID"),
    ("well_known_regex: HTTP_HEADER_VALUE strict: false", "a\tb\x01", "a\nb", 'regex pattern "^[^\\x00\\n\\r]*$"'),
    ("well_known_regex: HTTP_HEADER_VALUE", "a\tb", "a\x01", 'regex pattern "^[^\\x00-\\x08\\n-\\x1f\\x7f]*$"'),
    ("well_known_regex: HTTP_HEADER_NAME", ":path", "a b", "value does not match regex pattern"),
]


@pytest.mark.parametrize(("rules", "good", "bad", "reason"), STRINGS)
def test_strings(rules: str, good: str, bad: str, reason: str) -> None:
    assert check("String", f"string {{ {rules} }}", good) is None
    assert reason in (check("String", f"string {{ {rules} }}", bad) or "")


NUMBERS: list[tuple[str, float, float, str]] = [
    ("const: 3", 3, 4, "value must equal 3"),
    ("lt: 3", 2, 3, "value must be less than 3"),
    ("lte: 3", 3, 4, "value must be less than or equal to 3"),
    ("gt: 3", 4, 3, "value must be greater than 3"),
    ("gte: 3", 3, 2, "value must be greater than or equal to 3"),
    ("gte: 1 lt: 3", 1, 3, "value must be inside range [1, 3)"),
    ("gt: 1 lte: 3", 3, 1, "value must be inside range (1, 3]"),
    ("lt: 1 gt: 3", 4, 2, "value must be outside range (3, 1)"),
    ("lte: 1 gte: 3", 3, 2, "value must be outside range [3, 1]"),
    ("in: [1, 2]", 2, 3, "value must be in list [1 2]"),
    ("not_in: [1, 2]", 3, 1, "value must not be in list [1 2]"),
]
KINDS = [("UInt32", "uint32"), ("Int32", "int32"), ("UInt64", "uint64"), ("Int64", "int64"), ("Double", "double")]
KINDS += [("Float", "float"), ("Int32", "sint32"), ("Int64", "sint64"), ("UInt32", "fixed32"), ("UInt64", "fixed64")]
KINDS += [("Int32", "sfixed32"), ("Int64", "sfixed64")]


@pytest.mark.parametrize(("rules", "good", "bad", "reason"), NUMBERS)
@pytest.mark.parametrize(("wrapper", "kind"), KINDS)
def test_numbers(wrapper: str, kind: str, rules: str, good: float, bad: float, reason: str) -> None:
    assert check(wrapper, f"{kind} {{ {rules} }}", good) is None
    assert check(wrapper, f"{kind} {{ {rules} }}", bad) == reason


def test_nan_is_in_no_range() -> None:
    assert check("Double", "double { gte: 0 lte: 100 }", math.nan) == "value must be inside range [0, 100]"


BYTES: list[tuple[str, bytes, bytes, str]] = [
    ('const: "a"', b"a", b"b", "value must equal b'a'"),
    ("len: 2", b"ab", b"a", "value length must be 2 bytes"),
    ("min_len: 2", b"ab", b"a", "value length must be at least 2 bytes"),
    ("max_len: 2", b"ab", b"abc", "value length must be at most 2 bytes"),
    ('pattern: "^a+$"', b"aa", b"b", 'value does not match regex pattern "^a+$"'),
    ('prefix: "a"', b"ab", b"b", "value does not have prefix b'a'"),
    ('suffix: "b"', b"ab", b"a", "value does not have suffix b'b'"),
    ('contains: "b"', b"abc", b"a", "value does not contain substring b'b'"),
    ('in: ["a"]', b"a", b"b", "value must be in list [b'a']"),
    ('not_in: ["a"]', b"b", b"a", "value must not be in list [b'a']"),
    ("ip: true", b"1234", b"123", "value must be a valid IP address"),
    ("ipv4: true", b"1234", b"1" * 16, "value must be a valid IP address"),
    ("ipv6: true", b"1" * 16, b"1234", "value must be a valid IP address"),
]


@pytest.mark.parametrize(("rules", "good", "bad", "reason"), BYTES)
def test_bytes(rules: str, good: bytes, bad: bytes, reason: str) -> None:
    assert check("Bytes", f"bytes {{ {rules} }}", good) is None
    assert check("Bytes", f"bytes {{ {rules} }}", bad) == reason


def test_bools() -> None:
    assert check("Bool", "bool { const: true }", True) is None
    assert check("Bool", "bool { const: true }", False) == "value must equal true"


@pytest.mark.parametrize(
    ("rules", "good", "bad", "reason"),
    [
        ("defined_only: true", 1, 9, "value must be one of the defined enum values"),
        ("const: 1", 1, 0, "value must equal UDP"),
        ("in: [1, 9]", 9, 0, "value must be in list [UDP 9]"),
        ("not_in: [0]", 1, 0, "value must not be in list [TCP]"),
    ],
)
def test_enums(rules: str, good: int, bad: int, reason: str) -> None:
    field = message_class("envoy.config.core.v3.SocketAddress").DESCRIPTOR.fields_by_name["protocol"]
    compiled = compile_rules(field, field_rules(f"enum {{ {rules} }}"))
    assert compiled is not None
    assert compiled(good) is None
    assert compiled(bad) == reason


@pytest.mark.parametrize(
    ("rules", "good", "bad", "reason"),
    [
        ("gt { }", 1, 0, "value must be greater than 0s"),
        ("gte { nanos: 1000000 }", 10**6, 10**6 - 1, "value must be greater than or equal to 1ms"),
        ("lt { seconds: 300 }", 1, 300 * 10**9, "value must be less than 5m0s"),
        ("lte { seconds: 5430 nanos: 500000000 }", 1, 10**13, "value must be less than or equal to 1h30m30.5s"),
        ("lte { nanos: 1500 }", 1, 2000, "value must be less than or equal to 1.5µs"),
        ("const { seconds: 1 }", 10**9, 1, "value must equal 1s"),
        ("in { seconds: 1 } in { seconds: 2 }", 2 * 10**9, 1, "value must be in list [1s 2s]"),
        ("not_in { nanos: -5 }", 1, -5, "value must not be in list [-5ns]"),
    ],
)
def test_durations(rules: str, good: int, bad: int, reason: str) -> None:
    field = message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR.fields_by_name["connect_timeout"]
    compiled = compile_rules(field, field_rules(f"duration {{ {rules} }}"))
    assert compiled is not None
    duration = message_class("google.protobuf.Duration")
    assert compiled(duration(seconds=good // 10**9, nanos=good % 10**9)) is None
    sign = -1 if bad < 0 else 1
    assert compiled(duration(seconds=abs(bad) // 10**9, nanos=sign * (abs(bad) % 10**9))) == reason


def test_anys_name_the_types_they_take() -> None:
    field = message_class("envoy.config.core.v3.TransportSocket").DESCRIPTOR.fields_by_name["typed_config"]
    any_message = message_class("google.protobuf.Any")
    for rules, url, reason in [
        ('in: ["x/a"]', "x/b", "type URL must be in list [x/a]"),
        ('not_in: ["x/b"]', "x/b", "type URL must not be in list [x/b]"),
    ]:
        compiled = compile_rules(field, field_rules(f"any {{ {rules} }}"))
        assert compiled is not None
        assert compiled(any_message(type_url="x/a")) is None
        assert compiled(any_message(type_url=url)) == reason


def test_an_empty_value_may_be_ignored() -> None:
    assert check("String", "string { min_len: 3 ignore_empty: true }", "") is None
    assert check("String", "string { min_len: 3 ignore_empty: true }", "a") is not None


def test_a_wrapper_is_judged_by_its_value() -> None:
    field = message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR.fields_by_name[
        "per_connection_buffer_limit_bytes"
    ]
    compiled = compile_rules(field, field_rules("uint32 { gt: 3 }"))
    assert compiled is not None
    assert compiled(message_class("google.protobuf.UInt32Value")(value=3)) == "value must be greater than 3"


def test_no_rule_is_no_check() -> None:
    assert check("String", "string { }", "") is None
    assert check("String", "", "") is None
