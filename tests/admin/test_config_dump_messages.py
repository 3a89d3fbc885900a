from typing import Any

from portico.admin.config_dump_messages import dumps
from portico.admin.proto_json import document
from portico.admin.state import ConfigEntry, ConfigKind, ConfigState
from portico.config.proto_pool import message_class

from .fakes import FakeConfig

LISTENER_TYPE = "type.googleapis.com/envoy.config.listener.v3.Listener"


def listener(name: str) -> bytes:
    return bytes(message_class("envoy.config.listener.v3.Listener")(name=name).SerializeToString())


def cluster(name: str) -> bytes:
    return bytes(message_class("envoy.config.cluster.v3.Cluster")(name=name).SerializeToString())


def sections(*entries: ConfigEntry, versions: dict[ConfigKind, str] | None = None) -> dict[str, Any]:
    source = FakeConfig()
    source.resources = list(entries)
    source.versions = versions or {}
    made = dumps(source, include_eds=True, wants_name=lambda _: True)
    return {message.DESCRIPTOR.name: document(message) for message in made}


def test_a_listeners_states_share_one_entry() -> None:
    made = sections(
        ConfigEntry(ConfigKind.LISTENER, "l", listener("l"), 1.0, ConfigState.ACTIVE, "v1"),
        ConfigEntry(ConfigKind.LISTENER, "l", listener("l"), 2.0, ConfigState.WARMING, "v2"),
        ConfigEntry(ConfigKind.LISTENER, "l", listener("l"), 3.5, ConfigState.ERROR, "v3", "no such cluster"),
        versions={ConfigKind.LISTENER: "v3"},
    )["ListenersConfigDump"]
    shown = {"@type": LISTENER_TYPE, "name": "l"}
    assert made == {
        "version_info": "v3",
        "dynamic_listeners": [
            {
                "name": "l",
                "active_state": {"version_info": "v1", "listener": shown, "last_updated": "1970-01-01T00:00:01Z"},
                "warming_state": {"version_info": "v2", "listener": shown, "last_updated": "1970-01-01T00:00:02Z"},
                "error_state": {
                    "failed_configuration": shown,
                    "last_update_attempt": "1970-01-01T00:00:03.500Z",
                    "details": "no such cluster",
                    "version_info": "v3",
                },
            }
        ],
    }


def test_clusters_are_static_active_or_warming() -> None:
    made = sections(
        ConfigEntry(ConfigKind.CLUSTER, "b", cluster("b"), 1.0, ConfigState.ACTIVE, "v1"),
        ConfigEntry(ConfigKind.CLUSTER, "a", cluster("a"), 1.0, ConfigState.ACTIVE, "v1"),
        ConfigEntry(ConfigKind.CLUSTER, "w", cluster("w"), 1.0, ConfigState.WARMING, "v2"),
        ConfigEntry(ConfigKind.CLUSTER, "s", cluster("s"), 1.0),
        versions={ConfigKind.CLUSTER: "v2"},
    )["ClustersConfigDump"]
    names = {
        field: [each["cluster"]["name"] for each in made[field]]
        for field in ("static_clusters", "dynamic_active_clusters", "dynamic_warming_clusters")
    }
    assert names == {
        "static_clusters": ["s"],
        "dynamic_active_clusters": ["a", "b"],
        "dynamic_warming_clusters": ["w"],
    }
    assert made["version_info"] == "v2"
    assert made["dynamic_warming_clusters"][0]["version_info"] == "v2"


def test_scoped_routes_and_extensions_have_their_sections() -> None:
    scoped = message_class("envoy.config.route.v3.ScopedRouteConfiguration")(name="s", route_configuration_name="r")
    extension = message_class("envoy.config.core.v3.TypedExtensionConfig")(name="f")
    made = sections(
        ConfigEntry(ConfigKind.SCOPED_ROUTE, "set", scoped.SerializeToString(), 1.0, ConfigState.ACTIVE, "v1"),
        ConfigEntry(ConfigKind.EXTENSION, "f", extension.SerializeToString(), 1.0, ConfigState.ACTIVE, "v1"),
    )
    (item,) = made["ScopedRoutesConfigDump"]["dynamic_scoped_route_configs"]
    assert (item["name"], item["scoped_route_configs"][0]["route_configuration_name"]) == ("set", "r")
    assert made["EcdsConfigDump"]["ecds_filters"][0]["ecds_filter"]["name"] == "f"


def test_a_section_without_entries_is_there_and_empty() -> None:
    made = sections()
    assert list(made) == [
        "BootstrapConfigDump",
        "ClustersConfigDump",
        "EndpointsConfigDump",
        "ListenersConfigDump",
        "ScopedRoutesConfigDump",
        "RoutesConfigDump",
        "SecretsConfigDump",
    ]
    assert [name for name, section in made.items() if section] == []
