"""A whole HTTP proxy without sockets: connections the test speaks on, upstreams the test speaks for."""

from typing import Any

import yaml
from google.protobuf import json_format

from portico.api.buffer import Buffer
from portico.api.connection import ConnectionEvent, ConnectionHandler
from portico.api.context import FactoryContext
from portico.api.host import Host
from portico.api.http_filter import HttpFilter
from portico.api.stream_info import ConnectionInfo, Protocol
from portico.api.upstream import ConnectionPool, ResourcePriority
from portico.config.protos import message_class, pool
from portico.http.config import FilterSlot, HttpConfig
from portico.http.connection_manager import ConnectionManager
from portico.http.date import DateCache
from portico.http.from_proto import http_config
from portico.net.connect import Connector
from portico.stats.http_stats import HttpListenerStats
from portico.testing.fake_connection import FakeConnection
from portico.testing.fake_server import FakeServer
from portico.testing.fake_upstream import FakePool, FakeUpstreamStream
from portico.testing.filter_harness import Ready, RecordingLog
from portico.upstream.cluster import ActiveCluster
from portico.upstream.cluster_manager import WorkerClusterManager
from tests.upstream.surroundings import FakeConnector, cluster_message, static

HCM = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
ROUTER_CONFIG = {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"}
ANY_ROUTE = "- {match: {prefix: /}, route: {cluster: api}}"


def hcm_message(routes: str = ANY_ROUTE, router: dict[str, Any] | None = None, **fields: Any) -> Any:
    """An HttpConnectionManager; ``routes`` is a YAML list of them, ``router`` the router filter's own fields."""
    virtual_host = {"name": "v", "domains": ["*"], "routes": yaml.safe_load(routes)}
    described = {
        "stat_prefix": "in",
        "route_config": {"name": "rc", "virtual_hosts": [virtual_host]},
        "http_filters": [{"name": "envoy.filters.http.router", "typed_config": {**ROUTER_CONFIG, **(router or {})}}],
        **fields,
    }
    return json_format.ParseDict(described, message_class(HCM)(), descriptor_pool=pool)


class Proxy:
    """One connection manager and its clusters: ``api`` is there from the start, with one host."""

    def __init__(
        self,
        routes: str = ANY_ROUTE,
        router: dict[str, Any] | None = None,
        clusters: dict[str, int] | None = None,
        **fields: Any,
    ) -> None:
        """``clusters``: further ones, each with one host on that port."""
        self.server = FakeServer()
        self.pools: dict[str, FakePool] = {}
        self.manager = WorkerClusterManager(self._make_connector(), self._make_pool)
        self.manager.attach(self.server.context)
        self.server.context.cluster_manager = self.manager
        for name, port in {"api": 8080, **(clusters or {})}.items():
            self.add_cluster(name, port)
        self.config: HttpConfig = http_config(
            hcm_message(routes, router, **fields),
            FactoryContext(self.server.context, self.server.context.scope),
        )
        self.log = RecordingLog()
        self.config.access_logs = [self.log]
        self.date = DateCache(self.server.context.clock)
        self.listener_stats = HttpListenerStats(self.server.context.scope.scope("listener.l.http.in"))

    def add_cluster(self, name: str, *ports: int, **fields: Any) -> ActiveCluster:
        return self.manager.add_or_update(cluster_message(static(*ports, name=name), **fields))

    def insert_filter(self, name: str, each: HttpFilter) -> None:
        self.config.filters.insert(0, FilterSlot(name, Ready(each).make, False))

    def connect(self, info: ConnectionInfo | None = None) -> "Client":
        return Client(self, info)

    def pool_of(self, cluster: str = "api") -> FakePool:
        """The pool of the cluster's first host, made now if nobody asked for it yet."""
        if cluster not in self.pools:
            active = self.manager.get(cluster)
            assert isinstance(active, ActiveCluster)
            active.http_pool(active.priorities.hosts()[0], ResourcePriority.DEFAULT, None)
        return self.pools[cluster]

    @property
    def upstream(self) -> FakeUpstreamStream:
        """The latest request that reached cluster ``api``."""
        return self.pool_of().streams[-1]

    def value(self, name: str) -> int:
        return self.server.value(name)

    def changed(self, prefix: str) -> dict[str, int]:
        return self.server.changed(prefix)

    def _make_connector(self) -> Connector:
        return FakeConnector()

    def _make_pool(
        self, cluster: ActiveCluster, host: Host, priority: ResourcePriority, downstream: Protocol | None
    ) -> ConnectionPool:
        made = FakePool(host)
        self.pools[cluster.info.name] = made
        return made


class Client(ConnectionHandler):
    """A client on its own connection; also the network filter chain in between."""

    def __init__(self, proxy: Proxy, info: ConnectionInfo | None) -> None:
        self.connection = FakeConnection(info)
        self.connection.handler = self
        self.manager = ConnectionManager(proxy.config, proxy.listener_stats, proxy.date)
        self.manager.connection = self.connection
        self.manager.on_new_connection()

    def send(self, data: bytes) -> "Client":
        self.connection.receive(data)
        return self

    def received(self) -> bytes:
        """What came back since the last question."""
        return self.connection.take_sent()

    def leave(self) -> None:
        self.connection.peer_closes()

    def is_open(self) -> bool:
        return self.connection.is_open()

    def on_data(self, data: bytes, end_stream: bool) -> None:
        self.manager.on_data(Buffer(data), end_stream)

    def on_event(self, event: ConnectionEvent) -> None:
        self.manager.on_event(event)

    def on_above_write_buffer_high_watermark(self) -> None:
        self.manager.on_above_write_buffer_high_watermark()

    def on_below_write_buffer_low_watermark(self) -> None:
        self.manager.on_below_write_buffer_low_watermark()


def request(path: str = "/", method: str = "GET", body: bytes = b"", fields: str = "", host: str = "h.test") -> bytes:
    """A request's bytes; ``fields`` are further lines, each with its CRLF."""
    length = f"Content-Length: {len(body)}\r\n" if body else ""
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}\r\n".encode() + body


def status_of(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def fields_of(answer: bytes) -> list[bytes]:
    """The field lines of the first response in ``answer``."""
    return answer.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]


def body_of(answer: bytes) -> bytes:
    return answer.partition(b"\r\n\r\n")[2]
