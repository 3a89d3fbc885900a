"""Discovery by DNS: what to do when an answer, a failure or a refresh is due. Runs once, in the main process."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from portico.api.address import Address
from portico.api.clock import Clock, Random
from portico.api.dns import DnsAnswer, Resolver, ResolverSettings
from portico.api.stats import StatsScope
from portico.api.upstream import Cancellable
from portico.upstream.dns_settings import DnsSettings, DnsTarget, Place

_MICROSECONDS: Final = 1_000_000


class DnsServices:
    """What discovery by DNS runs on."""

    def __init__(
        self, resolver_for: Callable[[ResolverSettings], Resolver], clock: Clock, random: Random, scope: StatsScope
    ) -> None:
        self.resolver_for = resolver_for
        self.clock = clock
        self.random = random
        self.scope = scope  # the root


class DnsDiscovery:
    """One cluster's names, each resolved over and over. Tells the addresses of all when those of one changed."""

    def __init__(
        self,
        settings: DnsSettings,
        services: DnsServices,
        scope: StatsScope,
        on_addresses: Callable[[dict[Place, list[Address]]], None],
    ) -> None:
        self.settings = settings
        self._on_addresses = on_addresses
        self._has_told = False
        self._update_attempt = scope.counter("update_attempt")
        self._update_success = scope.counter("update_success")
        self._update_failure = scope.counter("update_failure")
        self._update_no_rebuild = scope.counter("update_no_rebuild")
        resolver = services.resolver_for(settings.resolver)
        self.resolutions = [Resolution(self, target, resolver, services) for target in settings.targets]

    def start(self) -> None:
        """Ask for every name. Without any there is nothing to wait for."""
        for resolution in self.resolutions:
            resolution.start()
        if not self.resolutions:
            self._tell()

    def stop(self) -> None:
        """Withdraw what is asked and forget what is due."""
        for resolution in self.resolutions:
            resolution.stop()

    def on_attempt(self) -> None:
        self._update_attempt.add()

    def on_answer(self, is_changed: bool) -> None:
        self._update_success.add()
        if not is_changed:
            self._update_no_rebuild.add()
        if is_changed or not self._has_told:
            self._tell()

    def on_failure(self) -> None:
        """What was known stays. A first failure is told too: whoever waits for hosts must not wait for ever."""
        self._update_failure.add()
        if not self._has_told:
            self._tell()

    def _tell(self) -> None:
        self._has_told = True
        self._on_addresses({each.target.place: list(each.addresses) for each in self.resolutions})

    def __repr__(self) -> str:
        return f"DnsDiscovery({self.settings.cluster}: {self.resolutions})"


class Resolution:
    """One name of a cluster: its addresses as last heard, and when it is asked for next."""

    def __init__(self, owner: DnsDiscovery, target: DnsTarget, resolver: Resolver, services: DnsServices) -> None:
        self.target = target
        self.addresses: list[Address] = []
        self.last_error = ""  # of the last answer; "" = it was one
        self._owner = owner
        self._resolver = resolver
        self._random = services.random
        self._timer = services.clock.timer(self.start)
        self._query: Cancellable | None = None
        self._next_backoff_s = owner.settings.failure_base_s

    def start(self) -> None:
        self._owner.on_attempt()
        self._query = self._resolver.resolve(self.target.name, self._owner.settings.family, self._on_answer)

    def stop(self) -> None:
        self._timer.cancel()
        if self._query is not None:
            self._query.cancel()
            self._query = None

    def _on_answer(self, answer: DnsAnswer) -> None:
        self._query = None
        self.last_error = answer.error
        if is_failure(answer, self._owner.settings.is_logical):
            # The timer is started first: the owner may stop us while it tells.
            self._timer.start(self._failure_delay_s())
            self._owner.on_failure()
            return
        self._next_backoff_s = self._owner.settings.failure_base_s
        addresses = addresses_of(answer, self.target.port, self._owner.settings.is_logical)
        is_changed = set(addresses) != set(self.addresses)
        if is_changed:
            self.addresses = addresses
        jitter_s = self._below_s(self._owner.settings.jitter_s)
        self._timer.start(refresh_delay_s(answer, self._owner.settings) + jitter_s)
        self._owner.on_answer(is_changed)

    def _failure_delay_s(self) -> float:
        """Exponential with full jitter. Source: envoy source/common/common/backoff_strategy.cc."""
        settings = self._owner.settings
        if not settings.failure_base_s:
            return settings.refresh_s
        backoff_s = self._next_backoff_s
        self._next_backoff_s = min(backoff_s * 2, settings.failure_max_s)
        return self._below_s(backoff_s)

    def _below_s(self, limit_s: float) -> float:
        microseconds = int(limit_s * _MICROSECONDS)
        return self._random.below(microseconds) / _MICROSECONDS if microseconds else 0.0

    def __repr__(self) -> str:
        return f"Resolution({self.target.name}: {self.last_error or self.addresses})"


def is_failure(answer: DnsAnswer, is_logical: bool) -> bool:
    """A name without addresses empties a STRICT_DNS cluster; a logical host would have nowhere to go, so it stays."""
    return bool(answer.error) or (is_logical and not answer.ips)


def addresses_of(answer: DnsAnswer, port: int, is_logical: bool) -> list[Address]:
    """Each address once, in the order of the answer; the first alone for a logical host."""
    ips = list(dict.fromkeys(answer.ips))
    return [Address(ip, port) for ip in (ips[:1] if is_logical else ips)]


def refresh_delay_s(answer: DnsAnswer, settings: DnsSettings) -> float:
    """The time to live when it counts and there is one, else the configured rate."""
    if settings.respects_ttl and answer.ips and answer.ttl_s > 0:
        return max(answer.ttl_s, settings.min_refresh_s)
    return settings.refresh_s
