"""Where a peer is: an IP address and port, or a unix socket path."""

from __future__ import annotations


class Address:
    """One endpoint. ``text`` is what logs, stats and admin print for it.

    A pipe has ``ip == ""`` and ``path`` set; ``@name`` is an abstract socket.
    """

    def __init__(self, ip: str, port: int, path: str = "") -> None:
        self.ip = ip
        self.port = port
        self.path = path
        self.is_ipv6 = ":" in ip
        if path:
            self.text = path
        elif self.is_ipv6:
            self.text = f"[{ip}]:{port}"
        else:
            self.text = f"{ip}:{port}"
        # Admin and logs print host names beside addresses; addresses themselves are ASCII.
        self.wire = self.text.encode()

    @property
    def is_pipe(self) -> bool:
        return bool(self.path)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Address) and self.text == other.text

    def __hash__(self) -> int:
        return hash(self.text)

    def __repr__(self) -> str:
        return f"Address({self.text})"


NO_ADDRESS = Address("", 0)


def pipe(path: str) -> Address:
    return Address("", 0, path)
