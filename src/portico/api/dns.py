"""Names to addresses, as whoever needs one asks for it."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.address import Address
from portico.api.upstream import Cancellable

# Source: envoy api cares_dns_resolver.proto, query_timeout_seconds and query_tries.
DEFAULT_QUERY_TIMEOUT_S: Final = 5.0
DEFAULT_QUERY_TRIES: Final = 4


class LookupFamily(Enum):
    """Which of a name's addresses count. The value is Envoy's name in configuration."""

    AUTO = "AUTO"  # IPv6, or IPv4 where there is none
    V4_ONLY = "V4_ONLY"
    V6_ONLY = "V6_ONLY"
    V4_PREFERRED = "V4_PREFERRED"  # IPv4, or IPv6 where there is none
    ALL = "ALL"


class DnsAnswer:
    """What became of one resolution.

    A name without addresses is a good answer, "it has none"; ``error`` says why there is no answer at all.
    """

    def __init__(self, ips: list[str], ttl_s: float = 0.0, error: str = "") -> None:
        self.ips = ips  # in the order of the answer
        self.ttl_s = ttl_s  # the smallest; 0.0 = none was told
        self.error = error

    def __repr__(self) -> str:
        return f"DnsAnswer({self.error or self.ips})"


@mypyc_attr(allow_interpreted_subclasses=True)
class Resolver:
    """Resolves names; a fake one in tests."""

    def resolve(self, name: str, family: LookupFamily, callback: Callable[[DnsAnswer], None]) -> Cancellable:
        """Calls back once, never from within this call; not at all after ``cancel``. A number is its own answer."""
        raise NotImplementedError


class ResolverSettings:
    """Whom to ask, and how patiently. Equal keys may share a resolver."""

    def __init__(self) -> None:
        self.servers: list[Address] = []  # empty = the system's
        self.uses_tcp = False
        self.no_default_search_domain = False
        self.servers_are_fallback = False  # asked only when the system knows no server
        self.filters_unroutable_families = False
        self.rotates_servers = False
        self.query_timeout_s = DEFAULT_QUERY_TIMEOUT_S
        self.query_tries = DEFAULT_QUERY_TRIES

    def key(self) -> tuple[object, ...]:
        return (
            tuple([server.text for server in self.servers]), self.uses_tcp, self.no_default_search_domain,
            self.servers_are_fallback, self.filters_unroutable_families, self.rotates_servers, self.query_timeout_s,
            self.query_tries,
        )  # fmt: skip
