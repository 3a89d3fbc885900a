"""Hosts as /config_dump?include_eds shows them. The expectations are Envoy 1.40's answers."""

from typing import Any

from google.protobuf import json_format

from portico.config.protos import message_class
from portico.main.endpoint_dump import endpoint_dump


def dumped(assignment: dict[str, Any], zone: str = "", is_discovered: bool = False) -> dict[str, Any]:
    message = message_class("envoy.config.endpoint.v3.ClusterLoadAssignment")()
    json_format.ParseDict(assignment, message)
    local = message_class("envoy.config.core.v3.Locality")(zone=zone)
    made = json_format.MessageToDict(
        endpoint_dump("c", message, local, is_discovered), preserving_proto_field_name=True
    )
    return dict(made)


def endpoint(port: int, **more: Any) -> dict[str, Any]:
    return {"endpoint": {"address": {"socket_address": {"address": "127.0.0.1", "port_value": port}}}, **more}


def ports(group: dict[str, Any]) -> list[int]:
    return [each["endpoint"]["address"]["socket_address"]["port_value"] for each in group["lb_endpoints"]]


def test_defaults_are_written_out() -> None:
    shown = dumped({"cluster_name": "other", "endpoints": [{"lb_endpoints": [endpoint(1)]}]})
    assert shown["cluster_name"] == "c"
    assert shown["policy"] == {"overprovisioning_factor": 140}
    (group,) = shown["endpoints"]
    assert (group["locality"], group["load_balancing_weight"]) == ({}, 0)
    (host,) = group["lb_endpoints"]
    assert (host["health_status"], host["load_balancing_weight"]) == ("HEALTHY", 1)
    assert host["endpoint"]["health_check_config"] == {}
    assert "metadata" not in host


def test_shares_to_drop_are_in_millionths() -> None:
    drop = {"category": "x", "drop_percentage": {"numerator": 1, "denominator": "HUNDRED"}}
    (shown,) = dumped({"policy": {"drop_overloads": [drop]}})["policy"]["drop_overloads"]
    assert shown == {"category": "x", "drop_percentage": {"numerator": 10000, "denominator": "MILLION"}}


def test_a_discovered_host_has_metadata_of_its_own() -> None:
    shown = dumped({"endpoints": [{"lb_endpoints": [endpoint(1)]}]}, is_discovered=True)
    assert shown["endpoints"][0]["lb_endpoints"][0]["metadata"] == {}


def test_health_is_what_balancing_makes_of_it() -> None:
    stated = ["UNKNOWN", "HEALTHY", "UNHEALTHY", "DRAINING", "TIMEOUT", "DEGRADED"]
    hosts = [endpoint(1, health_status=each) for each in stated]
    (group,) = dumped({"endpoints": [{"lb_endpoints": hosts}]})["endpoints"]
    shown = [each["health_status"] for each in group["lb_endpoints"]]
    assert shown == ["HEALTHY", "HEALTHY", "UNHEALTHY", "UNHEALTHY", "UNHEALTHY", "DEGRADED"]


def test_localities_are_gathered_the_own_one_first() -> None:
    groups = [
        {"locality": {"zone": "c"}, "load_balancing_weight": 3, "lb_endpoints": [endpoint(1)]},
        {"locality": {"zone": "a"}, "lb_endpoints": [endpoint(2)]},
        {"locality": {"zone": "b"}, "lb_endpoints": [endpoint(3)]},
        {"locality": {"zone": "c"}, "lb_endpoints": [endpoint(4)]},
        {"priority": 1, "lb_endpoints": [endpoint(5)]},
        {"locality": {"zone": "gone"}},
    ]
    shown = dumped({"endpoints": groups}, zone="b")["endpoints"]
    assert [(each["locality"].get("zone"), ports(each)) for each in shown] == [
        ("b", [3]),
        ("a", [2]),
        ("c", [1, 4]),
        (None, [5]),
    ]
    assert [each["load_balancing_weight"] for each in shown] == [0, 0, 3, 0]
    assert shown[-1]["priority"] == 1
