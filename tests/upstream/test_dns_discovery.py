import pytest

from portico.api.address import Address
from portico.api.dns import DnsAnswer
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock
from portico.upstream.dns_discovery import DnsDiscovery, DnsServices, addresses_of, is_failure, refresh_delay_s
from portico.upstream.dns_settings import DnsSettings, DnsTarget, Place
from tests.upstream.surroundings import CountingRandom, FakeResolver


class Dialogue:
    """A discovery of the given names on port 80, and what it told."""

    def __init__(self, *names: str, is_logical: bool = False) -> None:
        self.clock = FakeClock()
        self.resolver = FakeResolver()
        self.random = CountingRandom()
        self.stats = StatsStore()
        self.settings = DnsSettings("api", is_logical)
        self.settings.targets = [DnsTarget((0, index), name, 80) for index, name in enumerate(names)]
        self.told: list[dict[Place, list[str]]] = []

    def start(self) -> DnsDiscovery:
        services = DnsServices(self.resolver.resolver_for, self.clock, self.random, self.stats)
        discovery = DnsDiscovery(self.settings, services, self.stats.scope("cluster").scope("api"), self.on_addresses)
        discovery.start()
        return discovery

    def on_addresses(self, addresses: dict[Place, list[Address]]) -> None:
        self.told.append({place: [each.text for each in found] for place, found in addresses.items()})

    def updates(self) -> dict[str, int]:
        prefix = "cluster.api.update_"
        return {name.removeprefix(prefix): each.value for name, each in self.stats.counters.items() if each.value}


def test_every_address_is_told_with_the_port() -> None:
    talk = Dialogue("api.test")
    talk.start()
    talk.resolver.last.answer("10.0.0.1", "10.0.0.2", "fd00::1")
    assert talk.told == [{(0, 0): ["10.0.0.1:80", "10.0.0.2:80", "[fd00::1]:80"]}]
    assert talk.updates() == {"attempt": 1, "success": 1}


def test_asks_again_after_the_refresh_rate() -> None:
    talk = Dialogue("api.test")
    talk.start()
    talk.resolver.last.answer("10.0.0.1")
    talk.clock.advance(4.9)
    assert len(talk.resolver.queries) == 1
    talk.clock.advance(0.2)
    assert len(talk.resolver.queries) == 2


def test_same_answer_in_another_order_is_not_told_again() -> None:
    talk = Dialogue("api.test")
    talk.start()
    talk.resolver.last.answer("10.0.0.1", "10.0.0.2")
    talk.clock.advance(5)
    talk.resolver.last.answer("10.0.0.2", "10.0.0.1")
    assert len(talk.told) == 1
    assert talk.updates() == {"attempt": 2, "success": 2, "no_rebuild": 1}


def test_failure_keeps_the_last_set() -> None:
    talk = Dialogue("api.test")
    talk.start()
    talk.resolver.last.answer("10.0.0.1")
    talk.clock.advance(5)
    talk.resolver.last.fail()
    assert len(talk.told) == 1
    assert talk.updates() == {"attempt": 2, "success": 1, "failure": 1}
    assert talk.clock.deadlines() == [5.0]


def test_first_failure_is_told_as_no_hosts() -> None:
    talk = Dialogue("api.test")
    talk.start()
    talk.resolver.last.fail()
    assert talk.told == [{(0, 0): []}]
    talk.clock.advance(5)
    talk.resolver.last.fail()
    assert len(talk.told) == 1


def test_name_without_addresses_empties_a_strict_cluster() -> None:
    """Envoy 1.40, NXDOMAIN and no data alike."""
    talk = Dialogue("api.test")
    talk.start()
    talk.resolver.last.answer("10.0.0.1")
    talk.clock.advance(5)
    talk.resolver.last.answer()
    assert talk.told[-1] == {(0, 0): []}
    assert talk.updates() == {"attempt": 2, "success": 2}


def test_logical_host_is_the_first_address() -> None:
    talk = Dialogue("api.test", is_logical=True)
    talk.start()
    talk.resolver.last.answer("10.0.0.1", "10.0.0.2")
    talk.clock.advance(5)
    talk.resolver.last.answer("10.0.0.2", "10.0.0.1")
    assert talk.told == [{(0, 0): ["10.0.0.1:80"]}, {(0, 0): ["10.0.0.2:80"]}]


