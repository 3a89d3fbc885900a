from typing import Any

import pytest

from portico.api.errors import ConfigErrors
from portico.api.upstream import ResourcePriority
from portico.config.protos import message_descriptor
from portico.extensions.load_balancing_policies.least_request import FewestOfSome, WeightedByLoad
from portico.extensions.load_balancing_policies.random import RandomPick
from portico.extensions.load_balancing_policies.round_robin import Rotation, WeightedRotation
from portico.upstream.cluster_config import ClusterConfig, DiscoveryType
from portico.upstream.from_proto import SUPPORTED, cluster_config, parse_cluster
from tests.upstream.surroundings import Process, cluster_message, endpoint, host, static

POLICIES = "envoy.extensions.load_balancing_policies."


def config(text: str = "", **fields: Any) -> ClusterConfig:
    return cluster_config(cluster_message(text or static(80), **fields), Process().server)


def complaints(text: str = "", **fields: Any) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        config(text, **fields)
    return [str(error) for error in caught.value.errors]


def extension(name: str, type_name: str, **fields: Any) -> dict[str, Any]:
    return {"name": name, "typed_config": {"@type": f"type.googleapis.com/{type_name}", **fields}}


def policies(*extensions: dict[str, Any]) -> dict[str, Any]:
    return {"policies": [{"typed_extension_config": each} for each in extensions]}


def test_defaults_are_envoys() -> None:
    made = config()
    assert made.discovery is DiscoveryType.STATIC
    assert made.info.connect_timeout_s == 5.0
    assert made.info.per_connection_buffer_limit_bytes == 1024 * 1024
    assert made.panic_threshold_percent == 50.0
    assert made.connect_options.timeout_s == 5.0
    assert made.connect_options.source is None
    assert made.connect_options.socket_options == []


def test_plain_fields() -> None:
    made = config(
        alt_stat_name="other:name",
        connect_timeout="0.25s",
        per_connection_buffer_limit_bytes=32768,
        metadata={"filter_metadata": {"ns": {"k": [1, True]}}},
        wait_for_warm_on_init=False,
        common_lb_config={"healthy_panic_threshold": {"value": 12.5}, "close_connections_on_host_set_change": True},
    )
    info = made.info
    assert (info.name, info.observability_name) == ("api", "other:name")
    assert (info.connect_timeout_s, info.per_connection_buffer_limit_bytes) == (0.25, 32768)
    assert info.metadata == {"ns": {"k": [1.0, True]}}
    assert info.scope.counter("x").name == "cluster.other_name.x"
    assert made.panic_threshold_percent == 12.5
    assert made.closes_connections_on_host_change
    assert not made.waits_for_first_hosts
    assert made.connect_options.timeout_s == 0.25
    assert made.connect_options.buffer_limit_bytes == 32768


def test_first_thresholds_of_a_priority_count() -> None:
    rows = [
        {"max_connections": 1, "max_pending_requests": 2, "max_requests": 3, "max_retries": 4, "track_remaining": True},
        {"max_connections": 9},
        {"priority": "HIGH", "max_connection_pools": 5, "retry_budget": {"budget_percent": {"value": 30}}},
    ]
    made = config(circuit_breakers={"thresholds": rows}).thresholds
    default, high = made[ResourcePriority.DEFAULT], made[ResourcePriority.HIGH]
    assert (default.max_connections, default.max_pending_requests, default.max_requests) == (1, 2, 3)
    assert (default.max_retries, default.track_remaining) == (4, True)
    assert default.retry_budget_percent < 0
    assert (high.max_connections, high.max_connection_pools) == (1024, 5)
    assert (high.retry_budget_percent, high.min_retry_concurrency) == (30.0, 3)


def test_retry_budget_defaults() -> None:
    made = config(circuit_breakers={"thresholds": [{"retry_budget": {"min_retry_concurrency": 7}}]})
    chosen = made.thresholds[ResourcePriority.DEFAULT]
    assert (chosen.retry_budget_percent, chosen.min_retry_concurrency) == (20.0, 7)


@pytest.mark.parametrize(
    ("lb_policy", "even", "uneven"),
    [
        ("ROUND_ROBIN", Rotation, WeightedRotation),
        ("LEAST_REQUEST", FewestOfSome, WeightedByLoad),
        ("RANDOM", RandomPick, RandomPick),
    ],
)
def test_lb_policy_chooses_the_extension(lb_policy: str, even: type, uneven: type) -> None:
    policy = config(lb_policy=lb_policy).policy
    assert isinstance(policy.picker([host(1), host(2)]), even)
    assert isinstance(policy.picker([host(1), host(2, weight=2)]), uneven)
    assert not policy.is_locality_weighted


@pytest.mark.parametrize("lb_policy", ["ROUND_ROBIN", "LEAST_REQUEST", "RANDOM"])
def test_older_locality_weighting_reaches_the_extension(lb_policy: str) -> None:
    assert config(lb_policy=lb_policy, common_lb_config={"locality_weighted_lb_config": {}}).policy.is_locality_weighted


