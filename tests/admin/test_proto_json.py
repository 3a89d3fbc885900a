from typing import Any

from portico.admin.proto_json import document
from portico.config.proto_pool import message_class


def cluster() -> Any:
    made = message_class("envoy.config.cluster.v3.Cluster")(name="a")
    made.connect_timeout.FromMilliseconds(250)
    made.outlier_detection.SetInParent()
    return made


def test_names_are_the_protos_and_ordered_by_number() -> None:
    shown = document(cluster())
    assert list(shown.items()) == [("name", "a"), ("connect_timeout", "0.250s"), ("outlier_detection", {})]


def test_unset_fields_are_shown_on_demand_in_their_place() -> None:
    address = message_class("envoy.config.core.v3.SocketAddress")(address="::1")
    address.port_value = 80
    shown = document(address, print_defaults=True)
    assert list(shown.items())[:3] == [("protocol", "TCP"), ("address", "::1"), ("port_value", 80)]
    assert shown["ipv4_compat"] is False


def test_structs_and_maps_keep_their_own_order_of_keys() -> None:
    node = message_class("envoy.config.core.v3.Node")(id="n")
    node.metadata.update({"z": 1, "a": 2})
    assert document(node, print_defaults=True)["metadata"] == {"z": 1, "a": 2}


def test_whole_numbers_have_no_point() -> None:
    struct = message_class("google.protobuf.Struct")()
    struct.update({"a": 7, "b": 1.5, "c": [2, {"d": -3}], "e": True})
    made = document(struct)
    assert made == {"a": 7, "b": 1.5, "c": [2, {"d": -3}], "e": True}
    assert [type(made["a"]), type(made["b"]), type(made["c"][0]), type(made["c"][1]["d"])] == [int, float, int, int]
