"""Listeners: bound, told to workers, closed."""

import socket
from typing import Any

import pytest

from portico.config.protos import message_class
from portico.ipc.messages import ListenersStop, ListenerUpdate
from portico.main.listen_sockets import BindError
from portico.main.listeners import Listeners
from portico.stats.process_stats import ListenerManagerStats
from portico.stats.store import StatsStore
from tests.main.recording import RecordingSupervisor


def listener(name: str, port: int = 0, direction: int = 0) -> Any:
    message = message_class("envoy.config.listener.v3.Listener")(name=name, traffic_direction=direction)
    message.address.socket_address.address = "127.0.0.1"
    message.address.socket_address.port_value = port
    return message


class Made:
    def __init__(self) -> None:
        self.supervisor = RecordingSupervisor()
        self.stats = ListenerManagerStats(StatsStore().scope("listener_manager"))
        self.listeners = Listeners(2, self.supervisor, self.stats)


def test_workers_are_told_when_it_listens_with_their_sockets_and_real_ports() -> None:
    made = Made()
    made.listeners.bind(listener("l"))
    assert made.supervisor.told == []
    made.listeners.listen()
    (update,) = made.supervisor.told
    assert isinstance(update, ListenerUpdate)
    ((ip, port, _),) = update.addresses
    assert (update.name, ip) == ("l", "127.0.0.1")
    assert port != 0
    assert len(made.supervisor.rows[0]) == 2
    assert [status.addresses[0].port for status in made.listeners.status()] == [port]
    made.listeners.close_all()


def test_counts_what_it_has() -> None:
    made = Made()
    made.listeners.bind(listener("a"))
    made.listeners.bind(listener("b"))
    made.listeners.listen()
    assert made.stats.listener_added.value == 2
    assert made.stats.listener_create_success.value == 4
    assert made.stats.total_listeners_active.value == 2
    made.listeners.close_all()


def test_a_stopped_listener_refuses_and_stays_listed() -> None:
    made = Made()
    made.listeners.bind(listener("a"))
    made.listeners.listen()
    port = made.listeners.status()[0].addresses[0].port
    made.listeners.stop(("a",))
    made.listeners.stop(("a",))
    assert made.supervisor.told[-1] == ListenersStop(("a",))
    assert made.stats.listener_stopped.value == 1
    assert made.listeners.names() == ("a",)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    made.listeners.close_all()


def test_a_taken_address_is_raised_and_counted() -> None:
    made = Made()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(BindError):
            made.listeners.bind(listener("l", taken.getsockname()[1]))
    assert made.stats.listener_create_failure.value == 2
    assert made.listeners.names() == ()


def test_inbound_listeners_can_be_named_alone() -> None:
    made = Made()
    made.listeners.bind(listener("in", direction=1))
    made.listeners.bind(listener("out", direction=2))
    made.listeners.bind(listener("either"))
    assert made.listeners.names() == ("in", "out", "either")
    assert made.listeners.names(inbound_only=True) == ("in",)
    made.listeners.close_all()
