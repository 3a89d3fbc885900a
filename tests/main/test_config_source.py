"""What the admin interface shows of the configuration."""

import asyncio
from typing import Any

from portico.admin.state import ConfigKind
from portico.api.address import Address, pipe
from portico.api.host import HealthFlag
from portico.config.protos import message_class, pack
from portico.ipc.messages import HostStatsReport
from portico.main.config_source import StaticConfig, address_of, eds_health_of
from portico.main.listeners import Listeners
from portico.stats.process_stats import ListenerManagerStats
from portico.stats.store import StatsStore
from tests.main.recording import RecordingSupervisor

HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"


def source(bootstrap: Any, *answers: Any) -> StaticConfig:
    supervisor = RecordingSupervisor([HostStatsReport(1, answer) for answer in answers])
    listeners = Listeners(1, supervisor, ListenerManagerStats(StatsStore()))
    return StaticConfig(bootstrap, 1000.0, supervisor, listeners, {"dns": discovered()})


def discovered() -> bytes:
    message = message_class("envoy.config.endpoint.v3.ClusterLoadAssignment")(cluster_name="dns")
    endpoint = message.endpoints.add().lb_endpoints.add().endpoint
    endpoint.address.socket_address.address = "192.0.2.1"
    return bytes(message.SerializeToString())


def bootstrap() -> Any:
    message = message_class("envoy.config.bootstrap.v3.Bootstrap")()
    cluster = message.static_resources.clusters.add(name="c")
    cluster.load_assignment.cluster_name = "c"
    listener = message.static_resources.listeners.add(name="l")
    manager = message_class(HCM)()
    manager.route_config.name = "r"
    listener.filter_chains.add().filters.add(name="hcm", typed_config=pack(manager))
    return message


def test_everything_of_the_bootstrap_is_an_entry_and_inline_routes_too() -> None:
    entries = source(bootstrap()).entries()
    assert [(entry.kind, entry.name) for entry in entries] == [
        (ConfigKind.BOOTSTRAP, ""),
        (ConfigKind.CLUSTER, "c"),
        (ConfigKind.ENDPOINT, "c"),
        (ConfigKind.LISTENER, "l"),
        (ConfigKind.ROUTE, "r"),
    ]
    assert {entry.last_updated for entry in entries} == {1000.0}
    routes = message_class("envoy.config.route.v3.RouteConfiguration").FromString(entries[-1].resource)
    assert routes.name == "r"


def test_hosts_that_were_discovered_are_shown_instead_of_their_names() -> None:
    message = bootstrap()
    message.static_resources.clusters.add(name="dns").load_assignment.cluster_name = "dns"
    (entry,) = [each for each in source(message).entries() if each.kind is ConfigKind.ENDPOINT and each.name == "dns"]
    assert b"192.0.2.1" in entry.resource


def plain(counters: tuple[int, ...], flags: int = 0, name: str = "c") -> tuple[Any, ...]:
    host = ("127.0.0.1:80", "h", counters, flags, 5, ("r", "z", "s"), False, 1)
    return (name, "alt", False, (1, 2, 3, 4), (5, 6, 7, 8), (host,))


def test_hosts_are_one_sum_of_all_workers() -> None:
    workers = [[plain((1, 0, 2, 0, 0, 0, 0, 0, 9))], [plain((10, 0, 20, 0, 0, 0, 0, 0, 90))]]
    (cluster,) = asyncio.run(source(bootstrap(), *workers).clusters())
    assert (cluster.name, cluster.observability_name) == ("c", "alt")
    assert cluster.default_limits.max_retries == 4
    (host,) = cluster.hosts
    assert (host.stats.cx_active, host.stats.cx_total, host.stats.rq_total) == (11, 22, 99)
    assert (host.address, host.hostname, host.weight, host.zone, host.priority) == (
        Address("127.0.0.1", 80),
        "h",
        5,
        "z",
        1,
    )


def test_clusters_come_by_name() -> None:
    clusters = asyncio.run(source(bootstrap(), [plain((0,) * 9, name=name) for name in ("b", "c", "a")]).clusters())
    assert [each.name for each in clusters] == ["a", "b", "c"]


def test_without_workers_there_is_nothing_to_show() -> None:
    assert asyncio.run(source(bootstrap()).clusters()) == []


def test_addresses_are_read_back_from_their_text() -> None:
    for address in (Address("127.0.0.1", 80), Address("::1", 443), pipe("/run/a:1"), pipe("@abstract")):
        assert address_of(address.text) == address
        assert address_of(address.text).is_pipe == address.is_pipe


def test_health_that_was_configured_is_named() -> None:
    flags = {0: "HEALTHY", HealthFlag.FAILED_EDS_HEALTH: "UNHEALTHY", HealthFlag.DEGRADED_EDS_HEALTH: "DEGRADED"}
    assert {flag: eds_health_of(flag) for flag in flags} == flags
    assert eds_health_of(HealthFlag.FAILED_ACTIVE_HC) == "HEALTHY"
    assert eds_health_of(HealthFlag.EDS_STATUS_DRAINING | HealthFlag.FAILED_EDS_HEALTH) == "DRAINING"
