"""An address of this machine, or its loopback."""

import ipaddress
import socket

import pytest

from portico.main.local_address import local_ip


@pytest.mark.parametrize(("version", "kind"), [("v4", ipaddress.IPv4Address), ("v6", ipaddress.IPv6Address)])
def test_is_of_the_version_and_can_be_bound(version: str, kind: type) -> None:
    ip = local_ip(version)
    assert isinstance(ipaddress.ip_address(ip), kind)
    if version == "v4":
        with socket.socket() as one:
            one.bind((ip, 0))
