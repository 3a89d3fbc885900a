"""Inputs that look at the connection."""

from __future__ import annotations

from typing import Final

from portico.api.address import Address
from portico.api.stream_info import ConnectionInfo
from portico.matching.tree.data import MatchData, MatchInput


def source_address(data: MatchData) -> Address:
    """The peer: of a request the trusted client address, of a connection what PROXY protocol or TCP says."""
    return data.connection.remote_address if data.info is None else data.info.downstream_remote_address()


def _ip(address: Address) -> bytes | None:
    return address.ip.encode() if address.ip else None


def _port(address: Address) -> bytes | None:
    return b"%d" % address.port if address.ip else None


class DestinationIpInput(MatchInput):
    def value(self, data: MatchData) -> bytes | None:
        return _ip(data.connection.local_address)


class DestinationPortInput(MatchInput):
    def value(self, data: MatchData) -> bytes | None:
        return _port(data.connection.local_address)


class SourceIpInput(MatchInput):
    def value(self, data: MatchData) -> bytes | None:
        return _ip(source_address(data))


class SourcePortInput(MatchInput):
    def value(self, data: MatchData) -> bytes | None:
        return _port(source_address(data))


class DirectSourceIpInput(MatchInput):
    """The TCP peer, whatever PROXY protocol or x-forwarded-for say."""

    def value(self, data: MatchData) -> bytes | None:
        return _ip(data.connection.direct_remote_address)


class SourceTypeInput(MatchInput):
    """``local`` for a loopback peer or one with the connection's own local address; nothing otherwise."""

    def value(self, data: MatchData) -> bytes | None:
        return b"local" if is_local(data.connection) else None


class ServerNameInput(MatchInput):
    """The SNI, lower case; nothing when there was none."""

    def value(self, data: MatchData) -> bytes | None:
        name = data.connection.requested_server_name
        return name.encode("latin-1") if name else None


class TransportProtocolInput(MatchInput):
    """``raw_buffer``, ``tls`` or ``quic``."""

    def value(self, data: MatchData) -> bytes | None:
        return data.connection.transport_protocol.encode() or None


class ApplicationProtocolInput(MatchInput):
    """The ALPN list as Envoy writes it: ``'h2','http/1.1'``."""

    def value(self, data: MatchData) -> bytes | None:
        names = data.connection.application_protocols
        if not names:
            return None
        return b",".join([b"'" + name.encode("latin-1") + b"'" for name in names])


_LOOPBACK: Final = frozenset(["127.0.0.1", "::1"])  # measured on Envoy 1.40: not the rest of 127.0.0.0/8


def is_local(connection: ConnectionInfo) -> bool:
    """Whether the peer is this machine. Source: envoy Network::Utility::isSameIpOrLoopback."""
    remote = connection.remote_address
    if remote.is_pipe:
        return True
    return bool(remote.ip) and (remote.ip == connection.local_address.ip or remote.ip in _LOOPBACK)
