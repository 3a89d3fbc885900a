"""What clusters are tested in: a fake process, connector, pools, resolver, and clusters written as YAML."""

from collections.abc import Callable
from typing import Any

import yaml
from google.protobuf import json_format

from portico.api.address import Address
from portico.api.clock import Random
from portico.api.connection import ConnectionEvent, ConnectionHandler
from portico.api.context import LocalInfo, ServerContext
from portico.api.dns import DnsAnswer, LookupFamily, Resolver, ResolverSettings
from portico.api.host import Host, Locality
from portico.api.load_balancer import LoadBalancerContext
from portico.api.runtime import Runtime
from portico.api.stats import Counter
from portico.api.stream_info import ConnectionInfo, Protocol
from portico.api.upstream import Cancellable, ConnectionPool, PoolFailure, ResourcePriority, UpstreamCallbacks
from portico.config.protos import message_class, pool
from portico.net.connect import ConnectHandler, ConnectOptions, Connector
from portico.net.connection import ByteCounters, TcpConnection
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock
from portico.upstream.cluster import ActiveCluster
from portico.upstream.cluster_manager import WorkerClusterManager

ANYWHERE = LoadBalancerContext()


class CountingRandom(Random):
    """0, 1, 2, … modulo the limit: every outcome comes up, and always in the same order."""

    def __init__(self, start: int = 0) -> None:
        self.next = start
        self.is_largest = False  # True = the largest number that may come

    def below(self, limit: int) -> int:
        if self.is_largest:
            return limit - 1
        self.next += 1
        return (self.next - 1) % limit

    def uuid4(self) -> bytes:
        return b"00000000-0000-4000-8000-000000000000"


class TableRuntime(Runtime):
    """Keys of a dict."""

    def __init__(self) -> None:
        self.values: dict[str, float] = {}

    def get(self, key: str) -> str | None:
        return str(self.values[key]) if key in self.values else None

    def integer(self, key: str, default: int) -> int:
        return int(self.values.get(key, default))

    def number(self, key: str, default: float) -> float:
        return float(self.values.get(key, default))


class FakeAttempt(Cancellable):
    """A connect that ends as the test says."""

    def __init__(self, address: Address, options: ConnectOptions, handler: ConnectHandler) -> None:
        self.address = address
        self.options = options
        self.handler = handler
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def fail(self, failure: PoolFailure, detail: str = "") -> None:
        self.handler.on_connect_failure(failure, detail)


class FakeConnector(Connector):
    """Keeps what was asked for."""

    def __init__(self) -> None:
        self.attempts: list[FakeAttempt] = []

    def connect(
        self, address: Address, options: ConnectOptions, counters: ByteCounters, handler: ConnectHandler
    ) -> Cancellable:
        self.attempts.append(FakeAttempt(address, options, handler))
        return self.attempts[-1]


class FakePool(ConnectionPool):
    """Drains when the test says so."""

    def __init__(self, host: Host, priority: ResourcePriority) -> None:
        self.host = host
        self.priority = priority
        self.on_drained: Callable[[], None] | None = None

    def new_stream(self, callbacks: UpstreamCallbacks) -> Cancellable | None:
        raise AssertionError("no test of clusters opens streams")

    def drain(self, on_drained: Callable[[], None]) -> None:
        self.on_drained = on_drained

    def finish(self) -> None:
        assert self.on_drained is not None, "was not asked to drain"
        self.on_drained()


class Process:
    """A worker with fakes for everything outside of `upstream`."""

    def __init__(self) -> None:
        self.clock = FakeClock()
        self.random = CountingRandom()
        self.runtime = TableRuntime()
        self.stats = StatsStore()
        self.connector = FakeConnector()
        self.pools: list[FakePool] = []
        self.manager = WorkerClusterManager(self.connector, self._make_pool)
        self.server = ServerContext(
            self.stats, self.clock, self.random, self.runtime, self.manager, LocalInfo("node", "cluster", "zone")
        )
        self.manager.attach(self.server)

    def add(self, text: str, **fields: Any) -> ActiveCluster:
        return self.manager.add_or_update(cluster_message(text, **fields))

    def value(self, name: str) -> int:
        """Of a counter or gauge, by its full name; KeyError when nobody created it."""
        counter = self.stats.counters.get(name)
        return counter.value if counter is not None else self.stats.gauges[name].value

    def changed(self, prefix: str) -> dict[str, int]:
        """Every counter and gauge below ``prefix`` that is not 0."""
        values = {name: each.value for name, each in self.stats.counters.items()}
        values |= {name: each.value for name, each in self.stats.gauges.items()}
        return {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix) and value}

    def _make_pool(
        self, cluster: ActiveCluster, host: Host, priority: ResourcePriority, downstream: Protocol | None
    ) -> ConnectionPool:
        self.pools.append(FakePool(host, priority))
        return self.pools[-1]


