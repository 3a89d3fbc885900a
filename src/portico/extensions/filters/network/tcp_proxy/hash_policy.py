"""``hash_policy``: what sticks a connection to a host."""

from __future__ import annotations

import xxhash

from portico.api.stream_info import StreamInfo
from portico.extensions.filters.network.tcp_proxy.config import HashPolicy


class SourceIpHash(HashPolicy):
    """The peer's address without its port."""

    def hash_key(self, info: StreamInfo) -> int | None:
        ip = info.connection.remote_address.ip
        return _hash(ip) if ip else None


class FilterStateHash(HashPolicy):
    """What an earlier filter left under a key."""

    def __init__(self, key: str) -> None:
        self._key = key

    def hash_key(self, info: StreamInfo) -> int | None:
        value = filter_state(info, self._key)
        return None if value is None else _hash(str(value))


def filter_state(info: StreamInfo, key: str) -> object | None:
    """The connection's own, or the stream's; None when no filter set it."""
    for state in (info.filter_state, info.connection.filter_state):
        if state is not None and key in state:
            found: object = state[key]
            return found
    return None


def _hash(text: str) -> int:
    digest: int = xxhash.xxh64_intdigest(text.encode())
    return digest
