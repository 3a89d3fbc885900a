"""What a worker runs on."""

from __future__ import annotations

from typing import Any

import pytest

from portico.config import resource_types as types
from portico.config.proto_pool import message_class
from portico.config.snapshot import ConfigSnapshot, named, serialize, snapshot_of


def cluster(name: str, **fields: Any) -> Any:
    return message_class(types.CLUSTER.message)(name=name, **fields)


def test_holds_what_the_bootstrap_defines() -> None:
    bootstrap = message_class("envoy.config.bootstrap.v3.Bootstrap")()
    bootstrap.static_resources.clusters.add(name="a")
    bootstrap.static_resources.listeners.add(name="l")
    bootstrap.static_resources.listeners.add()
    bootstrap.static_resources.secrets.add(name="s")
    snapshot = snapshot_of(bootstrap)
    assert snapshot.version == 1
    assert list(snapshot.listeners) == ["l", "static_listener_1"]
    assert (list(snapshot.clusters), list(snapshot.secrets)) == (["a"], ["s"])
    assert snapshot.message(types.CLUSTER, "a") == cluster("a")


def test_cannot_be_changed() -> None:
    snapshot = ConfigSnapshot(1, clusters=named([cluster("a")], types.CLUSTER))
    with pytest.raises(AttributeError):
        snapshot.version = 2  # type: ignore[misc]
    successor = snapshot.with_resources(types.CLUSTER, named([cluster("b")], types.CLUSTER))
    assert (successor.version, list(successor.clusters), list(snapshot.clusters)) == (2, ["b"], ["a"])


def test_the_last_of_two_with_one_name_counts() -> None:
    resources = named([cluster("a"), cluster("a", type="EDS")], types.CLUSTER)
    assert resources == {"a": serialize(cluster("a", type="EDS"))}


def test_names_what_is_pointed_at_and_not_there() -> None:
    listener = message_class(types.LISTENER.message)(name="l")
    manager = message_class("envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager")()
    manager.rds.route_config_name = "r"
    listener.filter_chains.add().filters.add(name="h").typed_config.Pack(manager)
    listener.default_filter_chain.filters.add(name="h").typed_config.Pack(manager)
    eds = cluster("a", type="EDS", eds_cluster_config={"service_name": "s"})
    snapshot = ConfigSnapshot(
        1,
        listeners={"l": serialize(listener)},
        clusters={"a": serialize(eds), "b": serialize(cluster("b", type="EDS")), "c": serialize(cluster("c"))},
        endpoints={"b": b""},
    )
    assert snapshot.missing_references() == [
        "endpoints 's' of cluster 'a'",
        "routes 'r' of listener 'l'",
        "routes 'r' of listener 'l'",
    ]
    complete = snapshot.with_resources(types.ENDPOINT, {"s": b"", "b": b""}).with_resources(types.ROUTE, {"r": b""})
    assert complete.missing_references() == []
