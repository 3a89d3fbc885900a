"""IP ranges."""

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portico.matching.cidr import CidrMap, CidrSet, IpNumber, parse_ip


def number(text: str) -> IpNumber:
    parsed = parse_ip(text)
    assert parsed is not None
    return parsed


def ranges(*texts: str) -> CidrSet:
    built = CidrSet()
    for text in texts:
        prefix, _, length = text.partition("/")
        built.add(number(prefix), int(length))
    return built


@pytest.mark.parametrize(
    "text", ["", "1.2.3", "1.2.3.4.5", "1.2.3.256", "1.2.3.-1", "1.2.3.٤", "a", "::g", ":", "1.2.3.4x"]
)
def test_what_is_no_address(text: str) -> None:
    assert parse_ip(text) is None


@given(st.ip_addresses())
def test_reads_addresses_as_the_standard_library_does(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    parsed = number(str(address))
    assert (parsed.bits, parsed.number) == (address.max_prefixlen, int(address))


@given(st.ip_addresses(v=4), st.ip_addresses(v=4), st.integers(0, 32))
def test_contains_as_the_standard_library_does(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address, length: int
) -> None:
    network = ipaddress.ip_network(f"{one}/{length}", strict=False)
    assert ranges(f"{one}/{length}").contains(str(other)) == (other in network)


def test_families_do_not_mix() -> None:
    everything = ranges("0.0.0.0/0")
    assert everything.contains("255.1.2.3")
    assert not everything.contains("::1")
    assert ranges("::/0").contains("fe80::1%eth0")
    assert not ranges("::/0").contains("1.2.3.4")
    assert not everything.contains("/run/a.sock")


def test_most_specific_range_comes_first() -> None:
    table = CidrMap()
    assert table.is_empty()
    table.add(number("10.0.0.0"), 8, "wide")
    table.add(number("10.1.2.0"), 24, "narrow")
    table.add(number("10.1.0.0"), 16, "middle")
    assert table.lookup(number("10.1.2.3")) == ["narrow", "middle", "wide"]
    assert table.lookup(number("10.9.9.9")) == ["wide"]
    assert table.lookup(number("11.0.0.1")) == []
    assert not table.is_empty()


def test_first_of_two_equal_ranges_stays() -> None:
    table = CidrMap()
    assert table.add(number("10.0.0.1"), 8, "first")
    assert not table.add(number("10.200.0.0"), 8, "second")
    assert table.lookup(number("10.0.0.0")) == ["first"]
    assert CidrSet().is_empty()