def test_logical_host_stays_when_its_name_has_no_address() -> None:
    """Envoy 1.40 counts that as a failure."""
    talk = Dialogue("api.test", is_logical=True)
    talk.start()
    talk.resolver.last.answer("10.0.0.1")
    talk.clock.advance(5)
    talk.resolver.last.answer()
    assert len(talk.told) == 1
    assert talk.updates() == {"attempt": 2, "success": 1, "failure": 1}


def test_each_name_is_told_with_what_the_others_have() -> None:
    talk = Dialogue("a.test", "b.test")
    talk.start()
    first, second = talk.resolver.queries
    first.answer("10.0.0.1")
    assert talk.told[-1] == {(0, 0): ["10.0.0.1:80"], (0, 1): []}
    second.answer("10.0.0.2")
    assert talk.told[-1] == {(0, 0): ["10.0.0.1:80"], (0, 1): ["10.0.0.2:80"]}


def test_time_to_live_replaces_the_rate_when_it_counts() -> None:
    talk = Dialogue("api.test")
    talk.settings.respects_ttl = True
    talk.start()
    talk.resolver.last.answer("10.0.0.1", ttl_s=30.0)
    assert talk.clock.deadlines() == [30.0]


@pytest.mark.parametrize(
    ("answer", "expected_s"),
    [
        (DnsAnswer(["10.0.0.1"], 30.0), 30.0),
        (DnsAnswer(["10.0.0.1"], 0.0), 5.0),  # /etc/hosts knows no time to live
        (DnsAnswer(["10.0.0.1"], 1.0), 2.0),
        (DnsAnswer([]), 5.0),
    ],
)
def test_refresh_delay(answer: DnsAnswer, expected_s: float) -> None:
    settings = DnsSettings("api", is_logical=False)
    settings.respects_ttl = True
    settings.min_refresh_s = 2.0
    assert refresh_delay_s(answer, settings) == expected_s


def test_failures_back_off_with_jitter_until_an_answer() -> None:
    talk = Dialogue("api.test")
    talk.settings.failure_base_s = 1.0
    talk.settings.failure_max_s = 3.0
    talk.random.is_largest = True
    talk.start()
    delays = []
    for _ in range(4):
        talk.resolver.last.fail()
        delays.append(round(talk.clock.deadlines()[0], 3))
        talk.clock.advance(10)
    assert delays == [1.0, 2.0, 3.0, 3.0]
    talk.resolver.last.answer("10.0.0.1")
    talk.clock.advance(5)
    talk.resolver.last.fail()
    assert round(talk.clock.deadlines()[0], 3) == 1.0


def test_backoff_may_be_anything_below() -> None:
    talk = Dialogue("api.test")
    talk.settings.failure_base_s = 1.0
    talk.settings.failure_max_s = 3.0
    talk.random.next = 250_000
    talk.start()
    talk.resolver.last.fail()
    assert talk.clock.deadlines() == [0.25]


def test_jitter_is_added_to_the_rate() -> None:
    talk = Dialogue("api.test")
    talk.settings.jitter_s = 2.0
    talk.random.next = 1_500_000
    talk.start()
    talk.resolver.last.answer("10.0.0.1")
    assert talk.clock.deadlines() == [6.5]


def test_stopped_discovery_asks_and_waits_for_nothing() -> None:
    talk = Dialogue("a.test", "b.test")
    discovery = talk.start()
    talk.resolver.queries[0].answer("10.0.0.1")
    discovery.stop()
    assert talk.resolver.queries[1].is_cancelled
    assert talk.clock.deadlines() == []


def test_cluster_without_names_is_ready_at_once() -> None:
    talk = Dialogue()
    talk.start()
    assert talk.told == [{}]


def test_addresses_are_told_once_each() -> None:
    assert [each.text for each in addresses_of(DnsAnswer(["10.0.0.1", "10.0.0.1"]), 80, False)] == ["10.0.0.1:80"]


def test_only_a_logical_host_fails_for_want_of_addresses() -> None:
    assert is_failure(DnsAnswer([]), is_logical=True)
    assert not is_failure(DnsAnswer([]), is_logical=False)
    assert is_failure(DnsAnswer([], error="Timeout"), is_logical=False)


def test_repr_says_what_is_known() -> None:
    talk = Dialogue("a.test", "b.test")
    discovery = talk.start()
    talk.resolver.queries[0].answer("10.0.0.1")
    talk.resolver.queries[1].fail("Timeout")
    assert repr(discovery) == (
        "DnsDiscovery(api: [Resolution(a.test: [Address(10.0.0.1:80)]), Resolution(b.test: Timeout)])"
    )
