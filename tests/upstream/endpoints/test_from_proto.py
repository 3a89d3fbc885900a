import pytest

from portico.api.address import Address
from portico.api.errors import ConfigError, ConfigErrors
from portico.api.host import HealthFlag, Locality
from portico.config.protos import message_descriptor
from portico.upstream.endpoints.from_proto import (
    SUPPORTED,
    assignment,
    parse_assignment,
    resolved_assignment,
)
from portico.upstream.host_spec import Assignment
from tests.upstream.surroundings import assignment_message, endpoint


def of(groups: str, more: str = "") -> Assignment:
    return assignment(assignment_message(f"{{cluster_name: api, endpoints: {groups}{more}}}"))


def complaint(one: str) -> str:
    """About an assignment with one lb_endpoint."""
    with pytest.raises(ConfigErrors) as caught:
        of(f"[{{lb_endpoints: [{one}]}}]")
    return str(caught.value)


def test_endpoint_with_everything() -> None:
    made = of(
        """[{locality: {region: r, zone: z, sub_zone: s}, priority: 2, load_balancing_weight: 5, lb_endpoints: [
        {endpoint: {hostname: h, address: {socket_address: {address: 10.0.0.1, port_value: 80}}},
         health_status: DEGRADED, load_balancing_weight: 3,
         metadata: {filter_metadata: {envoy.lb: {canary: true, version: v1}}}}]}]"""
    )
    (spec,) = made.hosts
    assert spec.address == Address("10.0.0.1", 80)
    assert (spec.locality, spec.priority, spec.weight) == (Locality("r", "z", "s"), 2, 3)
    assert (spec.hostname, spec.canary) == ("h", True)
    assert spec.metadata == {"envoy.lb": {"canary": True, "version": "v1"}}
    assert spec.eds_health == HealthFlag.DEGRADED_EDS_HEALTH
    assert made.locality_weights == {(2, Locality("r", "z", "s")): 5}


def test_defaults() -> None:
    made = of(f"[{{lb_endpoints: [{endpoint(80)}]}}]")
    (spec,) = made.hosts
    assert (spec.weight, spec.priority, spec.hostname, spec.canary, spec.eds_health) == (1, 0, "", False, 0)
    assert (made.overprovisioning_percent, made.is_weighted_priority_health) == (140, False)


def test_policy_is_read() -> None:
    made = of("[]", ", policy: {overprovisioning_factor: 200, weighted_priority_health: true}")
    assert (made.overprovisioning_percent, made.is_weighted_priority_health) == (200, True)


def test_share_of_requests_to_drop() -> None:
    assert of("[]").drop_share == 0.0
    made = of("[]", drop("{category: a, drop_percentage: {numerator: 25, denominator: TEN_THOUSAND}}"))
    assert made.drop_share == 0.0025


@pytest.mark.parametrize(
    ("dropped", "text"),
    [
        ("{category: a, drop_percentage: {numerator: 110}}", "drop_ratio=1.1(Numerator 110 / Denominator 100)"),
        ("{category: a, drop_percentage: {}}, {category: b, drop_percentage: {}}", "config has 2 categories"),
    ],
)
def test_share_that_is_none_is_refused(dropped: str, text: str) -> None:
    with pytest.raises(ConfigError) as caught:
        of("[]", drop(dropped))
    assert caught.value.field_path.startswith("policy.drop_overloads")
    assert text in caught.value.message


def drop(dropped: str) -> str:
    return f", policy: {{drop_overloads: [{dropped}]}}"


@pytest.mark.parametrize(
    ("status", "flag"),
    [
        ("UNKNOWN", 0),
        ("HEALTHY", 0),
        ("UNHEALTHY", HealthFlag.FAILED_EDS_HEALTH),
        ("TIMEOUT", HealthFlag.FAILED_EDS_HEALTH),
        ("DRAINING", HealthFlag.EDS_STATUS_DRAINING),
        ("DEGRADED", HealthFlag.DEGRADED_EDS_HEALTH),
    ],
)
def test_health_status_becomes_a_flag(status: str, flag: int) -> None:
    one = endpoint(80)[:-1] + f", health_status: {status}}}"
    assert of(f"[{{lb_endpoints: [{one}]}}]").hosts[0].eds_health == flag


