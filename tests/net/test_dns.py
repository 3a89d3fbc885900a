import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pycares
import pytest
import uvloop

from portico.api.address import Address
from portico.api.dns import DnsAnswer, LookupFamily, ResolverSettings
from portico.net.dns import CaresResolver, CaresResolvers, flags_of, has_route, knows_servers
from portico.stats.store import StatsStore
from tests.net.dns_server import AAAA, A, DnsServer

V4, V6 = LookupFamily.V4_ONLY, LookupFamily.V6_ONLY


class Asking:
    """A resolver that asks one server, and the stats it keeps."""

    def __init__(self, port: int) -> None:
        self.stats = StatsStore()
        self.settings = ResolverSettings()
        self.settings.servers = [Address("127.0.0.1", port)]
        self.settings.query_timeout_s = 0.3
        self.settings.query_tries = 1

    def ask(self, name: str, family: LookupFamily) -> DnsAnswer:
        return self.ask_all((name, family))[0]

    def ask_all(self, *questions: tuple[str, LookupFamily]) -> list[DnsAnswer]:
        """All at once."""
        return uvloop.run(self._ask_all(list(questions)))

    async def _ask_all(self, questions: list[tuple[str, LookupFamily]]) -> list[DnsAnswer]:
        loop = asyncio.get_running_loop()
        resolver = CaresResolvers(loop, self.stats).resolver_for(self.settings)
        waiting: list[asyncio.Future[DnsAnswer]] = []
        for name, family in questions:
            future = loop.create_future()
            resolver.resolve(name, family, future.set_result)
            assert not future.done(), "called back from within resolve"
            waiting.append(future)
        return await asyncio.wait_for(asyncio.gather(*waiting), 10)

    def counters(self) -> dict[str, int]:
        return {name: each.value for name, each in self.stats.counters.items() if each.value}


@pytest.fixture(name="server")
def running_server() -> Iterator[DnsServer]:
    with DnsServer() as server:
        server.put("four.test", "10.0.0.1", "10.0.0.2", ttl=30)
        server.put("six.test", "fd00::1")
        server.put("both.test", "10.0.0.1", "fd00::1")
        server.put("none.test")
        yield server


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("four.test", LookupFamily.AUTO, ["10.0.0.1", "10.0.0.2"]),
        ("six.test", LookupFamily.AUTO, ["fd00::1"]),
        ("both.test", LookupFamily.AUTO, ["fd00::1"]),
        ("both.test", LookupFamily.V4_ONLY, ["10.0.0.1"]),
        ("both.test", LookupFamily.V6_ONLY, ["fd00::1"]),
        ("both.test", LookupFamily.V4_PREFERRED, ["10.0.0.1"]),
        ("six.test", LookupFamily.V4_PREFERRED, ["fd00::1"]),
        ("both.test", LookupFamily.ALL, ["10.0.0.1", "fd00::1"]),
        ("four.test", LookupFamily.V6_ONLY, []),
        ("none.test", LookupFamily.AUTO, []),
        ("nowhere.test", LookupFamily.ALL, []),
    ],
)
def test_families(server: DnsServer, name: str, family: LookupFamily, expected: list[str]) -> None:
    answer = Asking(server.port).ask(name, family)
    assert sorted(answer.ips) == sorted(expected)
    assert answer.error == ""


def test_smallest_time_to_live_is_told(server: DnsServer) -> None:
    server.records["mixed.test", A] = [("10.0.0.1", 40), ("10.0.0.2", 7)]
    assert Asking(server.port).ask("mixed.test", V4).ttl_s == 7.0


def test_other_family_is_asked_only_when_the_first_has_nothing(server: DnsServer) -> None:
    asking = Asking(server.port)
    asking.ask("six.test", LookupFamily.AUTO)
    assert server.asked("six.test", A) == 0
    asking.ask("four.test", LookupFamily.AUTO)
    assert (server.asked("four.test", AAAA), server.asked("four.test", A)) == (1, 1)
    assert asking.counters() == {"dns.cares.resolve_total": 3, "dns.cares.not_found": 1}


def test_failure_says_why(server: DnsServer) -> None:
    server.failing.add("four.test")
    asking = Asking(server.port)
    answer = asking.ask("four.test", V4)
    assert answer.ips == []
    assert answer.error == "DNS server returned general failure"


def test_silence_ends_in_a_timeout(server: DnsServer) -> None:
    server.is_silent = True
    asking = Asking(server.port)
    before = time.monotonic()
    assert asking.ask("four.test", V4).error == "Timeout while contacting DNS servers"
    assert 0.2 < time.monotonic() - before < 3.0
    assert asking.counters() == {
        "dns.cares.resolve_total": 1,
        "dns.cares.get_addr_failure": 1,
        "dns.cares.timeouts": 1,
    }


def test_each_resolution_asks_anew(server: DnsServer) -> None:
    """Envoy does: a host that left DNS must not live on until its time to live is over."""
    asking = Asking(server.port)
    assert asking.ask("four.test", V4).ips == ["10.0.0.1", "10.0.0.2"]
    server.put("four.test", "10.0.0.9", ttl=3600)
    assert asking.ask("four.test", V4).ips == ["10.0.0.9"]
    assert server.asked("four.test", A) == 2


