"""Socket options by what they are for; elsewhere they are (level, name, value)."""

from __future__ import annotations

import socket
from typing import Final

SocketOptions = list[tuple[int, int, int | bytes]]

# Only Linux has it, and Python names it nowhere. Source: linux/in.h.
IP_FREEBIND: Final = 15


def keepalive(probes: int, idle_s: int, interval_s: int) -> SocketOptions:
    """TCP keepalive; 0 leaves a number to the system."""
    options: SocketOptions = [(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)]
    # macOS says TCP_KEEPALIVE where others say TCP_KEEPIDLE.
    idle = getattr(socket, "TCP_KEEPIDLE", None) or getattr(socket, "TCP_KEEPALIVE", None)
    if probes:
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPCNT, probes))
    if idle_s and idle is not None:
        options.append((socket.IPPROTO_TCP, idle, idle_s))
    if interval_s:
        options.append((socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, interval_s))
    return options


def freebind() -> SocketOptions:
    """Bind to an address that this machine does not have yet."""
    return [(socket.IPPROTO_IP, IP_FREEBIND, 1)]
