"""Hosts as virtual hosts and upstreams are to see them."""

from __future__ import annotations

from typing import Final

_UINT32_MAX: Final = (1 << 32) - 1


def strip_trailing_dot(authority: bytes) -> bytes:
    """``a.test.`` and ``a.test.:80`` without the last dot of the name, which marks it absolute (RFC 1034 §3.1)."""
    dot = authority.rfind(b".")
    if dot >= 0 and authority[dot + 1 : dot + 2] in (b"", b":"):
        return authority[:dot] + authority[dot + 1 :]
    return authority


def strip_port(authority: bytes, port: int | None) -> bytes:
    """``authority`` without its port, if that is ``port``, or whatever it is when ``port`` is None.

    What stands after the last colon is only a port when it is a number, and not inside ``[…]``.
    """
    colon = authority.rfind(b":")
    if colon < 0 or authority.rfind(b"]") > colon:
        return authority
    number = _uint32(authority[colon + 1 :])
    if number < 0 or (port is not None and number != port):
        return authority
    return authority[:colon]


def _uint32(text: bytes) -> int:
    """What absl::SimpleAtoi reads, with a plus and leading zeros; -1 when it is not a uint32."""
    digits = text[1:] if text.startswith(b"+") else text
    if not digits.isdigit() or len(digits) > 20:
        return -1
    number = int(digits)
    return number if number <= _UINT32_MAX else -1
