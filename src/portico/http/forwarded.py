"""What a request is trusted with: hop-by-hop fields, x-forwarded-*, x-envoy-* sanitising, internal or external.

Order and rules: envoy source/common/http/conn_manager_utility.cc, mutateRequestHeaders; Envoy documentation, "HTTP header
sanitizing".
"""

from __future__ import annotations

import ipaddress
from typing import Final

from mypy_extensions import mypyc_attr

from portico.api.address import Address
from portico.api.clock import Random
from portico.api.headers import RequestHeaders
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.http.request_id import RequestIdRules

XFF: Final = b"x-forwarded-for"
XFP: Final = b"x-forwarded-proto"

# Meant for this hop only (RFC 9110 §7.6.1), or for the proxy itself.
_STRIP_ALWAYS: Final = frozenset(
    [
        b"connection",
        b"keep-alive",
        b"proxy-connection",
        b"transfer-encoding",
        b"upgrade",
        b"x-envoy-internal",
        b"x-forwarded-client-cert",
    ]
)
_UPGRADE: Final = frozenset([b"connection", b"upgrade"])
_HOP_OPTIONS: Final = frozenset([b"connection", b"te"])
# What only a trusted peer may ask for. Source: ConnectionManagerUtility::cleanInternalHeaders.
_STRIP_EXTERNAL: Final = frozenset(
    [
        b"x-envoy-retriable-status-codes",
        b"x-envoy-retriable-header-names",
        b"x-envoy-retry-on",
        b"x-envoy-retry-grpc-on",
        b"x-envoy-max-retries",
        b"x-envoy-upstream-alt-stat-name",
        b"x-envoy-upstream-rq-timeout-ms",
        b"x-envoy-upstream-rq-per-try-timeout-ms",
        b"x-envoy-upstream-rq-timeout-alt-response",
        b"x-envoy-expected-rq-timeout-ms",
        b"x-envoy-force-trace",
        b"x-envoy-ip-tags",
        b"x-envoy-original-url",
        b"x-envoy-hedge-on-per-try-timeout",
    ]
)
_STRIP_EDGE: Final = frozenset(
    [
        b"x-envoy-decorator-operation",
        b"x-envoy-downstream-service-cluster",
        b"x-envoy-downstream-service-node",
        b"x-envoy-original-path",
        b"x-envoy-original-host",
    ]
)
_CONNECTION_OPTIONS: Final = frozenset([b"close", b"keep-alive", b"upgrade", b"te", b"http2-settings", b""])
# A client may not have these dropped by nominating them: the next hop trusts them.
_NOT_NOMINABLE: Final = frozenset(
    [b"x-forwarded-for", b"x-forwarded-host", b"x-forwarded-proto", b"host", b"content-length"]
)

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ForwardingRules:
    """One connection manager's settings, and the one decision they make per request."""

    def __init__(self) -> None:
        self.use_remote_address = False
        self.skip_xff_append = False
        self.xff_num_trusted_hops = 0
        self.append_x_forwarded_port = False
        self.internal_networks: list[Network] = []
        self.unix_sockets_are_internal = False
        self.via = b""
        self.user_agent_cluster = b""  # add_user_agent: this node's cluster; b"" = off
        self.user_agent_node = b""
        self.scheme_to_overwrite = b""
        self.match_scheme_to_upstream = False
        self.local_ip = b"127.0.0.1"  # stands in for loopback peers in XFF
        self.request_id = RequestIdRules(True, False)
        self.detectors: list[AddressDetector] = []  # original_ip_detection_extensions

    def apply(self, headers: RequestHeaders, info: StreamInfo, random: Random, is_upgrade: bool) -> bool:
        """Rewrite ``headers`` for the filters and set ``info``'s remote address and request id.

        False = the request is refused with 403 (an address detector says so).
        """
        if headers.has_any(_HOP_OPTIONS):
            self._strip_hop(headers)
        is_secure = info.connection.tls is not None
        forwarded = headers.joined(XFF)
        is_trusted = self._find_client(headers, info, forwarded)
        is_internal = is_trusted and self.is_internal(info.remote_address)
        is_edge = self.use_remote_address and not is_internal
        # Before anything is added, so that a block that repeats itself is stripped once.
        strip = _STRIP_ALWAYS if is_internal else _STRIP_FOR_EDGE if is_edge else _STRIP_FOR_EXTERNAL
        headers.remove_any(strip - _UPGRADE if is_upgrade else strip)
        self._add_forwarded(headers, info, b"https" if is_secure else b"http")
        if is_internal:
            headers.set(b"x-envoy-internal", b"true")
        if self.user_agent_cluster:
            headers.set(b"x-envoy-downstream-service-cluster", self.user_agent_cluster)
            headers.set(b"x-envoy-downstream-service-node", self.user_agent_node)
        if is_edge:
            headers.set(b"x-envoy-external-address", info.remote_address.ip.encode())
        self.request_id.apply(headers, info, is_edge, random)
        if self.via:
            headers.append(b"via", self.via, b", ")
        return True

    def _strip_hop(self, headers: RequestHeaders) -> None:
        if headers.has(b"connection"):
            strip_nominated(headers)
        te = headers.get(b"te")
        if te is not None:
            sanitize_te(headers, te)

    def _find_client(self, headers: RequestHeaders, info: StreamInfo, forwarded: bytes | None) -> bool:
        """Set ``info.remote_address``; True when it is good enough to decide whether the caller is internal."""
        hops = self.xff_num_trusted_hops
        if self.use_remote_address:
            if hops and forwarded is not None:
                info.remote_address = address_from_right(forwarded, hops - 1) or info.remote_address
            return forwarded is None
        for detector in self.detectors:
            found = detector.detect(headers, info.connection)
            if found is not None:
                info.remote_address = found.address
                return found.is_trusted
        if forwarded is None or self.detectors:
            return True
        address = address_from_right(forwarded, hops)
        if address is None:
            return False
        info.remote_address = address
        return hops == 0 and b"," not in forwarded

    def _add_forwarded(self, headers: RequestHeaders, info: StreamInfo, scheme: bytes) -> None:
        """x-forwarded-for, -proto and -port, and the scheme that follows from them."""
        connection = info.connection
        claimed = headers.get(XFP)
        if self.use_remote_address:
            if not self.skip_xff_append:
                peer = connection.remote_address
                is_local = peer.ip.startswith("127.") or peer.ip == "::1"
                headers.append(XFF, self.local_ip if is_local else peer.ip.encode())
            if claimed is not None and not self.xff_num_trusted_hops:
                headers.set(XFP, scheme)
                claimed = scheme
        if claimed is None:
            headers.add(XFP, scheme)
            claimed = scheme
        if self.append_x_forwarded_port and not headers.has(b"x-forwarded-port"):
            headers.add(b"x-forwarded-port", b"%d" % connection.local_address.port)
        if self.scheme_to_overwrite:
            headers.scheme = self.scheme_to_overwrite
        elif claimed is scheme:
            headers.scheme = scheme
        else:
            lower = claimed.lower()
            headers.scheme = lower if lower in (b"http", b"https") else scheme

    def is_internal(self, address: Address) -> bool:
        """Whether internal_address_config names ``address``; nothing is internal without it."""
        if address.is_pipe:
            return self.unix_sockets_are_internal
        if not self.internal_networks:
            return False
        ip = ipaddress.ip_address(address.ip)
        return any([ip in network for network in self.internal_networks])


