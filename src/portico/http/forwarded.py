"""What a request is trusted with: hop-by-hop fields, x-forwarded-*, x-envoy-* sanitising, internal or external.

Order and rules: envoy source/common/http/conn_manager_utility.cc, mutateRequestHeaders; Envoy documentation, "HTTP
header sanitizing".
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
_CLIENT_CERT: Final = frozenset([b"x-forwarded-client-cert"])
_UPGRADE: Final = frozenset([b"connection", b"upgrade"])
_TE: Final = b"te"
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
_FORWARDED_PORT: Final = b"x-forwarded-port"

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class ForwardingRules:
    """One connection manager's settings, and the one decision they make per request."""

    def __init__(self) -> None:
        self.use_remote_address = False
        self.appends_peer = False  # to x-forwarded-for
        self.xff_num_trusted_hops = 0
        self.append_x_forwarded_port = False
        self.internal_networks: list[Network] = []
        self.unix_sockets_are_internal = False
        self.via = b""
        self.user_agent_cluster: bytes | None = None  # add_user_agent: this node's cluster
        self.user_agent_node = b""
        self.scheme_to_overwrite = b""
        self.local_ip = b"127.0.0.1"  # stands in for loopback peers in XFF
        self.request_id = RequestIdRules(True, False)
        self.detectors: list[AddressDetector] = []  # original_ip_detection_extensions
        self.early_mutations: list[EarlyHeaderMutation] = []
        self._strip_internal = _STRIP_ALWAYS
        self._strip_edge = _STRIP_FOR_EDGE
        self._strip_external = _STRIP_FOR_EXTERNAL

    def keep_client_cert(self) -> None:
        """x-forwarded-client-cert passes as it came: forward_client_cert_details ALWAYS_FORWARD_ONLY."""
        self._strip_internal = _STRIP_ALWAYS - _CLIENT_CERT
        self._strip_edge = _STRIP_FOR_EDGE - _CLIENT_CERT
        self._strip_external = _STRIP_FOR_EXTERNAL - _CLIENT_CERT

    def apply(self, headers: RequestHeaders, info: StreamInfo, random: Random, is_upgrade: bool) -> bool:
        """Rewrite ``headers`` for the filters and set ``info``'s remote address and request id.

        False = the request is refused with 403 (an address detector says so).
        """
        if self.early_mutations:
            for mutation in self.early_mutations:
                if not mutation.apply(headers, info):
                    break
        te = headers.get(_TE)
        if te is not None:
            sanitize_te(headers, te)
        is_secure = info.connection.tls is not None
        forwarded = headers.joined(XFF)
        is_trusted = self._find_client(headers, info, forwarded)
        is_internal = is_trusted and self.is_internal(info.remote_address)
        is_edge = self.use_remote_address and not is_internal
        # Before anything is added, so that a block that repeats itself is stripped once.
        strip = self._strip_internal if is_internal else self._strip_edge if is_edge else self._strip_external
        headers.remove_any(strip - _UPGRADE if is_upgrade else strip)
        self._add_forwarded(headers, info, b"https" if is_secure else b"http")
        if is_internal:
            headers.set(b"x-envoy-internal", b"true")
        if self.user_agent_cluster is not None:
            self._add_user_agent(headers, self.user_agent_cluster)
        if is_edge and info.remote_address.ip:  # a unix socket's peer has none
            headers.set(b"x-envoy-external-address", info.remote_address.ip.encode())
        self.request_id.apply(headers, info, is_edge, random)
        if self.via:
            headers.append(b"via", self.via, b", ")
        return True

    def _add_user_agent(self, headers: RequestHeaders, cluster: bytes) -> None:
        headers.set(b"x-envoy-downstream-service-cluster", cluster)
        if not headers.get(b"user-agent"):
            headers.set(b"user-agent", cluster)
        if self.user_agent_node:
            headers.set(b"x-envoy-downstream-service-node", self.user_agent_node)

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
        peer = connection.remote_address
        if self.appends_peer and peer.ip:
            is_local = peer.ip == "127.0.0.1" or peer.ip == "::1"  # not the rest of 127/8: measured on Envoy 1.40
            headers.append(XFF, self.local_ip if is_local else peer.ip.encode())
        if claimed is not None and self.use_remote_address and not self.xff_num_trusted_hops:
            headers.set(XFP, scheme)
            claimed = scheme
        if claimed is None:
            headers.add(XFP, scheme)
            claimed = scheme
        if self.append_x_forwarded_port:
            is_trusted = self.xff_num_trusted_hops > 0 or not self.use_remote_address
            if not is_trusted or not headers.has(_FORWARDED_PORT):
                headers.set(_FORWARDED_PORT, b"%d" % connection.local_address.port)
        if self.scheme_to_overwrite:
            headers.scheme = self.scheme_to_overwrite
            headers.set(XFP, self.scheme_to_overwrite)
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

    appends_peer: bool = False  # the peer joins x-forwarded-for, as with use_remote_address

    def detect(self, headers: RequestHeaders, connection: ConnectionInfo) -> Detected | None:
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class EarlyHeaderMutation:
    """An early_header_mutation extension: changes requests before anything else looks at them."""

    def apply(self, headers: RequestHeaders, info: StreamInfo) -> bool:
        """False = no further extension is asked."""
        raise NotImplementedError


def sanitize_te(headers: RequestHeaders, value: bytes) -> None:
    """Only ``trailers`` travels on (RFC 9110 §10.1.4), and in this spelling only: measured on Envoy 1.40."""
    if value == b"trailers":
        return
    tokens = [token.partition(b";")[0].strip() for token in value.split(b",")]
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
