"""The address of this machine that others reach it at."""

from __future__ import annotations

import socket
from typing import Final

# RFC 5737, RFC 3849: reserved for documents, so nobody is there. Connecting a datagram socket sends nothing.
ELSEWHERE: Final = {"v4": (socket.AF_INET, "192.0.2.1"), "v6": (socket.AF_INET6, "2001:db8::1")}
LOOPBACK: Final = {"v4": "127.0.0.1", "v6": "::1"}


def local_ip(version: str) -> str:
    """Of the interface that leads out; the loopback address where none does. ``version``: v4 or v6."""
    family, somewhere = ELSEWHERE[version]
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((somewhere, 9))
            found: str = probe.getsockname()[0]
    except OSError:
        return LOOPBACK[version]
    return found