_STRIP_FOR_EXTERNAL: Final = _STRIP_ALWAYS | _STRIP_EXTERNAL
_STRIP_FOR_EDGE: Final = _STRIP_FOR_EXTERNAL | _STRIP_EDGE


class Detected:
    """An address another proxy vouches for."""

    def __init__(self, address: Address, is_trusted: bool) -> None:
        self.address = address
        self.is_trusted = is_trusted  # whether the internal-address check may use it


@mypyc_attr(allow_interpreted_subclasses=True)
class AddressDetector:
    """An original_ip_detection extension."""

    def detect(self, headers: RequestHeaders, connection: ConnectionInfo) -> Detected | None:
        raise NotImplementedError


def strip_nominated(headers: RequestHeaders) -> None:
    """Drop what ``connection`` names as meant for one hop (RFC 9110 §7.6.1), but nothing the next hop relies on."""
    value = headers.joined(b"connection") or b""
    if value in _CONNECTION_OPTIONS:
        return
    for token in value.lower().split(b","):
        name = token.strip()
        if name not in _CONNECTION_OPTIONS and name not in _NOT_NOMINABLE:
            headers.remove(name)


def sanitize_te(headers: RequestHeaders, value: bytes) -> None:
    """Only ``trailers`` travels on (RFC 9110 §10.1.4)."""
    if value == b"trailers":
        return
    tokens = [token.partition(b";")[0].strip() for token in value.lower().split(b",")]
    if b"trailers" in tokens:
        headers.set(b"te", b"trailers")
    else:
        headers.remove(b"te")


def address_from_right(forwarded: bytes, skip: int) -> Address | None:
    """The IP address ``skip`` entries from the right of an XFF value; None when there is none, or it is not one."""
    entries = forwarded.split(b",")
    if skip >= len(entries):
        return None
    text = entries[-1 - skip].strip()
    try:
        return Address(str(ipaddress.ip_address(text.decode("ascii"))), 0)
    except ValueError:
        return None
