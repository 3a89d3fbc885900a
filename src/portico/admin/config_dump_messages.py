"""ConfigEntry lists to the messages of /config_dump: one per section, in Envoy's order."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from portico.admin.redaction import redact
from portico.admin.state import ConfigEntry, ConfigKind, ConfigSource, ConfigState
from portico.config.proto_pool import message_class
from portico.config.resource_types import TYPE_URL_PREFIX


@dataclass(frozen=True)
class Section:
    """Where the entries of one kind go in their dump."""

    message: str  # of the resource
    field: str  # the Any that holds it
    static: str  # repeated field of static resources
    dynamic: dict[ConfigState, str]  # repeated fields of the others
    has_name: bool = False  # entries carry their name beside the resource
    has_time: bool = True  # entries say when they came


CLUSTER = Section(
    "envoy.config.cluster.v3.Cluster",
    "cluster",
    "static_clusters",
    {
        ConfigState.ACTIVE: "dynamic_active_clusters",
        ConfigState.DRAINING: "dynamic_active_clusters",
        ConfigState.WARMING: "dynamic_warming_clusters",
        ConfigState.ERROR: "dynamic_warming_clusters",
    },
)
ENDPOINT = Section(
    "envoy.config.endpoint.v3.ClusterLoadAssignment",
    "endpoint_config",
    "static_endpoint_configs",
    dict.fromkeys(ConfigState, "dynamic_endpoint_configs"),
    has_time=False,
)
ROUTE = Section(
    "envoy.config.route.v3.RouteConfiguration",
    "route_config",
    "static_route_configs",
    dict.fromkeys(ConfigState, "dynamic_route_configs"),
)
SECRET = Section(
    "envoy.extensions.transport_sockets.tls.v3.Secret",
    "secret",
    "static_secrets",
    {
        ConfigState.ACTIVE: "dynamic_active_secrets",
        ConfigState.DRAINING: "dynamic_active_secrets",
        ConfigState.WARMING: "dynamic_warming_secrets",
        ConfigState.ERROR: "dynamic_warming_secrets",
    },
    has_name=True,
)

# ListenersConfigDump.DynamicListener: each state in a field of its own, one entry a name.
LISTENER_STATES = {
    ConfigState.ACTIVE: "active_state",
    ConfigState.WARMING: "warming_state",
    ConfigState.DRAINING: "draining_state",
}
LISTENER = "envoy.config.listener.v3.Listener"

Filler = Callable[[Any, list[ConfigEntry]], None]


def dumps(source: ConfigSource, include_eds: bool, wants_name: Callable[[str], bool]) -> list[Any]:
    """The messages, secrets already redacted. The bootstrap has no name and is always there."""
    by_kind: dict[ConfigKind, list[ConfigEntry]] = {kind: [] for kind in ConfigKind}
    for entry in source.entries():
        if entry.kind is ConfigKind.BOOTSTRAP or wants_name(entry.name):
            by_kind[entry.kind].append(entry)
    for kind in (ConfigKind.CLUSTER, ConfigKind.ENDPOINT):  # maps in Envoy; the others come as configured
        by_kind[kind].sort(key=lambda each: each.name)
    made: list[Any] = []
    for kind, entries in by_kind.items():
        if kind is ConfigKind.ENDPOINT and not include_eds:
            continue
        if kind is ConfigKind.EXTENSION and not entries:
            continue
        dump = message_class(f"envoy.admin.v3.{kind.value}")()
        FILLERS[kind](dump, entries)
        if "version_info" in dump.DESCRIPTOR.fields_by_name:
            dump.version_info = source.version_of(kind)
        redact(dump)
        made.append(dump)
    return made


def fill_bootstrap(dump: Any, entries: list[ConfigEntry]) -> None:
    for entry in entries:
        dump.bootstrap.ParseFromString(entry.resource)
        stamp(dump, entry)


def filler(section: Section) -> Filler:
    def fill(dump: Any, entries: list[ConfigEntry]) -> None:
        for entry in entries:
            if entry.state is ConfigState.STATIC:
                item = getattr(dump, section.static).add()
            else:
                item = getattr(dump, section.dynamic[entry.state]).add(version_info=entry.version)
            if section.has_name:
                item.name = entry.name
            put_resource(item, section.message, section.field, entry)
            if not section.has_time:
                item.ClearField("last_updated")

    return fill


def fill_listeners(dump: Any, entries: list[ConfigEntry]) -> None:
    """Dynamic listeners gather their states by name."""
    dynamic: dict[str, Any] = {}
    for entry in entries:
        if entry.state is ConfigState.STATIC:
            put_resource(dump.static_listeners.add(), LISTENER, "listener", entry)
            continue
        item = dynamic.get(entry.name)
        if item is None:
            item = dynamic[entry.name] = dump.dynamic_listeners.add(name=entry.name)
        if entry.state is ConfigState.ERROR:
            fill_error(item, LISTENER, entry)
        else:
            state = getattr(item, LISTENER_STATES[entry.state])
            state.version_info = entry.version
            put_resource(state, LISTENER, "listener", entry)


def fill_scoped_routes(dump: Any, entries: list[ConfigEntry]) -> None:
    for entry in entries:
        item = dump.dynamic_scoped_route_configs.add(name=entry.name, version_info=entry.version)
        packed = item.scoped_route_configs.add()
        packed.type_url = TYPE_URL_PREFIX + "envoy.config.route.v3.ScopedRouteConfiguration"
        packed.value = entry.resource
        stamp(item, entry)


def fill_extensions(dump: Any, entries: list[ConfigEntry]) -> None:
    for entry in entries:
        item = dump.ecds_filters.add(version_info=entry.version)
        put_resource(item, "envoy.config.core.v3.TypedExtensionConfig", "ecds_filter", entry)


FILLERS: dict[ConfigKind, Filler] = {
    ConfigKind.BOOTSTRAP: fill_bootstrap,
    ConfigKind.CLUSTER: filler(CLUSTER),
    ConfigKind.ENDPOINT: filler(ENDPOINT),
    ConfigKind.LISTENER: fill_listeners,
    ConfigKind.SCOPED_ROUTE: fill_scoped_routes,
    ConfigKind.ROUTE: filler(ROUTE),
    ConfigKind.SECRET: filler(SECRET),
    ConfigKind.EXTENSION: fill_extensions,
}


def put_resource(item: Any, message: str, field: str, entry: ConfigEntry) -> None:
    if entry.state is ConfigState.ERROR:
        fill_error(item, message, entry)
        return
    packed = getattr(item, field)
    packed.type_url = TYPE_URL_PREFIX + message
    packed.value = entry.resource
    stamp(item, entry)


def fill_error(item: Any, message: str, entry: ConfigEntry) -> None:
    """envoy.admin.v3.UpdateFailureState: what was refused, when and why."""
    failure = item.error_state
    failure.failed_configuration.type_url = TYPE_URL_PREFIX + message
    failure.failed_configuration.value = entry.resource
    failure.last_update_attempt.FromMilliseconds(round(entry.last_updated * 1000))
    failure.details = entry.error
    failure.version_info = entry.version


def stamp(item: Any, entry: ConfigEntry) -> None:
    item.last_updated.FromMilliseconds(round(entry.last_updated * 1000))
