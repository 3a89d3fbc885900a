"""What listeners are tested in: a process, connections on fake transports, filters that keep a diary."""

from __future__ import annotations

from typing import Any

import yaml
from google.protobuf import json_format

from portico.api.access_log import AccessLog, LogEntry
from portico.api.address import Address
from portico.api.buffer import Buffer
from portico.api.connection import Connection, ConnectionEvent
from portico.api.context import LocalInfo, ServerContext
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.api.stats import Counter
from portico.api.stream_info import ConnectionInfo
from portico.api.upstream import ClusterManager
from portico.config.protos import message_class, pool
from portico.ipc.random import BatchedRandom
from portico.ipc.runtime import RuntimeSnapshot
from portico.listener.config import ListenerConfig
from portico.listener.filter_chain import FilterChain, NetworkFilterSlot
from portico.net.connection import ByteCounters, TcpConnection
from portico.stats.store import StatsStore
from portico.testing.fake_clock import FakeClock
from portico.testing.fake_transport import FakeTransport

GO_ON = NetworkStatus.CONTINUE
STOP = NetworkStatus.STOP_ITERATION

ECHO = {"@type": "type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo"}


class Process:
    """A worker without a loop."""

    def __init__(self) -> None:
        self.store = StatsStore()
        self.clock = FakeClock()
        self.runtime = RuntimeSnapshot()
        self.context = ServerContext(
            self.store, self.clock, BatchedRandom(), self.runtime, ClusterManager(), LocalInfo()
        )

    def counter(self, name: str) -> int:
        return self.store.counter(name).value

    def gauge(self, name: str) -> int:
        return self.store.gauge(name).value

    def config(self, *chains: FilterChain, name: str = "ingress") -> ListenerConfig:
        """A listener without criteria; its default chain is the first of ``chains``."""
        config = ListenerConfig(name, [Address("127.0.0.1", 80)], self.context, self.store.scope("l"))
        config.chains.default = chains[0] if chains else None
        return config


class Diary(NetworkFilter):
    """Writes down every call; does what ``answers`` says."""

    def __init__(self, pages: list[str], name: str = "a", answers: NetworkStatus = STOP) -> None:
        self.pages = pages
        self.name = name
        self.answers = answers
        self.on_new: NetworkStatus = GO_ON
        self.raises = ""  # the method that raises

    def write_down(self, method: str, text: str = "") -> None:
        self.pages.append(f"{self.name}.{method}({text})")
        if self.raises == method:
            raise ValueError("a bug")

    def on_new_connection(self) -> NetworkStatus:
        self.write_down("new")
        return self.on_new

    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        self.write_down("data", data.peek().decode() + (", end" if end_stream else ""))
        if self.answers is STOP:
            data.clear()
        return self.answers

    def on_event(self, event: ConnectionEvent) -> None:
        self.write_down("event", event.name)

    def on_above_write_buffer_high_watermark(self) -> None:
        self.write_down("above")

    def on_below_write_buffer_low_watermark(self) -> None:
        self.write_down("below")


class Scribe(Diary):
    """Also sees what is written."""

    def on_write(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        self.write_down("write", data.peek().decode() + (", end" if end_stream else ""))
        data.append(self.name.encode())
        return GO_ON


class LogBook(AccessLog):
    """Keeps entries."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def log(self, entry: LogEntry) -> None:
        info = entry.info
        flags = ",".join(flag.value for flag in info.response_flags) or "-"
        details = info.response_code_details or "-"
        self.lines.append(f"{entry.log_type} {flags} {details} {info.bytes_received} {info.bytes_sent}")


def chain(*filters: NetworkFilter, name: str = "main") -> FilterChain:
    """Every connection gets these very objects."""
    return FilterChain(name, [slot(each) for each in filters])


def slot(each: NetworkFilter) -> NetworkFilterSlot:
    return NetworkFilterSlot("filter", lambda: each)


def info(
    remote: str = "192.0.2.7:4000",
    local: str = "127.0.0.1:80",
    server_name: str = "",
    protocols: tuple[str, ...] = (),
    transport: str = "raw_buffer",
    direct: str = "",
) -> ConnectionInfo:
    made = ConnectionInfo(1, address(remote), address(local))
    if direct:
        made.direct_remote_address = address(direct)
    made.requested_server_name = server_name
    made.application_protocols = list(protocols)
    made.transport_protocol = transport
    return made


def address(text: str) -> Address:
    host, _, port = text.rpartition(":")
    return Address("", 0, text) if text.startswith("/") else Address(host.strip("[]"), int(port))


def accepted(process: Process, made: ConnectionInfo | None = None) -> tuple[TcpConnection, FakeTransport]:
    """A connection as the acceptor hands it over; nobody handles it yet."""
    counters = ByteCounters(Counter("rx"), Counter("tx"))
    connection = TcpConnection(made or info(), process.clock, counters, 1 << 20, 0.0)
    connection.info.start = process.clock.now()
    transport = FakeTransport()
    transport.connect(connection)
    return connection, transport


def listener_message(text: str) -> Any:
    """An envoy.config.listener.v3.Listener from YAML; ``ECHO`` stands for an echo filter."""
    tree = yaml.safe_load(text.replace("ECHO", "{name: echo, typed_config: " + str(ECHO) + "}"))
    return json_format.ParseDict(tree, message_class("envoy.config.listener.v3.Listener")(), descriptor_pool=pool)


def filters_connection(each: NetworkFilter) -> Connection:
    return each.connection
