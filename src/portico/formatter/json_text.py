"""Values as Envoy prints them in JSON: strings of any bytes, numbers as short as possible, keys sorted."""

from __future__ import annotations

from math import isfinite
from typing import Any

import orjson


def quote(text: bytes) -> bytes:
    """``text`` as a JSON string.

    Bytes that are not UTF-8 turn the whole string into one of escapes, a byte each, as Envoy does: the line stays
    valid JSON whatever a stranger sends.
    """
    try:
        return orjson.dumps(text.decode())
    except UnicodeDecodeError:
        return b'"' + b"".join([_ESCAPES[byte] for byte in text]) + b'"'


def dump(value: Any) -> bytes:
    """A value of a protobuf Struct (None, bool, number, str, list, dict) on one line, without spaces."""
    if value is None:
        return b"null"
    if isinstance(value, bool):
        return b"true" if value else b"false"
    if isinstance(value, int | float):
        return number(float(value))
    if isinstance(value, str):
        return quote(value.encode("utf-8", "surrogateescape"))
    if isinstance(value, dict):
        members = [quote(str(key).encode()) + b":" + dump(value[key]) for key in sorted(value)]
        return b"{" + b",".join(members) + b"}"
    return b"[" + b",".join([dump(item) for item in value]) + b"]"


def number(value: float) -> bytes:
    """The shorter of ``100`` and ``1e+02``, the first if they are as long: C++ ``std::to_chars``, which Envoy uses."""
    if not isfinite(value):
        return b"null"
    digits = repr(value)
    mantissa, _, exponent = digits.partition("e")
    plain = str(int(value)) if value.is_integer() else _positional(digits, mantissa, exponent)
    scientific = _scientific(value, mantissa, exponent)
    return (plain if len(plain) <= len(scientific) else scientific).encode()


def _positional(digits: str, mantissa: str, exponent: str) -> str:
    if not exponent:
        return digits
    places = len(mantissa.partition(".")[2]) - int(exponent)
    return f"{float(digits):.{max(places, 0)}f}"


def _scientific(value: float, mantissa: str, exponent: str) -> str:
    sign = "-" if mantissa.startswith("-") else ""
    whole, _, fraction = mantissa.lstrip("-").partition(".")
    figures = (whole + fraction).strip("0")
    if not figures:
        return sign + "0e+00"
    if whole.strip("0"):
        power = len(whole) - 1
    else:
        power = len(fraction.lstrip("0")) - len(fraction) - 1
    power += int(exponent or "0")
    point = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
    return f"{sign}{point}e{'-' if power < 0 else '+'}{abs(power):02d}"


# Envoy escapes each of these in a string that is not UTF-8. Source: measured, Envoy 1.40.
_SPECIAL = frozenset(b'"\\\x7f')
_ESCAPES = [bytes([byte]) if 0x20 <= byte < 0x7F and byte not in _SPECIAL else b"\\u%04x" % byte for byte in range(256)]
