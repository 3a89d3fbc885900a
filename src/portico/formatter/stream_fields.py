"""Fields of the stream that are a number, a word or an address: a table from command to where the value is."""

from __future__ import annotations

from collections.abc import Callable
from ipaddress import ip_address, ip_network
from typing import Final

from portico.api.access_log import LogEntry
from portico.api.address import NO_ADDRESS, Address
from portico.api.host import Host
from portico.api.stream_info import StreamInfo
from portico.formatter.operator import Operator
from portico.formatter.parser import Command

NumberField = Callable[[StreamInfo], int]
TextField = Callable[[StreamInfo], str]  # "" = missing
AddressField = Callable[[StreamInfo], Address]  # NO_ADDRESS = missing

NUMBERS: Final[dict[str, NumberField]] = {
    "RESPONSE_CODE": lambda info: info.response_code,
    "BYTES_RECEIVED": lambda info: info.bytes_received,
    "BYTES_SENT": lambda info: info.bytes_sent,
    # HTTP/3 alone counts these two.
    "BYTES_RETRANSMITTED": lambda info: 0,
    "PACKETS_RETRANSMITTED": lambda info: 0,
    "UPSTREAM_WIRE_BYTES_SENT": lambda info: info.upstream_wire_bytes_sent,
    "UPSTREAM_WIRE_BYTES_RECEIVED": lambda info: info.upstream_wire_bytes_received,
    "UPSTREAM_HEADER_BYTES_SENT": lambda info: info.upstream_header_bytes_sent,
    "UPSTREAM_HEADER_BYTES_RECEIVED": lambda info: info.upstream_header_bytes_received,
    "UPSTREAM_DECOMPRESSED_HEADER_BYTES_SENT": lambda info: info.upstream_header_bytes_sent,
    "UPSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED": lambda info: info.upstream_header_bytes_received,
    "DOWNSTREAM_WIRE_BYTES_SENT": lambda info: info.downstream_wire_bytes_sent,
    "DOWNSTREAM_WIRE_BYTES_RECEIVED": lambda info: info.downstream_wire_bytes_received,
    "DOWNSTREAM_HEADER_BYTES_SENT": lambda info: info.downstream_header_bytes_sent,
    "DOWNSTREAM_HEADER_BYTES_RECEIVED": lambda info: info.downstream_header_bytes_received,
    "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_SENT": lambda info: info.downstream_header_bytes_sent,
    "DOWNSTREAM_DECOMPRESSED_HEADER_BYTES_RECEIVED": lambda info: info.downstream_header_bytes_received,
    "UPSTREAM_REQUEST_ATTEMPT_COUNT": lambda info: info.upstream_request_attempt_count,
    "CONNECTION_ID": lambda info: info.connection.connection_id,
    "UPSTREAM_CONNECTION_ID": lambda info: info.upstream_connection_id,
    "DOWNSTREAM_CX_RTT": lambda info: info.connection.round_trip_ms,
}

TEXTS: Final[dict[str, TextField]] = {
    "PROTOCOL": lambda info: info.protocol.value if info.protocol is not None else "",
    "UPSTREAM_PROTOCOL": lambda info: info.upstream_protocol.value if info.upstream_protocol is not None else "",
    "RESPONSE_FLAGS": lambda info: ",".join([flag.value for flag in info.response_flags]) or "-",
    "RESPONSE_FLAGS_LONG": lambda info: ",".join([flag.long_name for flag in info.response_flags]) or "-",
    "CONNECTION_TERMINATION_DETAILS": lambda info: info.connection.termination_details,
    "UPSTREAM_TRANSPORT_FAILURE_REASON": lambda info: info.upstream_transport_failure_reason.replace(" ", "_"),
    "DOWNSTREAM_TRANSPORT_FAILURE_REASON": lambda info: info.connection.transport_failure_reason.replace(" ", "_"),
    "UPSTREAM_LOCAL_CLOSE_REASON": lambda info: info.upstream_local_close_reason,
    "DOWNSTREAM_LOCAL_CLOSE_REASON": lambda info: info.connection.local_close_reason,
    "UPSTREAM_DETECTED_CLOSE_TYPE": lambda info: info.upstream_close_type(),
    "DOWNSTREAM_DETECTED_CLOSE_TYPE": lambda info: info.connection.detected_close_type,
    "ROUTE_NAME": lambda info: info.route_name,
    "VIRTUAL_CLUSTER_NAME": lambda info: info.virtual_cluster_name,
    "UPSTREAM_CLUSTER": lambda info: info.upstream_cluster,
    "UPSTREAM_CLUSTER_RAW": lambda info: info.upstream_cluster_raw,
    "UPSTREAM_HOST_NAME": lambda info: _host_name(info.upstream_host),
    "UPSTREAM_HOST_NAME_WITHOUT_PORT": lambda info: _host_name_without_port(info.upstream_host),
    "UPSTREAM_HOSTS_ATTEMPTED": lambda info: ",".join([host.address.text for host in info.hosts_attempted()]),
    "UPSTREAM_HOSTS_ATTEMPTED_WITHOUT_PORT": lambda info: ",".join(
        [without_port(host.address) for host in info.hosts_attempted()]
    ),
    "UPSTREAM_HOST_NAMES_ATTEMPTED": lambda info: ",".join([_host_name(host) for host in info.hosts_attempted()]),
    "UPSTREAM_HOST_NAMES_ATTEMPTED_WITHOUT_PORT": lambda info: ",".join(
        [_host_name_without_port(host) for host in info.hosts_attempted()]
    ),
    "UPSTREAM_CONNECTION_IDS_ATTEMPTED": lambda info: ",".join(
        [str(connection_id) for connection_id in info.connection_ids_attempted()]
    ),
    "FILTER_CHAIN_NAME": lambda info: info.connection.filter_chain_name,
    "LISTENER_NAME": lambda info: info.connection.listener_name,
}

