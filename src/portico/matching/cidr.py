"""Sets of IP ranges, and the most specific range an address is in."""

from __future__ import annotations

import ipaddress
from typing import Any, Final

_V4_BITS: Final = 32
_V6_BITS: Final = 128


class IpNumber:
    """An address as an integer of its family's width."""

    def __init__(self, bits: int, number: int) -> None:
        self.bits = bits  # 32 or 128
        self.number = number


def parse_ip(text: str) -> IpNumber | None:
    """None when ``text`` is no IP address, e.g. that of a pipe. A zone (``fe80::1%eth0``) is ignored."""
    if ":" not in text:
        number = _v4_number(text)
        return None if number < 0 else IpNumber(_V4_BITS, number)
    try:
        return IpNumber(_V6_BITS, int(ipaddress.IPv6Address(text.partition("%")[0])))
    except ValueError:
        return None


def _v4_number(text: str) -> int:
    """-1 when ``text`` is not four decimal octets. By hand: `ipaddress` takes four times as long."""
    parts = text.split(".")
    if len(parts) != 4:
        return -1
    number = 0
    for part in parts:
        if not part.isascii() or not part.isdigit() or len(part) > 3:
            return -1
        octet = int(part)
        if octet > 255:
            return -1
        number = number << 8 | octet
    return number


class CidrMap:
    """Ranges with a value each; looks from the most specific range that holds an address to the least."""

    def __init__(self) -> None:
        # (shift, ranges) by falling prefix length; a range is its leading bits.
        self._v4: list[tuple[int, dict[int, Any]]] = []
        self._v6: list[tuple[int, dict[int, Any]]] = []

    def add(self, prefix: IpNumber, length: int, value: Any) -> bool:
        """False, and nothing changes, when the range is there already. ``length`` is clipped to the family's width."""
        shift = prefix.bits - min(length, prefix.bits)
        table = self._v4 if prefix.bits == _V4_BITS else self._v6
        key = prefix.number >> shift
        for have, ranges in table:
            if have == shift:
                return ranges.setdefault(key, value) is value
        table.append((shift, {key: value}))
        table.sort(key=_shift_of)
        return True

    def lookup(self, address: IpNumber) -> list[Any]:
        """The values of every range that holds ``address``, most specific first."""
        found: list[Any] = []
        for shift, ranges in self._v4 if address.bits == _V4_BITS else self._v6:
            value = ranges.get(address.number >> shift)
            if value is not None:
                found.append(value)
        return found

    def contains(self, address: IpNumber) -> bool:
        for shift, ranges in self._v4 if address.bits == _V4_BITS else self._v6:
            if address.number >> shift in ranges:
                return True
        return False

    def is_empty(self) -> bool:
        return not self._v4 and not self._v6


class CidrSet:
    """Whether an address, given as text, is in one of the ranges."""

    def __init__(self) -> None:
        self._map = CidrMap()

    def add(self, prefix: IpNumber, length: int) -> None:
        self._map.add(prefix, length, True)

    def contains(self, ip: str) -> bool:
        address = parse_ip(ip)
        return address is not None and self._map.contains(address)

    def is_empty(self) -> bool:
        return self._map.is_empty()


def _shift_of(entry: tuple[int, dict[int, Any]]) -> int:
    return entry[0]
