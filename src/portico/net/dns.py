"""Names to addresses through c-ares, on the event loop.

Each resolution has a c-ares channel of its own, which costs 45 µs. A shared channel would answer from its own cache
until the time to live is over (hosts would stay in a cluster that their owner has just taken out of DNS), and would
have to be replaced when its server refused it once.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable
from typing import Any, Final

import pycares

from portico.api.dns import DnsAnswer, LookupFamily, Resolver, ResolverSettings
from portico.api.stats import StatsScope
from portico.api.upstream import Cancellable

# Addresses in the order of the answer, without probing which can be reached. Source: c-ares, ares.h, ARES_AI_NOSORT.
_AI_NOSORT: Final = 1 << 7
# A channel's sockets time out in steps of seconds; looking this often is exact enough and costs nothing.
_TICK_S: Final = 0.25
# Documentation addresses (RFC 5737, RFC 3849): asking the kernel for a route to them sends nothing.
_ROUTE_PROBES: Final = {
    socket.AF_INET: ("192.0.2.1", 53),
    socket.AF_INET6: ("2001:db8::1", 53),
}

_NO_RECORDS: Final = frozenset([pycares.errno.ARES_ENODATA, pycares.errno.ARES_ENOTFOUND])

# The families of each step; a step is taken when the one before it found nothing.
_STEPS: Final[dict[LookupFamily, list[list[int]]]] = {
    LookupFamily.AUTO: [[socket.AF_INET6], [socket.AF_INET]],
    LookupFamily.V4_ONLY: [[socket.AF_INET]],
    LookupFamily.V6_ONLY: [[socket.AF_INET6]],
    LookupFamily.V4_PREFERRED: [[socket.AF_INET], [socket.AF_INET6]],
    LookupFamily.ALL: [[socket.AF_INET, socket.AF_INET6]],
}


class DnsStats:
    """``dns.cares.``, one for the process. Channels are never reinitialised, so ``reinits`` stays 0."""

    def __init__(self, scope: StatsScope) -> None:
        own = scope.scope("dns").scope("cares")
        self.resolve_total = own.counter("resolve_total")
        self.pending_resolutions = own.gauge("pending_resolutions")
        self.not_found = own.counter("not_found")
        self.get_addr_failure = own.counter("get_addr_failure")
        self.timeouts = own.counter("timeouts")
        self.reinits = own.counter("reinits")


class CaresResolvers:
    """Resolvers by their settings."""

    def __init__(self, loop: asyncio.AbstractEventLoop, scope: StatsScope) -> None:
        self._loop = loop
        self._stats = DnsStats(scope)
        self._resolvers: dict[tuple[object, ...], Resolver] = {}

    def resolver_for(self, settings: ResolverSettings) -> Resolver:
        key = settings.key()
        found = self._resolvers.get(key)
        if found is None:
            found = self._resolvers[key] = CaresResolver(self._loop, settings, self._stats)
        return found


class CaresResolver(Resolver):
    """Also answers from /etc/hosts, and knows localhost and numbers, as c-ares does."""

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: ResolverSettings, stats: DnsStats) -> None:
        self.loop = loop
        self.settings = settings
        self.stats = stats

    def resolve(self, name: str, family: LookupFamily, callback: Callable[[DnsAnswer], None]) -> Cancellable:
        query = Query(self, name, _STEPS[family], callback)
        # Numbers and names in /etc/hosts are answered at once; the caller must have the query first.
        self.loop.call_soon(query.start)
        return query


class Query(Cancellable):
    """One name on its way through the steps of a family."""

    def __init__(
        self, resolver: CaresResolver, name: str, steps: list[list[int]], callback: Callable[[DnsAnswer], None]
    ) -> None:
        self._resolver = resolver
        self._name = name
        self._steps = list(steps)
        self._callback = callback
        self._channel: ChannelOnLoop | None = None
        self._is_over = False
        self._waiting = 0  # lookups of this step that have not answered
        self._ips: list[str] = []
        self._ttls: list[int] = []
        self._error = ""

    def start(self) -> None:
        if self._is_over:
            return
        self._resolver.stats.pending_resolutions.add()
        self._channel = ChannelOnLoop(self._resolver.loop, self._resolver.settings)
        self._take_step()

    def cancel(self) -> None:
        if self._is_over:
            return
        self._is_over = True
        self._close()

    def _take_step(self) -> None:
        assert self._channel is not None
        families = self._steps.pop(0)
        self._waiting = len(families)
        for family in families:
            if self._resolver.settings.filters_unroutable_families and not has_route(family):
                self._on_lookup(None, None)
                continue
            self._resolver.stats.resolve_total.add()
            try:
                self._channel.look_up(self._name, family, self._on_lookup)
            except (pycares.AresError, ValueError, UnicodeError) as error:
                # A name that no query can carry: an empty label, one of over 63 bytes.
                self._on_lookup(None, pycares.errno.ARES_EBADNAME if not error.args else error.args[0])

    def _on_lookup(self, result: Any, code: Any) -> None:
        if self._is_over:
            return
        self._waiting -= 1
        stats = self._resolver.stats
        if code in _NO_RECORDS:
            stats.not_found.add()
        elif code is not None:
            stats.get_addr_failure.add()
            if code == pycares.errno.ARES_ETIMEOUT:
                stats.timeouts.add()
            self._error = error_text(code)
        elif result is not None:
            for node in result.nodes:
                self._ips.append(node.addr[0].decode())
                self._ttls.append(node.ttl)
        if self._waiting == 0:
            self._end_step()

    def _end_step(self) -> None:
        if not self._ips and self._steps:
            self._take_step()
            return
        self._is_over = True
        self._close()
        # Addresses of one family count though the other failed. No address and one failure is a failure: "it has none"
        # would empty a cluster.
        error = "" if self._ips else self._error
        self._callback(DnsAnswer(self._ips, float(min(self._ttls, default=0)), error))

    def _close(self) -> None:
        if self._channel is not None:
            self._resolver.stats.pending_resolutions.sub()
            self._channel.close()
            self._channel = None


class ChannelOnLoop:
    """A c-ares channel whose sockets the event loop watches: no thread of its own."""

    def __init__(self, loop: asyncio.AbstractEventLoop, settings: ResolverSettings) -> None:
        self._loop = loop
        self._watched: dict[int, None] = {}
        self._tick: asyncio.TimerHandle | None = None
        self._channel = pycares.Channel(
            sock_state_cb=self._on_socket_state,
            flags=flags_of(settings),
            timeout=settings.query_timeout_s,
            tries=settings.query_tries,
            rotate=settings.rotates_servers,
        )
        if settings.servers and not (settings.servers_are_fallback and knows_servers(self._channel.servers)):
            self._channel.servers = [server.text for server in settings.servers]

    def look_up(self, name: str, family: int, callback: Callable[[Any, Any], None]) -> None:
        self._channel.getaddrinfo(name, None, family=socket.AddressFamily(family), flags=_AI_NOSORT, callback=callback)

    def close(self) -> None:
        if self._tick is not None:
            self._tick.cancel()
            self._tick = None
        for descriptor in self._watched:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)
        self._watched.clear()
        # We may be inside a callback of this very channel.
        self._loop.call_soon(self._channel.close)

    def _on_socket_state(self, descriptor: int, readable: int, writable: int) -> None:
        if descriptor in self._watched:
            self._loop.remove_reader(descriptor)
            self._loop.remove_writer(descriptor)
            del self._watched[descriptor]
        if not readable and not writable:
            return
        self._watched[descriptor] = None
        if readable:
            self._loop.add_reader(descriptor, self._channel.process_fd, descriptor, pycares.ARES_SOCKET_BAD)
        if writable:
            self._loop.add_writer(descriptor, self._channel.process_fd, pycares.ARES_SOCKET_BAD, descriptor)
        if self._tick is None:
            self._tick = self._loop.call_later(_TICK_S, self._on_tick)

    def _on_tick(self) -> None:
        self._tick = self._loop.call_later(_TICK_S, self._on_tick)
        self._channel.process_fd(pycares.ARES_SOCKET_BAD, pycares.ARES_SOCKET_BAD)


def flags_of(settings: ResolverSettings) -> int:
    flags = 0
    if settings.uses_tcp:
        flags |= pycares.ARES_FLAG_USEVC
    if settings.no_default_search_domain:
        flags |= pycares.ARES_FLAG_NOSEARCH
    return flags


def knows_servers(servers: list[str]) -> bool:
    """Whether the system named any: without resolv.conf c-ares falls back to this machine.

    Source: envoy source/extensions/network/dns_resolver/cares/dns_impl.cc, isCaresDefaultTheOnlyNameserver.
    """
    return servers not in ([], ["127.0.0.1:53"], ["127.0.0.1"])


def has_route(family: int) -> bool:
    """Whether this machine could reach any address of the family."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(_ROUTE_PROBES[socket.AddressFamily(family)])
        except OSError:
            return False
    return True


def error_text(code: int) -> str:
    """c-ares' own words, e.g. ``Timeout while contacting DNS servers``."""
    return str(pycares.errno.strerror(code))
