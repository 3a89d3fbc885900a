"""Floating point as Envoy prints it: each of its three formatters writes the same number differently."""

from __future__ import annotations

from decimal import Decimal
from math import isnan


def shortest(value: float) -> str:
    """fmt's `{}`: the fewest digits that read back the same; `4950`, `1.05`, `nan`."""
    return "nan" if isnan(value) else repr(value).removesuffix(".0")


def general(value: float) -> str:
    """fmt's `{:g}`: six digits; `99.5`, `300000`, `1.8e+06`."""
    return f"{value:g}"


def exact(value: float) -> str:
    """fmt's `{:.32g}`, of the Prometheus format; `1.0500000000000000444089209850063`."""
    return f"{value:.32g}"


def json_number(value: float) -> str:
    """std::to_chars: the shorter of plain and scientific, plain when equal; `null` for NaN. `3e+05`, `1800000`."""
    if isnan(value):
        return "null"
    _, digits, exponent = Decimal(repr(value)).normalize().as_tuple()
    assert isinstance(exponent, int)
    text = "".join(map(str, digits))
    power = len(text) - 1 + exponent
    fraction = f".{text[1:]}" if len(text) > 1 else ""
    scientific = f"{text[0]}{fraction}e{'-' if power < 0 else '+'}{abs(power):02d}"
    plain = format(Decimal(repr(abs(value))), "f").removesuffix(".0")
    return ("-" if value < 0 else "") + (plain if len(plain) <= len(scientific) else scientific)
