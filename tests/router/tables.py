"""Route tables from YAML, requests to ask them, and a server to build them in."""

from typing import Any

import yaml
from google.protobuf import json_format

from portico.api.address import Address
from portico.api.clock import Random
from portico.api.context import FactoryContext, LocalInfo, ServerContext
from portico.api.headers import RequestHeaders
from portico.api.runtime import Runtime
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.api.upstream import Cluster, ClusterManager
from portico.config.protos import message_class, pool
from portico.router.from_proto import route_table
from portico.router.route import Route
from portico.router.route_table import RouteTable
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock


class FixedRandom(Random):
    def __init__(self, value: int = 0) -> None:
        self.value = value

    def below(self, limit: int) -> int:
        return self.value % limit

    def uuid4(self) -> bytes:
        return b"00000000-0000-4000-8000-000000000000"


class FakeRuntime(Runtime):
    """Integer values by key; a fraction's key holds a percentage."""

    def __init__(self) -> None:
        self.values: dict[str, int] = {}

    def get(self, key: str) -> str | None:
        return str(self.values[key]) if key in self.values else None

    def integer(self, key: str, default: int) -> int:
        return self.values.get(key, default)

    def number(self, key: str, default: float) -> float:
        return float(self.values.get(key, default))

    def boolean(self, key: str, default: bool) -> bool:
        return bool(self.values.get(key, default))

    def fraction_enabled(self, key: str, numerator: int, denominator: int, random_value: int) -> bool:
        if key in self.values:
            return random_value % 100 < self.values[key]
        return random_value % denominator < numerator


class NoClusters(ClusterManager):
    def get(self, name: str) -> Cluster | None:
        return None


def factory_context() -> FactoryContext:
    scope = StatsStore()
    server = ServerContext(scope, FakeClock(), FixedRandom(), FakeRuntime(), NoClusters(), LocalInfo())
    return FactoryContext(server, scope)


def message(full_name: str, text: str) -> Any:
    """A message from YAML."""
    parsed = message_class(full_name)()
    return json_format.ParseDict(yaml.safe_load(text), parsed, descriptor_pool=pool)


def table(text: str, context: FactoryContext | None = None) -> RouteTable:
    """The table of a RouteConfiguration in YAML."""
    built = message("envoy.config.route.v3.RouteConfiguration", text)
    return route_table(built, context or factory_context())


def routes(text: str, context: FactoryContext | None = None) -> RouteTable:
    """A table of one ``*`` virtual host whose routes are a YAML list."""
    return table(
        yaml.safe_dump(
            {"name": "rc", "virtual_hosts": [{"name": "v", "domains": ["*"], "routes": yaml.safe_load(text)}]}
        ),
        context,
    )


def stream_info() -> StreamInfo:
    return StreamInfo(ConnectionInfo(1, Address("10.0.0.1", 40000), Address("10.0.0.2", 80)))


def get(path: str, host: str = "h.test", method: str = "GET", **fields: str) -> RequestHeaders:
    """A request; a field's name is written with underscores: ``x_forwarded_proto="https"``."""
    pairs = [(name.replace("_", "-").encode(), value.encode()) for name, value in fields.items()]
    return RequestHeaders(method.encode(), path.encode(), host.encode(), pairs)


def matched(where: RouteTable, headers: RequestHeaders, random_value: int = 0, info: StreamInfo | None = None) -> str:
    """The name of the route a request takes; "-" for none."""
    route = where.route(headers, info or stream_info(), random_value)
    return "-" if route is None else route.name


def route_for(where: RouteTable, headers: RequestHeaders) -> Route:
    route = where.route(headers, stream_info(), 0)
    assert route is not None
    return route
