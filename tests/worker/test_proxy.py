"""The proxy as an application: built from messages, counted, drained."""

import asyncio
import socket
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.shared import SharedCells
from portico.config.protos import message_class, pack
from portico.ipc.messages import DrainChange, ListenerUpdate, Welcome
from portico.stats.delta import from_payload
from portico.worker.proxy import ProxyApplication

ECHO = "envoy.extensions.filters.network.echo.v3.Echo"


def welcome(**changes: Any) -> Welcome:
    values: dict[str, Any] = {
        "index": 3,
        "concurrency": 4,
        "main_pid": 0,
        "node": ("n", "c", "z", "127.0.0.1"),
        "log": ("%v", False, ""),
        "flush": (1000, 64),
        "watchdog": (200, 1000),
        "drain": (600, False),
        "stats_config": b"",
    }
    return Welcome(**(values | changes))


def run(body: Callable[[ProxyApplication], Coroutine[Any, Any, None]], **changes: Any) -> None:
    async def in_loop() -> None:
        application = ProxyApplication(welcome(**changes), SharedCells(), asyncio.get_running_loop())
        await body(application)
        application.close()

    asyncio.run(in_loop())


def echo_listener(name: str = "l") -> Any:
    listener = message_class("envoy.config.listener.v3.Listener")(name=name)
    listener.address.socket_address.address = "127.0.0.1"
    chain = listener.filter_chains.add()
    chain.filters.add(name="echo", typed_config=pack(message_class(ECHO)()))
    return listener


def told(application: ProxyApplication) -> list[str]:
    return [name for _, _, name in from_payload(application.stats_changes()).created]


def listening(application: ProxyApplication, message: Any) -> int:
    """The port of a listener the application was given."""
    one = socket.socket()
    one.bind(("127.0.0.1", 0))
    one.listen()
    one.setblocking(False)
    port: int = one.getsockname()[1]
    update = ListenerUpdate(1, message.name, message.SerializeToString(), (("127.0.0.1", port, ""),))
    application.update_listener(update, [one])
    return port


async def echoed(port: int, text: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(text)
    answer = await asyncio.wait_for(reader.read(100), 5)
    writer.close()
    await writer.wait_closed()
    return answer


def counters(application: ProxyApplication) -> dict[str, int]:
    delta = from_payload(application.stats_changes())
    names = {slot: name for slot, _, name in delta.created}
    return {names[slot]: 0 for slot in names} | {names[slot]: value for slot, value in delta.changed}


def test_accepts_from_start_on_and_not_before() -> None:
    async def body(application: ProxyApplication) -> None:
        port = listening(application, echo_listener())
        early = asyncio.create_task(echoed(port, b"hello"))
        await asyncio.sleep(0.05)
        assert not early.done()
        application.start()
        assert await early == b"hello"

    run(body)


def test_a_listener_that_comes_later_accepts_at_once() -> None:
    async def body(application: ProxyApplication) -> None:
        application.start()
        assert await echoed(listening(application, echo_listener()), b"hello") == b"hello"

    run(body)


def test_a_stopped_listener_keeps_its_connections_and_takes_no_more() -> None:
    async def body(application: ProxyApplication) -> None:
        application.start()
        port = listening(application, echo_listener())
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"one")
        assert await reader.read(100) == b"one"
        application.stop_listener("l")
        await asyncio.sleep(0.02)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", port)
        writer.write(b"two")
        assert await reader.read(100) == b"two"
        writer.close()

    run(body)


def test_a_removed_listener_closes_its_connections_after_the_drain_time() -> None:
    async def body(application: ProxyApplication) -> None:
        application.start()
        reader, writer = await asyncio.open_connection("127.0.0.1", listening(application, echo_listener()))
        writer.write(b"one")
        assert await reader.read(100) == b"one"
        assert "listener.127.0.0.1_0.downstream_cx_total" in told(application)
        application.remove_listener("l", 0.05)
        assert await asyncio.wait_for(reader.read(100), 5) == b""
        writer.close()
        assert from_payload(application.stats_changes()).dropped

    run(body)


def test_what_cannot_be_built_raises_and_closes_its_sockets() -> None:
    async def body(application: ProxyApplication) -> None:
        message = echo_listener()
        message.filter_chains[0].filters[0].typed_config.type_url = "type.googleapis.com/envoy.nonsense.v3.X"
        with socket.socket() as one:
            one.bind(("127.0.0.1", 0))
            update = ListenerUpdate(1, "l", message.SerializeToString(), (("127.0.0.1", 1, ""),))
            with pytest.raises((ConfigError, ConfigErrors)):
                application.update_listener(update, [one])
            assert one.fileno() == -1

    run(body)


def test_stats_carry_the_workers_name_and_are_told_as_changes() -> None:
    async def body(application: ProxyApplication) -> None:
        application.count_watchdog_miss(False)
        application.count_watchdog_miss(True)
        first = counters(application)
        assert first["server.worker_3.watchdog_miss"] == 1
        assert first["workers.watchdog_mega_miss"] == 1
        assert first["filesystem.write_failed"] == 0
        assert counters(application) == {}

    run(body)


def test_a_stats_matcher_reaches_the_worker() -> None:
    config = message_class("envoy.config.metrics.v3.StatsConfig")()
    config.stats_matcher.exclusion_list.patterns.add(prefix="server.")

    async def body(application: ProxyApplication) -> None:
        names = counters(application)
        assert "workers.watchdog_miss" in names
        assert not [name for name in names if name.startswith("server.")]

    run(body, stats_config=config.SerializeToString())


def test_clusters_come_change_and_go() -> None:
    cluster = message_class("envoy.config.cluster.v3.Cluster")(name="c")
    cluster.load_assignment.cluster_name = "c"
    endpoint = cluster.load_assignment.endpoints.add().lb_endpoints.add().endpoint
    endpoint.address.socket_address.address = "127.0.0.1"
    endpoint.address.socket_address.port_value = 1

    async def body(application: ProxyApplication) -> None:
        application.update_cluster("c", cluster.SerializeToString())
        ((name, _, _, _, _, hosts),) = application.host_stats()
        assert (name, hosts[0][0], hosts[0][3]) == ("c", "127.0.0.1:1", 0)
        application.set_health("c", "127.0.0.1:1", 1)
        assert application.host_stats()[0][5][0][3] == 1
        endpoint.address.socket_address.port_value = 2
        application.update_hosts("c", cluster.load_assignment.SerializeToString())
        assert application.host_stats()[0][5][0][0] == "127.0.0.1:2"
        application.set_runtime({"upstream.healthy_panic_threshold": "0"})
        application.remove_cluster("c")
        assert application.host_stats() == []

    run(body)


def test_draining_reaches_the_filters_context() -> None:
    async def body(application: ProxyApplication) -> None:
        application.set_drain(DrainChange(is_draining=True, health_check_failed=True))
        assert application._context.drain.should_close()
        assert application._context.drain.health_check_failed

    run(body)


def test_log_files_are_reopened_and_written_at_the_end(tmp_path: Path) -> None:
    path = tmp_path / "log"

    async def body(application: ProxyApplication) -> None:
        assert application._context.log_files is not None
        file = application._context.log_files.open(str(path))
        file.write(b"buffered\n")

    run(body)
    assert path.read_bytes() == b"buffered\n"
