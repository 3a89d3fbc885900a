"""The demo's configuration and ports. The demo itself runs in tests/integration/test_demo.py."""

import socket

import pytest

from portico.cli.demo import ADMIN, CONFIG, FRONT, USERS, WEB, demo_ports, listen_near, with_ports
from portico.cli.flags import UsageError
from portico.main.validation import validate
from tests.main.configs import options


def test_its_configuration_is_good_and_nothing_in_it_is_ignored(capfd: pytest.CaptureFixture[str]) -> None:
    assert validate(options(CONFIG.read_text())) == 0
    assert "warning" not in capfd.readouterr().err


def test_every_port_can_be_moved() -> None:
    moved = with_ports(CONFIG.read_text(), {FRONT: 1, ADMIN: 2, USERS: 3, WEB: 4})
    assert [moved.count(f"port_value: {port} ") for port in (1, 2, 3, 4)] == [1, 1, 1, 1]
    assert not [port for port in (FRONT, ADMIN, USERS, WEB) if f"port_value: {port}" in moved]


def test_ports_are_two_numbers() -> None:
    assert demo_ports(None) == (FRONT, ADMIN)
    assert demo_ports("1,2") == (1, 2)
    with pytest.raises(UsageError, match="must be two ports"):
        demo_ports("80")


def test_services_take_another_port_if_theirs_is_taken() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with listen_near(port) as other:
            assert other.getsockname()[1] not in (0, port)
