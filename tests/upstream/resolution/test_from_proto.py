from typing import Any

import pytest

from portico.api.dns import LookupFamily
from portico.api.errors import ConfigError, ConfigErrors
from portico.api.host import Locality
from portico.config.protos import message_descriptor
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock
from portico.upstream.cluster_config import DiscoveryType
from portico.upstream.dns_discovery import DnsServices
from portico.upstream.dns_settings import DnsSettings
from portico.upstream.endpoints.from_proto import parse_assignment
from portico.upstream.host_spec import Assignment
from portico.upstream.resolution.from_proto import (
    CARES,
    DNS_CLUSTER,
    SUPPORTED,
    discovery_type,
    dns_discovery,
    dns_settings,
)
from tests.upstream.surroundings import CountingRandom, FakeResolver, cluster_message, endpoint


def named(*names: str, group: str = "") -> str:
    listed = ", ".join(endpoint(80, name) for name in names)
    groups = f"[{{{group}lb_endpoints: [{listed}]}}]"
    return f"{{name: api, type: STRICT_DNS, load_assignment: {{cluster_name: api, endpoints: {groups}}}}}"


def settings(text: str = "", **fields: Any) -> DnsSettings:
    message = cluster_message(text or named("api.test"), **fields)
    return dns_settings(message, discovery_type(message))


def complaint(text: str = "", **fields: Any) -> str:
    with pytest.raises((ConfigError, ConfigErrors)) as caught:
        settings(text, **fields)
    return str(caught.value)


def any_of(type_name: str, **fields: Any) -> dict[str, Any]:
    return {"name": "x", "typed_config": {"@type": f"type.googleapis.com/{type_name}", **fields}}