def cluster_message(text: str, **fields: Any) -> Any:
    """A Cluster from YAML; ``fields`` fill it further."""
    message = message_class("envoy.config.cluster.v3.Cluster")()
    return json_format.ParseDict({**yaml.safe_load(text), **fields}, message, descriptor_pool=pool)


def assignment_message(text: str) -> Any:
    return json_format.ParseDict(
        yaml.safe_load(text), message_class("envoy.config.endpoint.v3.ClusterLoadAssignment")()
    )


def static(*ports: int, name: str = "api") -> str:
    """A static cluster on ports of this machine, as YAML."""
    endpoints = ", ".join(endpoint(port) for port in ports)
    return f"{{name: {name}, load_assignment: {{cluster_name: {name}, endpoints: [{{lb_endpoints: [{endpoints}]}}]}}}}"


def endpoint(port: int, address: str = "127.0.0.1", **fields: Any) -> str:
    more = "".join(f", {key}: {value}" for key, value in fields.items())
    return f"{{endpoint: {{address: {{socket_address: {{address: '{address}', port_value: {port}}}}}}}{more}}}"


def host(port: int, weight: int = 1, unhealthy: int = 0, zone: str = "", priority: int = 0) -> Host:
    made = Host(Address("127.0.0.1", port), Locality("", zone), weight)
    made.unhealthy = unhealthy
    made.priority = priority
    return made


def ports(hosts: list[Host]) -> list[int]:
    return [each.address.port for each in hosts]


class FakeQuery(Cancellable):
    """One name that was asked for."""

    def __init__(self, name: str, family: LookupFamily, callback: Callable[[DnsAnswer], None]) -> None:
        self.name = name
        self.family = family
        self.is_cancelled = False
        self._callback = callback

    def cancel(self) -> None:
        self.is_cancelled = True

    def answer(self, *ips: str, ttl_s: float = 60.0) -> None:
        self._callback(DnsAnswer(list(ips), ttl_s if ips else 0.0))

    def fail(self, error: str = "DNS server returned general failure") -> None:
        self._callback(DnsAnswer([], error=error))


class FakeResolver(Resolver):
    """Keeps what was asked; ``last`` is the newest question."""

    def __init__(self) -> None:
        self.queries: list[FakeQuery] = []
        self.settings: list[ResolverSettings] = []

    def resolver_for(self, settings: ResolverSettings) -> Resolver:
        self.settings.append(settings)
        return self

    def resolve(self, name: str, family: LookupFamily, callback: Callable[[DnsAnswer], None]) -> Cancellable:
        self.queries.append(FakeQuery(name, family, callback))
        return self.queries[-1]

    @property
    def last(self) -> FakeQuery:
        return self.queries[-1]


class FakeTransport:
    """The event loop's side of a connection."""

    def __init__(self) -> None:
        self.is_over = False

    def close(self) -> None:
        self.is_over = True

    abort = close

    def set_write_buffer_limits(self, high: int, low: int) -> None:
        pass

    def is_closing(self) -> bool:
        return self.is_over

    def get_write_buffer_size(self) -> int:
        return 0


def open_connection() -> TcpConnection:
    """A connection to nowhere; the test plays the loop."""
    nowhere = Address("127.0.0.1", 80)
    counters = ByteCounters(Counter("received"), Counter("sent"))
    connection = TcpConnection(ConnectionInfo(1, nowhere, nowhere), FakeClock(), counters, 0, 0.0)
    connection.connection_made(FakeTransport())
    return connection


class RecordingHandler(ConnectionHandler):
    """What a connection told its owner."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.heard.append((data, end_stream))

    def on_event(self, event: ConnectionEvent) -> None:
        self.heard.append(event)

    def on_above_write_buffer_high_watermark(self) -> None:
        self.heard.append("above")

    def on_below_write_buffer_low_watermark(self) -> None:
        self.heard.append("below")
