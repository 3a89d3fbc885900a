"""envoy.http.original_ip_detection.xff: the client's address by x-forwarded-for, past the proxies that are trusted."""

from __future__ import annotations

import ipaddress
from typing import Any

from portico.api.address import Address
from portico.api.context import FactoryContext
from portico.api.errors import ConfigError, inside
from portico.api.headers import RequestHeaders
from portico.api.registries import ORIGINAL_IP_DETECTORS
from portico.api.stream_info import ConnectionInfo
from portico.http.forwarded import XFF, AddressDetector, Detected, Network, address_from_right
from portico.http.from_proto import networks


class TrustedHops(AddressDetector):
    """Skips a fixed number of entries from the right."""

    def __init__(self, hops: int) -> None:
        self._hops = hops

    def detect(self, headers: RequestHeaders, connection: ConnectionInfo) -> Detected | None:
        forwarded = headers.joined(XFF)
        if forwarded is None:
            return None
        address = address_from_right(forwarded, self._hops)
        return None if address is None else Detected(address, self._hops == 0 and b"," not in forwarded)


class TrustedNetworks(AddressDetector):
    """Skips entries from the right while they lie in trusted networks, if the peer itself does."""

    def __init__(self, networks: list[Network]) -> None:
        self._networks = networks

    def detect(self, headers: RequestHeaders, connection: ConnectionInfo) -> Detected | None:
        if not self._is_trusted(connection.remote_address):
            return None
        forwarded = headers.joined(XFF)
        if forwarded is None:
            return None
        found: Address | None = None
        for skip in range(forwarded.count(b",") + 1):
            found = address_from_right(forwarded, skip)
            if found is None or not self._is_trusted(found):
                break
        return None if found is None else Detected(found, False)

    def _is_trusted(self, address: Address) -> bool:
        if address.is_pipe:
            return False
        ip = ipaddress.ip_address(address.ip)
        return any([ip in network for network in self._networks])


@ORIGINAL_IP_DETECTORS.register(
    "envoy.extensions.http.original_ip_detection.xff.v3.XffConfig",
    frozenset({"xff_num_trusted_hops", "xff_trusted_cidrs", "skip_xff_append"}),
)
def xff(config: Any, context: FactoryContext) -> AddressDetector:
    if config.HasField("xff_trusted_cidrs") and config.xff_num_trusted_hops:
        raise ConfigError("", "", "Cannot set both xff_num_trusted_hops and xff_trusted_cidrs")
    detector: AddressDetector = TrustedHops(config.xff_num_trusted_hops)
    if config.HasField("xff_trusted_cidrs"):
        with inside("xff_trusted_cidrs"):
            detector = TrustedNetworks(networks(config.xff_trusted_cidrs.cidrs))
    detector.appends_peer = config.HasField("skip_xff_append") and not config.skip_xff_append.value
    return detector
