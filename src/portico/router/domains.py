"""Domains to virtual hosts: exact names, wildcards at either end, and ``*``."""

from __future__ import annotations

from portico.router.virtual_host import VirtualHost


class DomainTable:
    """Finds the virtual host of a host name. Names and domains are compared in lower case."""

    def __init__(self) -> None:
        self.default: VirtualHost | None = None
        self._exact: dict[bytes, VirtualHost] = {}
        # By falling length of what stands beside the asterisk: the longest wildcard wins.
        self._suffixes: list[tuple[int, dict[bytes, VirtualHost]]] = []
        self._prefixes: list[tuple[int, dict[bytes, VirtualHost]]] = []
        self.only_default = True

    def add(self, domain: str, host: VirtualHost) -> bool:
        """False, and nothing changes, when the domain is taken."""
        name = domain.lower().encode()
        if name == b"*":
            if self.default is not None:
                return False
            self.default = host
            return True
        self.only_default = False
        if name.startswith(b"*"):
            return _put(self._suffixes, name[1:], host)
        if name.endswith(b"*"):
            return _put(self._prefixes, name[:-1], host)
        if name in self._exact:
            return False
        self._exact[name] = host
        return True

    def find(self, authority: bytes) -> VirtualHost | None:
        name = authority.lower()
        found = self._exact.get(name)
        if found is not None:
            return found
        size = len(name)
        for length, hosts in self._suffixes:
            # "*.a.test" does not hold ".a.test": the asterisk stands for something.
            if length < size:
                found = hosts.get(name[size - length :])
                if found is not None:
                    return found
        for length, hosts in self._prefixes:
            if length < size:
                found = hosts.get(name[:length])
                if found is not None:
                    return found
        return self.default


def _put(tables: list[tuple[int, dict[bytes, VirtualHost]]], part: bytes, host: VirtualHost) -> bool:
    for length, hosts in tables:
        if length == len(part):
            if part in hosts:
                return False
            hosts[part] = host
            return True
    tables.append((len(part), {part: host}))
    tables.sort(key=_falling_length)
    return True


def _falling_length(table: tuple[int, dict[bytes, VirtualHost]]) -> int:
    return -table[0]
