"""``filter_chain_match``: which chain's criteria a connection meets, in a few dictionary lookups.

One level a criterion, in Envoy's order:

    destination port, destination IP, server name, transport protocol, application protocol,
    direct source IP, source type, source IP, source port

Each level takes the most specific entry that fits and never comes back: a chain that asks for a connection's port
hides all chains that take any port, even if it then refuses the connection. A level that every chain leaves open is
not there at all.
Source: envoy source/common/listener_manager/filter_chain_manager_impl.cc, findFilterChain.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.address import Address
from portico.api.stream_info import ConnectionInfo
from portico.listener.filter_chain import FilterChain
from portico.listener.match.chain_selection import ChainMatcher
from portico.matching.cidr import CidrMap, IpNumber, parse_ip
from portico.matching.tree.network_inputs import is_local

_NO_IP: Final = IpNumber(32, 0xFFFFFFFF)


class SourceType(Enum):
    """FilterChainMatch.source_type, by its numbers in the proto."""

    ANY = 0
    SAME_IP_OR_LOOPBACK = 1
    EXTERNAL = 2


class Range:
    """A prefix, cut to its length."""

    def __init__(self, prefix: IpNumber, length: int) -> None:
        self.prefix = prefix
        self.length = min(length, prefix.bits)
        shift = prefix.bits - self.length
        self.key = f"{prefix.bits}:{prefix.number >> shift}/{self.length}"


class Criteria:
    """One chain's FilterChainMatch. An empty list, 0 or "": any."""

    def __init__(self) -> None:
        self.destination_port = 0
        self.destinations: list[Range] = []
        self.server_names: list[str] = []  # lower case; ".example.com" for "*.example.com"
        self.transport_protocol = ""
        self.application_protocols: list[str] = []
        self.direct_sources: list[Range] = []
        self.source_type = SourceType.ANY
        self.sources: list[Range] = []
        self.source_ports: list[int] = []


@mypyc_attr(allow_interpreted_subclasses=True)
class Level:
    """What is left to ask."""

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        raise NotImplementedError


class Found(Level):
    """Nothing is left to ask."""

    def __init__(self, chain: FilterChain) -> None:
        self.chain = chain

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        return self.chain


class DestinationPortLevel(Level):
    def __init__(self, levels: dict[int, Level]) -> None:
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        level = self._levels.get(info.local_address.port) or self._levels.get(0)
        return level.find(info) if level is not None else None


class AddressOf(Enum):
    """Which of a connection's addresses a level looks at."""

    DESTINATION = 1
    DIRECT_SOURCE = 2
    SOURCE = 3


class IpLevel(Level):
    """The longest prefix that holds the address."""

    def __init__(self, which: AddressOf, levels: CidrMap) -> None:
        self._which = which
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        number = parse_ip(self._address(info).ip)
        # Source: fakeAddress() there: what has no IP address meets only chains that take any.
        found: list[Level] = self._levels.lookup(number if number is not None else _NO_IP)
        return found[0].find(info) if found else None

    def _address(self, info: ConnectionInfo) -> Address:
        if self._which is AddressOf.DESTINATION:
            return info.local_address
        return info.direct_remote_address if self._which is AddressOf.DIRECT_SOURCE else info.remote_address


class ServerNameLevel(Level):
    """The name itself, then its suffixes from the longest to the shortest, then any."""

    def __init__(self, levels: dict[str, Level]) -> None:
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        levels = self._levels
        name = info.requested_server_name
        level = levels.get(name)
        at = name.find(".", 1)
        while level is None and 0 < at < len(name) - 1:
            level = levels.get(name[at:])
            at = name.find(".", at + 1)
        if level is None:
            level = levels.get("")
        return level.find(info) if level is not None else None


class TransportProtocolLevel(Level):
    def __init__(self, levels: dict[str, Level]) -> None:
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        level = self._levels.get(info.transport_protocol) or self._levels.get("")
        return level.find(info) if level is not None else None


class ApplicationProtocolLevel(Level):
    """The first of the peer's protocols, in its order, that some chain asks for."""

    def __init__(self, levels: dict[str, Level]) -> None:
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        level: Level | None = None
        for protocol in info.application_protocols:
            level = self._levels.get(protocol)
            if level is not None:
                break
        if level is None:
            level = self._levels.get("")
        return level.find(info) if level is not None else None


class SourceTypeLevel(Level):
    def __init__(self, levels: dict[SourceType, Level]) -> None:
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        kind = SourceType.SAME_IP_OR_LOOPBACK if is_local(info) else SourceType.EXTERNAL
        level = self._levels.get(kind) or self._levels.get(SourceType.ANY)
        return level.find(info) if level is not None else None


class SourcePortLevel(Level):
    def __init__(self, levels: dict[int, Level]) -> None:
        self._levels = levels

    def find(self, info: ConnectionInfo) -> FilterChain | None:
        level = self._levels.get(info.remote_address.port) or self._levels.get(0)
        return level.find(info) if level is not None else None


class CriteriaMatcher(ChainMatcher):
    """The levels of one listener."""

    def __init__(self, first: Level) -> None:
        self._first = first

    def match(self, info: ConnectionInfo) -> FilterChain | None:
        return self._first.find(info)
