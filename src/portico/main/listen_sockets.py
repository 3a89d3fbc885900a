"""The sockets of a listener: bound by main before anyone serves, one for each worker and address.

Main keeps every socket open. A worker that dies leaves its accept queue to its successor.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

from portico.api.address import Address, pipe

# Linux: include/uapi/linux/in.h and in6.h; Python does not name them.
IP_FREEBIND: Final = 15
IPV6_FREEBIND: Final = 78
IP_TRANSPARENT: Final = 19
IPV6_TRANSPARENT: Final = 75
SO_REUSEPORT_BALANCES: Final = sys.platform == "linux"  # elsewhere the last socket bound takes every connection

STATE_PREBIND: Final = 0
STATE_BOUND: Final = 1
STATE_LISTENING: Final = 2


class BindError(Exception):
    """A listener cannot have its address. The text is Envoy's."""

    def __init__(self, listener: str, address: str, error: OSError) -> None:
        super().__init__(f"cannot bind '{address}': {os.strerror(error.errno) if error.errno else error}")
        self.listener = listener


class BoundListener:
    """A listener's sockets: ``rows[worker][address]``. Workers that share a socket hold the same object."""

    def __init__(self, name: str, rows: list[list[socket.socket]], addresses: list[Address], backlog: int) -> None:
        self.name = name
        self.rows = rows
        self.addresses = addresses  # as bound: port 0 has become a port
        self._backlog = backlog
        self._late_options: list[tuple[socket.socket, Any]] = []

    def set_late_options(self, late: list[tuple[socket.socket, Any]]) -> None:
        self._late_options = late

    def listen(self) -> None:
        """From here on the kernel accepts for us. OSError where two processes bound the same address before either."""
        for each in self._sockets():
            each.listen(self._backlog)
        for each, option in self._late_options:
            set_option(each, option)

    def close(self) -> None:
        for each in self._sockets():
            each.close()

    def _sockets(self) -> list[socket.socket]:
        return list({id(each): each for row in self.rows for each in row}.values())

    def __repr__(self) -> str:
        return f"BoundListener({self.name}, {[each.text for each in self.addresses]})"


def bind_listener(listener: Any, concurrency: int) -> BoundListener:
    """Sockets for an envoy.config.listener.v3.Listener, bound but not listening. Raises BindError."""
    binder = Binder(listener, concurrency)
    try:
        if binder.is_bound():
            binder.bind(listener.address, listener.socket_options)
            for additional in listener.additional_addresses:
                own = additional.HasField("socket_options")
                options = additional.socket_options.socket_options if own else listener.socket_options
                binder.bind(additional.address, options)
    except BindError:
        binder.bound.close()
        raise
    return binder.bound


class Binder:
    """Binds one listener's addresses, one after the other."""

    def __init__(self, listener: Any, concurrency: int) -> None:
        backlog = listener.tcp_backlog_size.value if listener.HasField("tcp_backlog_size") else default_backlog()
        self.bound = BoundListener(listener.name, [[] for _ in range(concurrency)], [], backlog)
        self._listener = listener
        self._late: list[tuple[socket.socket, Any]] = []
        self.bound.set_late_options(self._late)
        wanted = not listener.HasField("enable_reuse_port") or listener.enable_reuse_port.value
        self._is_reuse_port = wanted and SO_REUSEPORT_BALANCES
        # net/exact_balance: the workers take turns at one queue.
        self._is_shared = not self._is_reuse_port or listener.connection_balance_config.HasField("exact_balance")

    def is_bound(self) -> bool:
        listener = self._listener
        explicit = listener.bind_to_port.value if listener.HasField("bind_to_port") else True
        return bool(explicit) and not listener.HasField("internal_listener")

    def bind(self, address: Any, options: Any) -> None:
        if address.HasField("pipe"):
            self._bind_pipe(address.pipe, options)
        else:
            self._bind_ip(address.socket_address, options)

    def _bind_pipe(self, message: Any, options: Any) -> None:
        """One socket for all: a path has one inode. Source: envoy source/common/network/socket_impl.cc, bind."""
        one = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        path = message.path
        try:
            if path.startswith("@"):
                one.bind("\0" + path[1:])
            else:
                with suppress(FileNotFoundError):
                    os.unlink(path)  # a socket that a dead process left behind would refuse the bind
                one.bind(path)
                if message.mode:
                    os.chmod(path, message.mode)
        except OSError as error:
            one.close()
            raise BindError(self._listener.name, path, error) from None
        self._keep([one], pipe(path), options)

    def _bind_ip(self, message: Any, options: Any) -> None:
        address = Address(message.address, message.port_value)
        sockets: list[socket.socket] = []
        for _ in (0,) if self._is_shared else self.bound.rows:
            family = socket.AF_INET6 if address.is_ipv6 else socket.AF_INET
            one = socket.socket(family, socket.SOCK_STREAM)
            sockets.append(one)
            try:
                self._prepare(one, family, message.ipv4_compat, options)
                one.bind((address.ip, address.port))
            except OSError as error:
                for each in sockets:
                    each.close()
                raise BindError(self._listener.name, address.text, error) from None
            # Port 0: the first socket is given a port, the other workers' join it there.
            address = Address(message.address, one.getsockname()[1])
        self._keep(sockets, address, options)

    def _prepare(self, one: socket.socket, family: int, is_ipv4_compat: bool, options: Any) -> None:
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self._is_reuse_port:
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        is_v6 = family == socket.AF_INET6
        level = socket.IPPROTO_IPV6 if is_v6 else socket.IPPROTO_IP
        if is_v6:
            one.setsockopt(level, socket.IPV6_V6ONLY, 0 if is_ipv4_compat else 1)
        if self._listener.freebind.value:
            one.setsockopt(level, IPV6_FREEBIND if is_v6 else IP_FREEBIND, 1)
        if self._listener.transparent.value:
            one.setsockopt(level, IPV6_TRANSPARENT if is_v6 else IP_TRANSPARENT, 1)
        for option in options:
            if option.state == STATE_PREBIND:
                set_option(one, option)

    def _keep(self, sockets: list[socket.socket], address: Address, options: Any) -> None:
        listener = self._listener
        for one in sockets:
            one.setblocking(False)
            if listener.HasField("tcp_fast_open_queue_length") and not address.is_pipe:
                one.setsockopt(socket.IPPROTO_TCP, socket.TCP_FASTOPEN, listener.tcp_fast_open_queue_length.value)
            for option in options:
                if option.state == STATE_BOUND:
                    set_option(one, option)
                elif option.state == STATE_LISTENING:
                    self._late.append((one, option))
        for index, row in enumerate(self.bound.rows):
            row.append(sockets[index % len(sockets)])
        self.bound.addresses.append(address)


def default_backlog() -> int:
    """Source: envoy config.listener.v3.Listener, tcp_backlog_size: the system's maximum where it is told, else 128."""
    try:
        return int(Path("/proc/sys/net/core/somaxconn").read_text())
    except OSError:
        return 128


def set_option(one: socket.socket, option: Any) -> None:
    """An envoy.config.core.v3.SocketOption."""
    value = option.buf_value if option.WhichOneof("value") == "buf_value" else struct.pack("i", option.int_value)
    one.setsockopt(option.level, option.name, value)
