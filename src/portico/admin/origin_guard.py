"""Whether a request may change something: a browser on a stranger's page must not.

Envoy has no such check. A script (curl, a probe) sends no Origin and is not concerned.
"""

from __future__ import annotations

import ipaddress
import socket
from urllib.parse import urlsplit


class OriginGuard:
    """Judges by Origin and Host. ``own_names``: host names this machine is known by, beside addresses."""

    def __init__(self, own_names: frozenset[str]) -> None:
        self.own_names = own_names | {"localhost"}

    def allows(self, origin: str | None, host: str) -> bool:
        """Cross-origin requests are refused, and same-origin ones whose host may be a name that was bent to us.

        The second is DNS rebinding: Origin and Host agree, but on the attacker's name. An address cannot be rebound.
        """
        if origin is None:
            return True
        parts = urlsplit(origin)
        if parts.scheme not in ("http", "https") or parts.netloc != host:
            return False
        return self.is_own(parts.hostname or "")

    def is_own(self, name: str) -> bool:
        if name in self.own_names or name.endswith(".localhost"):
            return True
        try:
            ipaddress.ip_address(name)
        except ValueError:
            return False
        return True


def own_host_names() -> frozenset[str]:
    """What the system says without asking the network."""
    return frozenset([socket.gethostname().lower()])