@pytest.mark.parametrize(
    ("written", "printed"),
    [("127.0.0.1", "127.0.0.1:80"), ("::1", "[::1]:80"), ("2001:DB8:0::0001", "[2001:db8::1]:80")],
)
def test_addresses_print_in_one_form(written: str, printed: str) -> None:
    assert of(f"[{{lb_endpoints: [{endpoint(80, written)}]}}]").hosts[0].address.text == printed


def test_unix_socket() -> None:
    made = of("[{lb_endpoints: [{endpoint: {address: {pipe: {path: '@abstract'}}}}]}]")
    assert made.hosts[0].address.is_pipe
    assert made.hosts[0].address.text == "@abstract"


HINT = ". Consider setting resolver_name or setting cluster type to 'STRICT_DNS' or 'LOGICAL_DNS'"
AT = "endpoints[0].lb_endpoints[0].endpoint.address"


def test_name_in_place_of_an_address() -> None:
    text = complaint(endpoint(80, "foo"))
    assert text == f"{AT}.socket_address.address: malformed IP address: foo{HINT}"


@pytest.mark.parametrize(
    ("one", "text"),
    [
        (
            "{endpoint: {address: {socket_address: {address: 127.0.0.1, named_port: http}}}}",
            f"{AT}.socket_address.named_port: IP resolver can't handle port specifier type 4{HINT}",
        ),
        ("{endpoint: {}}", f"{AT}: Address must be set{HINT}"),
        (
            "{endpoint: {address: {socket_address: {address: a, port_value: 1, resolver_name: mine}}}}",
            f"{AT}.socket_address.resolver_name: Unknown address resolver: mine{HINT}",
        ),
        (
            "{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1, protocol: UDP}}}}",
            f"{AT}.socket_address.protocol: UDP is not implemented yet, allowed: TCP{HINT}",
        ),
        (
            "{endpoint_name: e}",
            "endpoints[0].lb_endpoints[0].endpoint_name: named endpoints are not implemented yet: give 'endpoint'",
        ),
        (
            "{endpoint: {address: {envoy_internal_address: {server_listener_name: l}}}}",
            f"{AT}.envoy_internal_address: internal listeners are not implemented yet",
        ),
    ],
)
def test_address_that_cannot_be_connected_to(one: str, text: str) -> None:
    assert complaint(one) == text


def test_every_bad_endpoint_is_named() -> None:
    with pytest.raises(ConfigErrors) as caught:
        of(f"[{{lb_endpoints: [{endpoint(1, 'a')}, {endpoint(1)}]}}, {{lb_endpoints: [{endpoint(1, 'b')}]}}]")
    assert [
        error.field_path.removesuffix(".endpoint.address.socket_address.address") for error in caught.value.errors
    ] == [
        "endpoints[0].lb_endpoints[0]",
        "endpoints[1].lb_endpoints[0]",
    ]


def test_resolved_assignment_has_an_endpoint_for_each_address() -> None:
    named = endpoint(80, "b.test").replace("{endpoint: {", "{load_balancing_weight: 7, endpoint: {hostname: h, ")
    message = assignment_message(
        f"""{{cluster_name: api, policy: {{overprovisioning_factor: 150}}, endpoints: [
        {{locality: {{zone: z}}, priority: 1, lb_endpoints: [{endpoint(80, "a.test")}, {named}]}},
        {{lb_endpoints: [{endpoint(80, "c.test")}]}}]}}"""
    )
    before = message.SerializeToString()
    addresses = {(0, 0): [Address("10.0.0.1", 80), Address("fd00::1", 80)], (0, 1): [Address("10.0.0.2", 80)]}
    made = parse_assignment(resolved_assignment(message, addresses).SerializeToString())
    told = [(each.address.text, each.hostname, each.weight, each.priority, each.locality.zone) for each in made.hosts]
    assert told == [
        ("10.0.0.1:80", "a.test", 1, 1, "z"),
        ("[fd00::1]:80", "a.test", 1, 1, "z"),
        ("10.0.0.2:80", "h", 7, 1, "z"),
    ]
    assert made.overprovisioning_percent == 150
    assert message.SerializeToString() == before


def test_supported_fields_exist() -> None:
    for name, fields in SUPPORTED.items():
        descriptor = message_descriptor(name)
        assert descriptor is not None, name
        assert fields <= set(descriptor.fields_by_name), name