def test_first_known_policy_of_a_list_counts() -> None:
    chosen = policies(
        extension("unknown", "envoy.type.v3.Percent"),
        extension("random", POLICIES + "random.v3.Random", locality_lb_config={"locality_weighted_lb_config": {}}),
        extension("rr", POLICIES + "round_robin.v3.RoundRobin"),
    )
    policy = config(lb_policy="MAGLEV", load_balancing_policy=chosen).policy
    assert isinstance(policy.picker([host(1)]), RandomPick)
    assert policy.is_locality_weighted


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        (
            {"lb_policy": "MAGLEV"},
            "lb_policy: MAGLEV is not implemented yet, allowed: ROUND_ROBIN, LEAST_REQUEST, RANDOM",
        ),
        (
            {"lb_policy": "CLUSTER_PROVIDED"},
            (
                "lb_policy: cluster provided LB specified but cluster 'api' did not provide one. "
                "Check cluster documentation."
            ),
        ),
        (
            {"lb_policy": "LOAD_BALANCING_POLICY_CONFIG"},
            "load_balancing_policy: cluster: field load_balancing_policy need to be set",
        ),
        (
            {
                "load_balancing_policy": policies(
                    extension("a", "envoy.type.v3.Percent"), extension("b", "envoy.type.v3.Percent")
                )
            },
            (
                "load_balancing_policy.policies: cluster: didn't find a registered load balancer factory "
                "implementation for cluster: 'api' with names from [a, b]"
            ),
        ),
        (
            {"transport_socket": {"name": "envoy.transport_sockets.raw_buffer"}},
            (
                "transport_socket: Didn't find a registered implementation for 'envoy.transport_sockets.raw_buffer' "
                "with type URL: ''"
            ),
        ),
        (
            {
                "transport_socket": extension(
                    "tls", "envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext", sni="api"
                )
            },
            (
                "transport_socket.typed_config: 'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext' "
                "is not implemented yet, allowed: envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
            ),
        ),
        ({"transport_socket_matches": [{"name": "m"}]}, "transport_socket_matches: is not implemented yet"),
        ({"http2_protocol_options": {}}, "http2_protocol_options: HTTP/2 upstreams are not implemented yet"),
        (
            {"upstream_bind_config": {"source_address": {"address": "foo", "port_value": 0}}},
            "upstream_bind_config.source_address.address: malformed IP address: foo",
        ),
        (
            {"lb_policy": "LEAST_REQUEST", "least_request_lb_config": {"active_request_bias": {"default_value": -1}}},
            "active_request_bias: must be >= 0.0, got -1.0",
        ),
    ],
)
def test_refused(fields: dict[str, Any], text: str) -> None:
    assert complaints(**fields) == [f"cluster 'api': {text}"]


def test_everything_wrong_is_reported_at_once() -> None:
    text = (
        f"{{name: api, load_assignment: {{cluster_name: api, endpoints: [{{lb_endpoints: [{endpoint(80, 'foo')}]}}]}}}}"
    )
    found = complaints(text, lb_policy="MAGLEV", http2_protocol_options={})
    assert [each.split(": ")[1] for each in found] == [
        "load_assignment.endpoints[0].lb_endpoints[0].endpoint.address.socket_address.address",
        "lb_policy",
        "http2_protocol_options",
    ]
    assert "malformed IP address: foo. Consider setting resolver_name or" in found[0]


def test_dns_cluster_is_checked_where_it_is_not_resolved() -> None:
    assert complaints("{name: api, type: LOGICAL_DNS}") == [
        (
            "cluster 'api': load_assignment.endpoints: LOGICAL_DNS clusters must have a single locality_lb_endpoint "
            "and a single lb_endpoint, got 0 and 0"
        )
    ]


def test_raw_buffer_is_what_we_do() -> None:
    raw = extension("any name", "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer")
    assert config(transport_socket=raw).info.name == "api"


def test_sockets_are_set_up_as_configured() -> None:
    made = config(
        upstream_bind_config={
            "source_address": {"address": "127.0.0.2", "port_value": 0},
            "freebind": True,
            "socket_options": [
                {"level": 1, "name": 2, "int_value": 3},
                {"level": 4, "name": 5, "buf_value": "eA==", "state": "STATE_BOUND"},
                {"level": 6, "name": 7, "int_value": 8, "state": "STATE_LISTENING"},
            ],
        },
        upstream_connection_options={"tcp_keepalive": {"keepalive_probes": 3}},
    ).connect_options
    assert made.source is not None
    assert made.source.text == "127.0.0.2:0"
    assert made.socket_options[0] == (0, 15, 1)  # IP_FREEBIND
    assert made.socket_options[1:3] == [(1, 2, 3), (4, 5, b"x")]
    assert len(made.socket_options) == 5  # SO_KEEPALIVE and TCP_KEEPCNT


def test_message_comes_from_its_bytes() -> None:
    message = cluster_message(static(80))
    assert parse_cluster(message.SerializeToString()) == message


def test_supported_fields_exist() -> None:
    for name, fields in SUPPORTED.items():
        descriptor = message_descriptor(name)
        assert descriptor is not None, name
        assert fields <= set(descriptor.fields_by_name), name