@pytest.mark.parametrize(
    ("name", "family", "expected"),
    [
        ("127.0.0.1", LookupFamily.AUTO, ["127.0.0.1"]),
        ("::1", LookupFamily.AUTO, ["::1"]),
        ("localhost", V4, ["127.0.0.1"]),
        ("deep.localhost", V6, ["::1"]),
    ],
)
def test_numbers_and_localhost_need_no_server(
    server: DnsServer, name: str, family: LookupFamily, expected: list[str]
) -> None:
    assert Asking(server.port).ask(name, family).ips == expected
    assert server.questions == []


@pytest.mark.parametrize("name", ["a..b", "x" * 64 + ".test", "\u20ac.test"])
def test_name_no_query_can_carry_is_a_failure(server: DnsServer, name: str) -> None:
    answer = Asking(server.port).ask(name, LookupFamily.AUTO)
    assert answer.ips == []


def test_many_at_once(server: DnsServer) -> None:
    asking = Asking(server.port)
    answers = asking.ask_all(*[("both.test", LookupFamily.ALL)] * 50)
    assert {tuple(sorted(answer.ips)) for answer in answers} == {("10.0.0.1", "fd00::1")}
    assert asking.stats.gauges["dns.cares.pending_resolutions"].value == 0


def test_cancelled_question_is_not_answered(server: DnsServer) -> None:
    asking = Asking(server.port)
    answers: list[DnsAnswer] = []

    async def cancel_before_and_during() -> None:
        loop = asyncio.get_running_loop()
        resolver = CaresResolvers(loop, asking.stats).resolver_for(asking.settings)
        resolver.resolve("four.test", V4, answers.append).cancel()
        server.is_silent = True
        query = resolver.resolve("four.test", V4, answers.append)
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        query.cancel()
        query.cancel()
        server.is_silent = False
        done = loop.create_future()
        resolver.resolve("six.test", V6, done.set_result)
        assert (await asyncio.wait_for(done, 5)).ips == ["fd00::1"]

    uvloop.run(cancel_before_and_during())
    assert answers == []
    assert asking.stats.gauges["dns.cares.pending_resolutions"].value == 0


def test_equal_settings_share_a_resolver() -> None:
    async def compare() -> None:
        resolvers = CaresResolvers(asyncio.get_running_loop(), StatsStore())
        one, same, other = ResolverSettings(), ResolverSettings(), ResolverSettings()
        other.uses_tcp = True
        assert resolvers.resolver_for(one) is resolvers.resolver_for(same)
        assert resolvers.resolver_for(one) is not resolvers.resolver_for(other)
        assert isinstance(resolvers.resolver_for(one), CaresResolver)

    uvloop.run(compare())


def test_stats_are_there_from_the_start() -> None:
    async def make() -> StatsStore:
        stats = StatsStore()
        CaresResolvers(asyncio.get_running_loop(), stats)
        return stats

    stats = uvloop.run(make())
    names = {name.removeprefix("dns.cares.") for name in [*stats.counters, *stats.gauges]}
    assert names == {"resolve_total", "pending_resolutions", "not_found", "get_addr_failure", "timeouts", "reinits"}


def test_family_without_a_route_is_not_asked_for(server: DnsServer) -> None:
    asking = Asking(server.port)
    asking.settings.filters_unroutable_families = True
    asking.ask("both.test", LookupFamily.ALL)
    assert server.asked("both.test", A) == int(has_route(socket.AF_INET))
    assert server.asked("both.test", AAAA) == int(has_route(socket.AF_INET6))


def test_options_become_flags() -> None:
    settings = ResolverSettings()
    assert flags_of(settings) == 0
    settings.uses_tcp = True
    settings.no_default_search_domain = True
    assert flags_of(settings) == 0x1 | 0x20  # ares.h: ARES_FLAG_USEVC, ARES_FLAG_NOSEARCH


def test_this_machine_alone_means_the_system_knows_no_server() -> None:
    assert not knows_servers(["127.0.0.1:53"])
    assert not knows_servers([])
    assert knows_servers(["10.0.0.2:53"])


def test_fallback_servers_are_asked_only_in_need(server: DnsServer) -> None:
    asking = Asking(server.port)
    asking.settings.servers_are_fallback = True
    asking.settings.query_tries = 1

    known = knows_servers(pycares.Channel(sock_state_cb=lambda *_: None).servers)
    asking.ask("four.test", V4)
    assert (server.asked("four.test", A) == 0) == known


@pytest.mark.skipif(shutil.which("dnsmasq") is None, reason="needs dnsmasq")
def test_real_server_over_udp_and_tcp(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        "dnsmasq",
        "--keep-in-foreground",
        "--no-resolv",
        "--no-hosts",
        "--listen-address=127.0.0.1",
        "--bind-interfaces",
    ]
    command += [
        f"--port={port}",
        f"--pid-file={tmp_path}/pid",
        "--user=",
        "--host-record=real.test,10.1.2.3,fd00::9,77",
    ]
    server = subprocess.Popen(command, stderr=subprocess.DEVNULL)
    try:
        wait_for(port)
        for uses_tcp in (False, True):
            asking = Asking(port)
            asking.settings.uses_tcp = uses_tcp
            asking.settings.query_timeout_s = 2.0
            answer = asking.ask("real.test", LookupFamily.ALL)
            assert sorted(answer.ips) == ["10.1.2.3", "fd00::9"]
            assert answer.ttl_s == 77.0
            assert asking.ask("nowhere.test", LookupFamily.ALL).ips == []
    finally:
        server.terminate()
        server.wait()


def wait_for(port: int) -> None:
    """Until something listens there; dnsmasq opens TCP and UDP together."""
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise AssertionError("dnsmasq did not start")