# Printed when absent as an empty string, not as missing.
EMPTY_TEXTS: Final[dict[str, TextField]] = {
    "CUSTOM_FLAGS": lambda info: ",".join(info.custom_flags),
}

ADDRESSES: Final[dict[str, AddressField]] = {
    "DOWNSTREAM_REMOTE": lambda info: info.downstream_remote_address(),
    "DOWNSTREAM_DIRECT_REMOTE": lambda info: info.connection.direct_remote_address,
    "DOWNSTREAM_LOCAL": lambda info: info.connection.local_address,
    "DOWNSTREAM_DIRECT_LOCAL": lambda info: info.connection.direct_local_address,
    "UPSTREAM_LOCAL": lambda info: info.upstream_local_address,
    "UPSTREAM_REMOTE": lambda info: info.upstream_remote_address,
}


class StreamNumber(Operator):
    def __init__(self, field: NumberField) -> None:
        self.field = field

    def text(self, entry: LogEntry) -> bytes | None:
        return b"%d" % self.field(entry.info)

    def json(self, entry: LogEntry) -> bytes | None:
        return b"%d" % self.field(entry.info)


class StreamText(Operator):
    def __init__(self, field: TextField) -> None:
        self.field = field

    def text(self, entry: LogEntry) -> bytes | None:
        value = self.field(entry.info)
        return value.encode() if value else None


class StreamTextOrEmpty(Operator):
    def __init__(self, field: TextField) -> None:
        self.field = field

    def text(self, entry: LogEntry) -> bytes | None:
        return self.field(entry.info).encode()


class UpstreamHost(Operator):
    def text(self, entry: LogEntry) -> bytes | None:
        host = entry.info.upstream_host
        return None if host is None else host.address.wire


class StreamAddress(Operator):
    """``10.0.0.1:80``, ``[::1]:80`` or a path."""

    def __init__(self, field: AddressField) -> None:
        self.field = field

    def text(self, entry: LogEntry) -> bytes | None:
        address = self.field(entry.info)
        return None if address is NO_ADDRESS else address.wire


class StreamAddressWithoutPort(Operator):
    """The address alone, or the network of ``prefix_bits`` it lies in."""

    def __init__(self, field: AddressField, prefix_bits: int | None) -> None:
        self.field = field
        self.prefix_bits = prefix_bits

    def text(self, entry: LogEntry) -> bytes | None:
        address = self.field(entry.info)
        if address is NO_ADDRESS:
            return None
        if self.prefix_bits is None or address.is_pipe:
            return without_port(address).encode()
        return masked(address.ip, self.prefix_bits)


class StreamPort(Operator):
    """A pipe has no port: missing."""

    def __init__(self, field: AddressField) -> None:
        self.field = field

    def text(self, entry: LogEntry) -> bytes | None:
        address = self.field(entry.info)
        return None if address is NO_ADDRESS or address.is_pipe else b"%d" % address.port

    def json(self, entry: LogEntry) -> bytes | None:
        return self.text(entry)


class EndpointId(Operator):
    """Only addresses of internal listeners have one; any other prints as empty."""

    def __init__(self, field: AddressField) -> None:
        self.field = field

    def text(self, entry: LogEntry) -> bytes | None:
        return None if self.field(entry.info) is NO_ADDRESS else b""


def address_operator(command: Command) -> Operator | None:
    """``<which>_ADDRESS[_WITHOUT_PORT]``, ``_PORT`` or ``_ADDRESS_ENDPOINT_ID``; None: not one of them."""
    which, _, form = command.name.rpartition("_ADDRESS")
    if not which and command.name.endswith("_PORT"):
        which, form = command.name.removesuffix("_PORT"), "_PORT"
    field = ADDRESSES.get(which)
    if field is None:
        return None
    if form == "_WITHOUT_PORT":
        command.forbid_length()
        return StreamAddressWithoutPort(field, _prefix_bits(command.parameters))
    operators = {"": StreamAddress(field), "_PORT": StreamPort(field), "_ENDPOINT_ID": EndpointId(field)}
    if form in operators:
        command.forbid_arguments()
        return operators[form]
    return None


def without_port(address: Address) -> str:
    return address.path if address.is_pipe else address.ip


def masked(ip: str, prefix_bits: int) -> bytes:
    """``10.1.2.3`` and 16 -> ``10.1.0.0/16``. Too many bits are all of them, a negative number prints nothing."""
    if prefix_bits < 0:
        return b""
    bits = min(prefix_bits, ip_address(ip).max_prefixlen)
    return ip_network(f"{ip.partition('%')[0]}/{bits}", strict=False).with_prefixlen.encode()


def _prefix_bits(parameters: str) -> int | None:
    """None when there is no number: Envoy then prints the whole address."""
    try:
        return int(parameters)
    except ValueError:
        return None


def _host_name(host: Host | None) -> str:
    if host is None:
        return ""
    return host.hostname or host.address.text


def _host_name_without_port(host: Host | None) -> str:
    if host is None:
        return ""
    name = host.hostname
    if not name:
        return without_port(host.address)
    return name if name.count(":") != 1 else name.partition(":")[0]
