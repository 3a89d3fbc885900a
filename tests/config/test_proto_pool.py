"""Message classes of the API."""

from __future__ import annotations

import pytest

from portico.config.proto_pool import message_class, message_descriptor, pack, unknown_type


def test_a_class_is_made_once() -> None:
    assert message_class("envoy.config.cluster.v3.Cluster") is message_class("envoy.config.cluster.v3.Cluster")
    assert message_descriptor("envoy.config.cluster.v3.Cluster.LbPolicy") is None
    with pytest.raises(KeyError):
        message_class("a.B")


def test_nested_and_well_known_messages_are_found() -> None:
    assert message_class("envoy.config.cluster.v3.Cluster.RingHashLbConfig")().DESCRIPTOR.name == "RingHashLbConfig"
    duration = message_class("google.protobuf.Duration")(seconds=1)
    assert duration.ToJsonString() == "1s"


def test_pack_is_the_same_for_equal_messages() -> None:
    cluster = message_class("envoy.config.cluster.v3.Cluster")
    first, second = cluster(name="a"), cluster(name="a")
    for key in "abc":
        first.metadata.filter_metadata[key].SetInParent()
    for key in "cba":
        second.metadata.filter_metadata[key].SetInParent()
    assert pack(first) == pack(second)
    assert pack(first).type_url == "type.googleapis.com/envoy.config.cluster.v3.Cluster"


def test_an_unknown_type_is_answered_with_the_nearest() -> None:
    error = unknown_type("type.googleapis.com/envoy.config.cluster.v3.Custer")
    assert str(error) == (
        "@type: could not find @type 'type.googleapis.com/envoy.config.cluster.v3.Custer'; "
        "did you mean 'type.googleapis.com/envoy.config.cluster.v3.Cluster'?"
    )
    assert "is missing" in str(unknown_type(""))
