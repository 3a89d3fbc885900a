"""Sockets of a listener: how many, where, with which options; and who gets told when there is none to be had."""

import os
import socket
import stat
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portico.config.protos import message_class
from portico.main.listen_sockets import SO_REUSEPORT_BALANCES, BindError, BoundListener, bind_listener

LISTENER = "envoy.config.listener.v3.Listener"


@pytest.fixture
def bound() -> Iterator[list[BoundListener]]:
    made: list[BoundListener] = []
    yield made
    for each in made:
        each.close()


def listener(ip: str = "127.0.0.1", port: int = 0) -> Any:
    message = message_class(LISTENER)(name="l")
    message.address.socket_address.address = ip
    message.address.socket_address.port_value = port
    return message


def pipe_listener(path: str, mode: int = 0) -> Any:
    message = message_class(LISTENER)(name="l")
    message.address.pipe.path = path
    message.address.pipe.mode = mode
    return message


@pytest.mark.skipif(not SO_REUSEPORT_BALANCES, reason="SO_REUSEPORT balances on Linux only")
def test_every_worker_has_a_socket_of_its_own_on_the_same_port(bound: list[BoundListener]) -> None:
    bound.append(bind_listener(listener(), 3))
    sockets = [row[0] for row in bound[0].rows]
    assert len({each.fileno() for each in sockets}) == 3
    assert {each.getsockname()[1] for each in sockets} == {bound[0].addresses[0].port}
    assert bound[0].addresses[0].port != 0


def test_without_reuse_port_all_share_one(bound: list[BoundListener]) -> None:
    message = listener()
    message.enable_reuse_port.value = False
    bound.append(bind_listener(message, 3))
    assert len({row[0].fileno() for row in bound[0].rows}) == 1


def test_workers_that_take_turns_share_one(bound: list[BoundListener]) -> None:
    message = listener()
    message.connection_balance_config.exact_balance.SetInParent()
    bound.append(bind_listener(message, 3))
    assert len({row[0].fileno() for row in bound[0].rows}) == 1


def test_every_address_has_its_sockets_in_order(bound: list[BoundListener]) -> None:
    message = listener()
    message.additional_addresses.add().address.socket_address.address = "127.0.0.2"
    bound.append(bind_listener(message, 2))
    assert [address.ip for address in bound[0].addresses] == ["127.0.0.1", "127.0.0.2"]
    for row in bound[0].rows:
        assert [each.getsockname()[0] for each in row] == ["127.0.0.1", "127.0.0.2"]


def test_ipv6_is_ipv6_alone_unless_compatibility_is_asked_for(bound: list[BoundListener]) -> None:
    try:
        bound.append(bind_listener(listener("::"), 1))
    except BindError:
        pytest.skip("no IPv6 here")
    compatible = listener("::")
    compatible.address.socket_address.ipv4_compat = True
    bound.append(bind_listener(compatible, 1))
    only = [each.rows[0][0].getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY) for each in bound]
    assert only == [1, 0]


def test_connections_are_refused_until_it_listens(bound: list[BoundListener]) -> None:
    bound.append(bind_listener(listener(), 1))
    port = bound[0].addresses[0].port
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))
    bound[0].listen()
    socket.create_connection(("127.0.0.1", port)).close()


def test_a_port_in_use_is_named_as_envoy_names_it() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(BindError) as caught:
            bind_listener(listener(port=port), 2)
    assert str(caught.value) == f"cannot bind '127.0.0.1:{port}': Address already in use"
    assert caught.value.listener == "l"


def test_an_address_of_another_machine_is_named() -> None:
    with pytest.raises(BindError, match=r"cannot bind '192\.0\.2\.77:1': Cannot assign requested address"):
        bind_listener(listener("192.0.2.77", 1), 1)


def test_what_was_bound_before_the_failure_is_closed() -> None:
    before = len(os.listdir("/dev/fd"))
    message = listener()
    message.additional_addresses.add().address.socket_address.address = "192.0.2.77"
    with pytest.raises(BindError):
        bind_listener(message, 4)
    assert len(os.listdir("/dev/fd")) == before


def test_a_unix_socket_is_one_for_all_with_its_mode(bound: list[BoundListener], tmp_path: Path) -> None:
    path = tmp_path / "s"
    bound.append(bind_listener(pipe_listener(str(path), 0o640), 2))
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert bound[0].rows[0][0] is bound[0].rows[1][0]
    assert bound[0].addresses[0].path == str(path)


def test_a_unix_socket_that_was_left_behind_is_replaced(bound: list[BoundListener], tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as dead:
        dead.bind(str(path))
    bound.append(bind_listener(pipe_listener(str(path)), 1))
    bound[0].listen()
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(str(path))


@pytest.mark.skipif(sys.platform != "linux", reason="abstract sockets are Linux's")
def test_an_abstract_socket_has_no_file(bound: list[BoundListener]) -> None:
    bound.append(bind_listener(pipe_listener(f"@portico-test-{os.getpid()}"), 1))
    assert bound[0].rows[0][0].getsockname() == b"\0portico-test-%d" % os.getpid()


def test_bind_to_port_false_binds_nothing(bound: list[BoundListener]) -> None:
    message = listener()
    message.bind_to_port.value = False
    bound.append(bind_listener(message, 2))
    assert bound[0].rows == [[], []]
    assert bound[0].addresses == []


def test_socket_options_are_set_in_their_state(bound: list[BoundListener]) -> None:
    message = listener()
    for state, (name, value) in enumerate(
        [(socket.SO_RCVBUF, 65536), (socket.SO_SNDBUF, 65536), (socket.SO_KEEPALIVE, 1)]
    ):
        message.socket_options.add(level=socket.SOL_SOCKET, name=name, int_value=value, state=state)
    bound.append(bind_listener(message, 1))
    one = bound[0].rows[0][0]
    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF) >= 65536
    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF) >= 65536
    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
    bound[0].listen()
    assert one.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1


def test_an_option_the_system_refuses_is_told_like_a_bind() -> None:
    message = listener()
    message.socket_options.add(level=socket.SOL_SOCKET, name=9999, int_value=1)
    with pytest.raises(BindError, match=r"cannot bind '127\.0\.0\.1:0': Protocol not available"):
        bind_listener(message, 1)
