"""Hosts from DNS: asked by main, told to all."""

import asyncio
from collections.abc import Callable

from portico.api.dns import DnsAnswer, LookupFamily, Resolver
from portico.api.upstream import Cancellable
from portico.config.protos import message_class
from portico.ipc.messages import HostsUpdate
from portico.ipc.random import BatchedRandom
from portico.main.discovery import Discovery
from portico.net.timers import SlotClock
from portico.stats.store import StatsStore
from portico.upstream.dns_discovery import DnsServices
from tests.main.configs import loaded
from tests.main.recording import RecordingSupervisor


class Query(Cancellable):
    def cancel(self) -> None:
        pass


class Names(Resolver):
    """Answers when told to."""

    def __init__(self) -> None:
        self.asked: dict[str, Callable[[DnsAnswer], None]] = {}

    def resolve(self, name: str, family: LookupFamily, callback: Callable[[DnsAnswer], None]) -> Cancellable:
        self.asked[name] = callback
        return Query()


TEXT = """
static_resources:
  clusters:
  - name: static
    connect_timeout: 1s
  - &dns
    name: a
    type: STRICT_DNS
    load_assignment:
      cluster_name: a
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: a.test, port_value: 80}}}}]}]
"""


def test_waits_for_every_first_answer_and_tells_each() -> None:
    async def run() -> None:
        loop, names, supervisor = asyncio.get_running_loop(), Names(), RecordingSupervisor()
        services = DnsServices(lambda settings: names, SlotClock(loop), BatchedRandom(), StatsStore())
        discovery = Discovery(services, supervisor)
        discovery.start(loaded(TEXT).bootstrap.static_resources.clusters)
        waiting = asyncio.create_task(discovery.first_answers())
        await asyncio.sleep(0)
        assert discovery.waiting == {"a"}
        assert not waiting.done()

        names.asked["a.test"](DnsAnswer(["10.0.0.1", "10.0.0.2"]))
        await asyncio.wait_for(waiting, 1)
        (update,) = supervisor.told
        assert isinstance(update, HostsUpdate)
        message = message_class("envoy.config.endpoint.v3.ClusterLoadAssignment").FromString(update.assignment)
        hosts = [host.endpoint.address.socket_address.address for host in message.endpoints[0].lb_endpoints]
        assert (update.cluster, hosts) == ("a", ["10.0.0.1", "10.0.0.2"])
        discovery.stop()

    asyncio.run(run())


def test_without_names_there_is_nothing_to_wait_for() -> None:
    async def run() -> None:
        services = DnsServices(
            lambda settings: Names(), SlotClock(asyncio.get_running_loop()), BatchedRandom(), StatsStore()
        )
        discovery = Discovery(services, RecordingSupervisor())
        discovery.start([])
        await asyncio.wait_for(discovery.first_answers(), 1)

    asyncio.run(run())


def test_a_failure_is_an_answer_too() -> None:
    async def run() -> None:
        loop, names, supervisor = asyncio.get_running_loop(), Names(), RecordingSupervisor()
        services = DnsServices(lambda settings: names, SlotClock(loop), BatchedRandom(), StatsStore())
        discovery = Discovery(services, supervisor)
        discovery.start(loaded(TEXT).bootstrap.static_resources.clusters)
        names.asked["a.test"](DnsAnswer([], error="timed out"))
        await asyncio.wait_for(discovery.first_answers(), 1)
        assert len(supervisor.told) == 1
        discovery.stop()

    asyncio.run(run())
