"""Everything known about one request or connection while it lives, for filters and for logs."""

from __future__ import annotations

from enum import Enum
from typing import Any

from portico.api.address import NO_ADDRESS, Address
from portico.api.host import Host
from portico.api.response_flags import ResponseFlag
from portico.api.tls_info import TlsInfo


class Protocol(Enum):
    """The value is what ``%PROTOCOL%`` prints."""

    HTTP10 = "HTTP/1.0"
    HTTP11 = "HTTP/1.1"
    HTTP2 = "HTTP/2"
    HTTP3 = "HTTP/3"


class ConnectionInfo:
    """What does not change while a downstream connection lives. Shared by all its streams."""

    def __init__(self, connection_id: int, remote: Address, local: Address) -> None:
        self.connection_id = connection_id
        self.remote_address = remote  # after PROXY protocol; the TCP peer without
        self.direct_remote_address = remote
        self.local_address = local
        self.requested_server_name = ""
        self.transport_protocol = "raw_buffer"
        self.application_protocols: list[str] = []
        self.filter_chain_name = ""
        self.listener_name = ""
        self.listener_address = local
        self.termination_details = ""
        self.transport_failure_reason = ""
        self.tls: TlsInfo | None = None  # None on plaintext
        self.direct_local_address = local
        self.start = 0.0  # monotonic seconds, 0.0 = not happened: accepted, TLS complete, closed
        self.connected = 0.0  # upstream: the TCP handshake is done
        self.handshake_complete = 0.0
        self.end = 0.0
        self.round_trip_ms = 0  # the kernel's estimate
        self.local_close_reason = ""
        self.detected_close_type = "Normal"  # or LocalReset, RemoteReset
        self.listener_metadata: dict[str, Any] | None = None
        self.filter_chain_metadata: dict[str, Any] | None = None
        self.filter_state: dict[str, Any] | None = None
        self.dynamic_metadata: dict[str, Any] | None = None


class StreamInfo:
    """One request (or one TCP connection). Times are monotonic seconds, 0.0 = not happened.

    Defaults stand in the class body: a stream pays only for what it sets.
    """

    protocol: Protocol | None = None
    response_code: int = 0  # 0 = none was sent
    response_code_details: str = ""
    response_flags: tuple[ResponseFlag, ...] = ()  # in the order they were set, as Envoy prints them
    bytes_received: int = 0  # body bytes from downstream
    bytes_sent: int = 0  # body bytes to downstream
    downstream_header_bytes_received: int = 0
    downstream_wire_bytes_received: int = 0
    downstream_header_bytes_sent: int = 0
    downstream_wire_bytes_sent: int = 0
    upstream_wire_bytes_sent: int = 0
    upstream_wire_bytes_received: int = 0
    upstream_header_bytes_sent: int = 0
    upstream_header_bytes_received: int = 0

    start_wall: float = 0.0  # seconds since the epoch
    start: float = 0.0
    downstream_headers_rx: float = 0.0  # the request's header block was complete
    last_downstream_rx: float = 0.0  # last byte of the request came in
    first_upstream_tx: float = 0.0
    last_upstream_tx: float = 0.0
    first_upstream_rx: float = 0.0
    first_upstream_body_rx: float = 0.0
    last_upstream_rx: float = 0.0
    first_downstream_tx: float = 0.0
    last_downstream_tx: float = 0.0
    end: float = 0.0
    upstream_connect_start: float = 0.0
    upstream_connect_complete: float = 0.0
    upstream_handshake_complete: float = 0.0
    upstream_pool_wait_s: float = -1.0  # until the pool gave a connection for the last try; < 0 = never asked

    route_name: str = ""
    virtual_cluster_name: str = ""
    virtual_host_name: str = ""
    upstream_cluster: str = ""  # alt_stat_name if there is one: %UPSTREAM_CLUSTER%
    upstream_cluster_raw: str = ""
    upstream_host: Host | None = None
    upstream_connection_id: int = 0
    upstream_request_attempt_count: int = 0
    upstream_protocol: Protocol | None = None
    upstream_transport_failure_reason: str = ""
    upstream_requested_server_name: str = ""
    upstream_tls: TlsInfo | None = None
    upstream_local_close_reason: str = ""
    upstream_detected_close_type: str = ""  # Normal, LocalReset or RemoteReset; "" = no upstream connection
    upstream_attempted_hosts: tuple[Host, ...] = ()  # those a connection was made to, in order
    upstream_attempted_connection_ids: tuple[int, ...] = ()
    custom_flags: tuple[str, ...] = ()
    span_id: bytes = b""
    upstream_cluster_metadata: dict[str, Any] | None = None
    route_metadata: dict[str, Any] | None = None
    virtual_host_metadata: dict[str, Any] | None = None

    request_id: bytes = b""
    trace_id: bytes = b""
    remote_address: Address = NO_ADDRESS  # trusted client address: XFF is looked at; NO_ADDRESS = the connection's
    is_health_check: bool = False
    is_traced: bool = False
    filter_state: dict[str, Any] | None = None
    dynamic_metadata: dict[str, Any] | None = None
    upstream_filter_state: dict[str, Any] | None = None

    def __init__(self, connection: ConnectionInfo) -> None:
        self.connection = connection
        self.remote_address = connection.remote_address  # trusted client address: XFF is looked at
        self.upstream_local_address = NO_ADDRESS
        self.upstream_remote_address = NO_ADDRESS

    def add_flag(self, flag: ResponseFlag) -> None:
        if flag not in self.response_flags:
            self.response_flags += (flag,)

    def has_flag(self, flag: ResponseFlag) -> bool:
        return flag in self.response_flags

    def metadata(self, namespace: str) -> dict[str, Any]:
        """The dynamic metadata of ``namespace``, made when absent; filters write into it."""
        if self.dynamic_metadata is None:
            self.dynamic_metadata = {}
        found: dict[str, Any] = self.dynamic_metadata.setdefault(namespace, {})
        return found

    def hosts_attempted(self) -> tuple[Host, ...]:
        """In order. Only who tries more than once writes them down."""
        if self.upstream_attempted_hosts or self.upstream_host is None:
            return self.upstream_attempted_hosts
        return (self.upstream_host,)

    def connection_ids_attempted(self) -> tuple[int, ...]:
        if self.upstream_attempted_connection_ids or not self.upstream_connection_id:
            return self.upstream_attempted_connection_ids
        return (self.upstream_connection_id,)

    def upstream_close_type(self) -> str:
        """How the upstream connection ended; an HTTP request has no say in that and calls it normal, as Envoy does."""
        return self.upstream_detected_close_type or ("" if self.upstream_host is None else "Normal")

    def downstream_remote_address(self) -> Address:
        return self.remote_address if self.remote_address is not NO_ADDRESS else self.connection.remote_address
