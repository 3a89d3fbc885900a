import pytest

from portico.codec.http1 import fields
from portico.codec.http1.fields import FieldLineError, join_repeated, parse_fields


def test_line_becomes_lower_case_name_and_trimmed_value() -> None:
    assert parse_fields([b"X-Thing: \t a b\t ", b"Y:", b"Z:1"]) == [(b"x-thing", b"a b"), (b"y", b""), (b"z", b"1")]


@pytest.mark.parametrize(
    "line", [b"", b"x", b": 1", b" x: 1", b"x : 1", b"x y: 1", b"x: a\rb", b"x: a\nb", b"x: \0", b"\xe9: 1"]
)
def test_anything_else_is_refused(line: bytes) -> None:
    with pytest.raises(FieldLineError):
        parse_fields([b"good: 1", line])


def test_every_byte_a_value_may_hold_and_no_other() -> None:
    for byte in range(256):
        line = b"x: a" + bytes([byte]) + b"b"
        is_allowed = byte == 9 or 0x20 <= byte <= 0x7E or byte >= 0x80
        try:
            assert parse_fields([line]) == [(b"x", line[3:])]
            assert is_allowed
        except FieldLineError:
            assert not is_allowed


def test_every_byte_a_name_may_hold_and_no_other() -> None:
    token = b"!#$%&'*+-.^_`|~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
    for byte in range(256):
        name = b"x" + bytes([byte]) + b"y"
        try:
            assert parse_fields([name + b": 1"]) == [(name.lower(), b"1")]
            assert byte in token
        except FieldLineError:
            assert byte not in token or byte == 0x3A
        except AssertionError:
            assert byte == 0x3A  # "x:y: 1" is the field x


def test_lines_seen_before_are_remembered_but_secrets_are_not() -> None:
    parse_fields([b"X-Remembered: 1", b"Cookie: s=1", b"Authorization: Basic x", b"Set-Cookie: a=1"])
    assert b"X-Remembered: 1" in fields._KNOWN
    assert all(not line.lower().startswith((b"cookie", b"authorization", b"set-cookie")) for line in fields._KNOWN)


def test_memory_is_bounded_whatever_strangers_send() -> None:
    parse_fields([b"x-%d: 1" % number for number in range(fields.MAX_CACHED_LINES + 10)])
    assert len(fields._KNOWN) <= fields.MAX_CACHED_LINES
    long = b"x-long: " + b"y" * fields.MAX_CACHED_LINE_BYTES
    parse_fields([long])
    assert long not in fields._KNOWN


def test_repetitions_of_single_fields_are_joined_in_place_and_others_stay_apart() -> None:
    repeated = [(b"via", b"a"), (b"x", b"1"), (b"via", b"b"), (b"x", b"2")]
    assert join_repeated(repeated, frozenset([b"via"])) == [(b"via", b"a,b"), (b"x", b"1"), (b"x", b"2")]