def server(address: str, port: int = 53) -> dict[str, Any]:
    return {"socket_address": {"address": address, "port_value": port}}


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({}, DiscoveryType.STATIC),
        ({"type": "STRICT_DNS"}, DiscoveryType.STRICT_DNS),
        ({"type": "LOGICAL_DNS"}, DiscoveryType.LOGICAL_DNS),
        ({"cluster_type": {"name": "envoy.cluster.static"}}, DiscoveryType.STATIC),
        ({"cluster_type": {"name": "envoy.cluster.strict_dns"}}, DiscoveryType.STRICT_DNS),
        ({"cluster_type": {"name": "envoy.cluster.logical_dns"}}, DiscoveryType.LOGICAL_DNS),
        ({"cluster_type": any_of(DNS_CLUSTER)}, DiscoveryType.STRICT_DNS),
        ({"cluster_type": any_of(DNS_CLUSTER, all_addresses_in_single_endpoint=True)}, DiscoveryType.LOGICAL_DNS),
    ],
)
def test_discovery_type(fields: dict[str, Any], expected: DiscoveryType) -> None:
    assert discovery_type(cluster_message("{name: api}", **fields)) is expected


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"type": "EDS"}, "eds_cluster_config: cannot create an EDS cluster without an EDS config"),
        (
            {"type": "ORIGINAL_DST"},
            "type: clusters of type ORIGINAL_DST are not implemented yet, allowed: STATIC, STRICT_DNS, LOGICAL_DNS",
        ),
    ],
)
def test_types_that_are_refused(fields: dict[str, Any], text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        discovery_type(cluster_message("{name: api}", **fields))
    assert str(caught.value) == text


def test_unknown_cluster_type_lists_the_known() -> None:
    with pytest.raises(ConfigError) as caught:
        discovery_type(cluster_message("{name: api, cluster_type: {name: envoy.clusters.static}}"))
    assert "implementation for name: 'envoy.clusters.static'; known: envoy.cluster.static, " in str(caught.value)


def test_older_fields() -> None:
    made = settings(
        dns_refresh_rate="1s",
        dns_failure_refresh_rate={"base_interval": "2s", "max_interval": "7s"},
        dns_jitter="0.5s",
        respect_dns_ttl=True,
        dns_lookup_family="V4_PREFERRED",
        dns_resolvers=[server("10.0.0.53", 5353), server("fd00::53", 0)],
        use_tcp_for_dns_lookups=True,
    )
    assert (made.refresh_s, made.failure_base_s, made.failure_max_s, made.jitter_s) == (1.0, 2.0, 7.0, 0.5)
    assert made.respects_ttl
    assert made.family is LookupFamily.V4_PREFERRED
    assert [each.text for each in made.resolver.servers] == ["10.0.0.53:5353", "[fd00::53]:53"]
    assert made.resolver.uses_tcp
    assert [repr(target) for target in made.targets] == ["DnsTarget(api.test:80)"]


def test_failure_rate_is_capped_at_ten_times_its_base() -> None:
    assert settings(dns_failure_refresh_rate={"base_interval": "2s"}).failure_max_s == 20.0


def test_cares_resolver_goes_before_older_fields() -> None:
    made = settings(
        dns_resolvers=[server("10.0.0.1")],
        typed_dns_resolver_config=any_of(
            CARES,
            resolvers=[server("10.0.0.2")],
            use_resolvers_as_fallback=True,
            filter_unroutable_families=True,
            rotate_nameservers=True,
            query_timeout_seconds=2,
            query_tries=1,
            dns_resolver_options={"use_tcp_for_dns_lookups": True, "no_default_search_domain": True},
        ),
    ).resolver
    assert [each.text for each in made.servers] == ["10.0.0.2:53"]
    assert made.servers_are_fallback
    assert made.filters_unroutable_families
    assert made.rotates_servers
    assert (made.query_timeout_s, made.query_tries) == (2.0, 1)
    assert made.uses_tcp
    assert made.no_default_search_domain


def test_resolution_config_goes_before_the_oldest_fields() -> None:
    made = settings(
        dns_resolvers=[server("10.0.0.1")],
        dns_resolution_config={
            "resolvers": [server("10.0.0.2")],
            "dns_resolver_options": {"no_default_search_domain": True},
        },
    ).resolver
    assert [each.text for each in made.servers] == ["10.0.0.2:53"]
    assert made.no_default_search_domain


def test_dns_cluster_extension() -> None:
    fields = {
        "dns_refresh_rate": "1s",
        "dns_min_refresh_rate": "2s",
        "dns_failure_refresh_rate": {"base_interval": "3s"},
        "respect_dns_ttl": True,
        "dns_jitter": "4s",
        "dns_lookup_family": "ALL",
        "typed_dns_resolver_config": any_of(CARES, resolvers=[server("10.0.0.2")]),
    }
    text = named("api.test").replace("type: STRICT_DNS, ", "")
    made = settings(text, cluster_type=any_of(DNS_CLUSTER, **fields))
    assert (made.refresh_s, made.min_refresh_s, made.failure_base_s, made.jitter_s) == (1.0, 2.0, 3.0, 4.0)
    assert made.family is LookupFamily.ALL
    assert made.resolver.servers[0].text == "10.0.0.2:53"


@pytest.mark.parametrize("names", [[], ["a.test", "b.test"]])
def test_logical_cluster_has_one_endpoint(names: list[str]) -> None:
    text = complaint(named(*names).replace("STRICT", "LOGICAL"))
    expected = "LOGICAL_DNS clusters must have a single locality_lb_endpoint and a single lb_endpoint"
    assert text == f"load_assignment.endpoints: {expected}, got 1 and {len(names)}"


def test_endpoint_must_have_a_name_to_resolve() -> None:
    groups = "[{lb_endpoints: [{endpoint: {address: {pipe: {path: /x}}}}]}]"
    text = complaint(f"{{name: api, type: STRICT_DNS, load_assignment: {{cluster_name: api, endpoints: {groups}}}}}")
    assert text.startswith("load_assignment.endpoints[0].lb_endpoints[0].endpoint.address: must be a socket_address")


def test_custom_resolver_name_is_refused_in_envoys_words() -> None:
    text = named("api.test").replace("port_value: 80", "port_value: 80, resolver_name: mine")
    assert complaint(text).endswith("resolver_name: STRICT_DNS clusters must NOT have a custom resolver name set")


def test_resolver_must_be_an_address() -> None:
    text = complaint(dns_resolvers=[server("ns.test")])
    assert text == "dns_resolvers[0].socket_address.address: malformed IP address: ns.test"


def test_failure_rate_must_not_shrink() -> None:
    text = complaint(dns_failure_refresh_rate={"base_interval": "5s", "max_interval": "1s"})
    assert text.endswith("must have max_interval greater than or equal to the base_interval")


def test_unknown_resolver_names_the_known_one() -> None:
    text = complaint(typed_dns_resolver_config=any_of("envoy.type.v3.Percent"))
    assert text.endswith(f"with type URL: 'envoy.type.v3.Percent'; known: {CARES}")


class Discovered:
    """What main would send to its workers."""

    def __init__(self, text: str, **fields: Any) -> None:
        self.resolver = FakeResolver()
        self.stats = StatsStore()
        self.sent: list[tuple[str, Assignment]] = []
        services = DnsServices(self.resolver.resolver_for, FakeClock(), CountingRandom(), self.stats)
        self.discovery = dns_discovery(cluster_message(text, **fields), services, self.on_assignment)

    def on_assignment(self, cluster: str, serialized: bytes) -> None:
        self.sent.append((cluster, parse_assignment(serialized)))


def test_static_cluster_needs_no_discovery() -> None:
    assert Discovered("{name: api}").discovery is None


def test_answer_becomes_an_assignment() -> None:
    talk = Discovered(named("api.test", group="locality: {zone: z}, priority: 1, "), alt_stat_name="other")
    assert talk.discovery is not None
    talk.discovery.start()
    talk.resolver.last.answer("10.0.0.1", "10.0.0.2")
    ((cluster, assignment),) = talk.sent
    assert cluster == "api"
    assert [each.address.text for each in assignment.hosts] == ["10.0.0.1:80", "10.0.0.2:80"]
    assert {(each.hostname, each.locality, each.priority) for each in assignment.hosts} == {
        ("api.test", Locality("", "z"), 1)
    }
    assert talk.stats.counters["cluster.other.update_success"].value == 1


def test_logical_host_is_of_priority_0() -> None:
    talk = Discovered(named("api.test", group="priority: 3, ").replace("STRICT", "LOGICAL"))
    assert talk.discovery is not None
    talk.discovery.start()
    talk.resolver.last.answer("10.0.0.1", "10.0.0.2")
    ((_, assignment),) = talk.sent
    assert [(each.address.text, each.priority) for each in assignment.hosts] == [("10.0.0.1:80", 0)]


def test_supported_fields_exist() -> None:
    for name, fields in SUPPORTED.items():
        descriptor = message_descriptor(name)
        assert descriptor is not None, name
        assert fields <= set(descriptor.fields_by_name), name
