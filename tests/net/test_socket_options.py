import socket
import sys

import pytest

from portico.net.socket_options import freebind, keepalive


def test_keepalive_numbers_reach_the_socket() -> None:
    with socket.socket() as plain:
        for level, name, value in keepalive(3, 40, 5):
            plain.setsockopt(level, name, value)
        assert plain.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 1
        assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT) == 3
        assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) == 40
        assert plain.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL) == 5


def test_unset_numbers_stay_the_systems() -> None:
    assert keepalive(0, 0, 0) == [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]


@pytest.mark.skipif(sys.platform != "linux", reason="IP_FREEBIND is Linux's")
def test_freebind_binds_to_an_address_nobody_has() -> None:
    with socket.socket() as plain:
        with pytest.raises(OSError, match="assign"):
            plain.bind(("192.0.2.77", 0))
        for level, name, value in freebind():
            plain.setsockopt(level, name, value)
        plain.bind(("192.0.2.77", 0))
