"""A network filter between a fake downstream connection and fake clusters."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format

from portico.api.address import Address
from portico.api.connection import Connection
from portico.api.context import FactoryContext
from portico.api.host import Host, Locality
from portico.api.load_balancer import LoadBalancerContext
from portico.api.network_filter import NetworkFilter
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.api.upstream import Cancellable, Cluster, ClusterInfo, ClusterManager, PoolFailure, TcpCallbacks
from portico.config.protos import message_class, pool
from portico.listener.network_chain import ChainOwner, NetworkChain
from portico.testing.fake_connection import FakeConnection
from tests.listener.surroundings import Process, chain

HOST = Host(Address("192.0.2.9", 8080), Locality(), 1)


def message(name: str, fields: dict[str, Any]) -> Any:
    return json_format.ParseDict(fields, message_class(name)(), descriptor_pool=pool)


def factory_context(process: Process | None = None) -> FactoryContext:
    made = process or Process()
    return FactoryContext(made.context, made.store)


class Owner(ChainOwner):
    """Lets no bug pass."""

    def on_chain_closed(self, chain: NetworkChain) -> None:
        pass

    def on_filter_exception(self, chain: NetworkChain, error: Exception) -> None:
        raise error


class Wire:
    """The filter at the end of a chain of one."""

    def __init__(self, network_filter: NetworkFilter) -> None:
        self.connection = FakeConnection()
        self.info = StreamInfo(self.connection.info)
        self.chain = NetworkChain(Owner(), chain(network_filter), self.connection, self.info)
        self.connection.handler = self.chain
        self.chain.start()


class Attempt(Cancellable):
    """A connect under way, that ends as the test says."""

    def __init__(self, host: Host, callbacks: TcpCallbacks, number: int) -> None:
        self.host = host
        self.callbacks = callbacks
        self.number = number
        self.is_cancelled = False

    def cancel(self) -> None:
        self.is_cancelled = True

    def succeed(self) -> FakeConnection:
        made = FakeConnection(ConnectionInfo(100 + self.number, self.host.address, Address("192.0.2.1", 50000)))
        connection: Connection = made
        self.callbacks.on_connected(connection, self.host)
        return made

    def fail(self, failure: PoolFailure = PoolFailure.REMOTE_CONNECTION_FAILURE, detail: str = "refused") -> None:
        self.callbacks.on_connect_failure(failure, detail, self.host)


class FakeCluster(Cluster):
    """One host, or none; its connects wait for the test."""

    def __init__(self, process: Process, name: str) -> None:
        self.info = ClusterInfo(name, process.store.scope("cluster").scope(name))
        self.host: Host | None = HOST
        self.attempts: list[Attempt] = []
        self.contexts: list[LoadBalancerContext] = []
        self.is_full = False

    def choose_host(self, context: LoadBalancerContext) -> Host | None:
        self.contexts.append(context)
        return self.host

    def connect(self, host: Host, callbacks: TcpCallbacks) -> Cancellable | None:
        if self.is_full:
            callbacks.on_connect_failure(PoolFailure.OVERFLOW, "", host)
            return None
        self.attempts.append(Attempt(host, callbacks, len(self.attempts)))
        return self.attempts[-1]


class FakeClusters(ClusterManager):
    """Clusters by name."""

    def __init__(self, process: Process, *names: str) -> None:
        self.by_name = {name: FakeCluster(process, name) for name in names}

    def get(self, name: str) -> Cluster | None:
        return self.by_name.get(name)
