"""envoy.config.listener.v3.Listener into a listener that is ready to start."""

from __future__ import annotations

from typing import Any, Final

from google.protobuf import json_format

from portico.access_log.from_proto import access_logs
from portico.api.address import Address, pipe
from portico.api.context import FactoryContext, ServerContext
from portico.api.errors import ConfigError, Problems, inside
from portico.api.registries import LISTENER_FILTERS, NETWORK_FILTERS
from portico.config.durations import seconds
from portico.config.protos import type_name, unpack
from portico.formatter.from_proto import struct_to_python
from portico.listener.config import ListenerConfig, ListenerFilterSlot
from portico.listener.filter_chain import FilterChain, NetworkFilterSlot
from portico.listener.listener import Listener
from portico.listener.match.chain_selection import ChainSelection
from portico.listener.match.criteria_tree import OVERLAP, CriteriaTree
from portico.listener.match.filter_predicate import FilterPredicate
from portico.listener.match.from_proto import SUPPORTED as MATCH_SUPPORTED
from portico.listener.match.from_proto import chain_tree, criteria, filter_predicate
from portico.matching.cidr import parse_ip

RAW_BUFFER: Final = "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"

# The fields about sockets are honoured where sockets are bound, in main.
SUPPORTED: dict[str, frozenset[str]] = {
    "envoy.config.listener.v3.Listener": frozenset(
        {
            "name",
            "address",
            "additional_addresses",
            "stat_prefix",
            "filter_chains",
            "filter_chain_matcher",
            "default_filter_chain",
            "per_connection_buffer_limit_bytes",
            "metadata",
            "drain_type",
            "listener_filters",
            "listener_filters_timeout",
            "continue_on_listener_filters_timeout",
            "transparent",
            "freebind",
            "socket_options",
            "tcp_fast_open_queue_length",
            "traffic_direction",
            "reuse_port",
            "enable_reuse_port",
            "access_log",
            "tcp_backlog_size",
            "bind_to_port",
            "ignore_global_conn_limit",
            "tcp_keepalive",
            "connection_balance_config",
        }
    ),
    "envoy.config.listener.v3.Listener.ConnectionBalanceConfig": frozenset({"exact_balance"}),
    "envoy.config.listener.v3.Listener.ConnectionBalanceConfig.ExactBalance": frozenset(),
    "envoy.config.listener.v3.FilterChain": frozenset(
        {
            "filter_chain_match",
            "filters",
            "metadata",
            "transport_socket",
            "transport_socket_connect_timeout",
            "name",
        }
    ),
    "envoy.config.listener.v3.Filter": frozenset({"name", "typed_config"}),
    "envoy.config.listener.v3.ListenerFilter": frozenset({"name", "typed_config", "filter_disabled"}),
    "envoy.config.listener.v3.AdditionalAddress": frozenset({"address", "socket_options"}),
    "envoy.config.core.v3.Address": frozenset({"socket_address", "pipe"}),
    "envoy.config.core.v3.SocketAddress": frozenset({"protocol", "address", "port_value", "ipv4_compat"}),
    "envoy.config.core.v3.Pipe": frozenset({"path", "mode"}),
    "envoy.config.core.v3.SocketOption": frozenset({"description", "level", "name", "int_value", "buf_value", "state"}),
    "envoy.config.core.v3.SocketOptionsOverride": frozenset({"socket_options"}),
    "envoy.config.core.v3.TcpKeepalive": frozenset({"keepalive_probes", "keepalive_time", "keepalive_interval"}),
    "envoy.config.core.v3.TransportSocket": frozenset({"name", "typed_config"}),
    RAW_BUFFER: frozenset(),
    **MATCH_SUPPORTED,
}


def listener(message: Any, context: ServerContext) -> Listener:
    """Raises ConfigErrors with every complaint, relative to the message."""
    return Listener(ListenerBuilder(message, context).build())


class ListenerBuilder:
    """One Listener message, read once."""

    def __init__(self, message: Any, context: ServerContext) -> None:
        self._message = message
        self._problems = Problems()
        addresses = self._addresses()
        self._problems.raise_if_any()
        prefix = message.stat_prefix or addresses[0].text
        scope = context.scope.scope("listener").scope(prefix)
        self._config = ListenerConfig(message.name, addresses, context, scope)
        self._context = FactoryContext(context, context.scope)
        self._context.listener_scope = scope
        self._context.drain = self._config.drain

    def build(self) -> ListenerConfig:
        config = self._config
        self._settings()
        with self._problems.at(""):
            config.access_logs = access_logs(self._message.access_log, self._context)
        for index, each in enumerate(self._message.listener_filters):
            with self._problems.at(f"listener_filters[{index}]"):
                config.listener_filters.append(self._listener_filter(each))
        with self._problems.at(""):
            config.chains = self._chains()
        self._problems.raise_if_any()
        return config

    # --- addresses and plain settings -----------------------------------------------------------------------------

    def _addresses(self) -> list[Address]:
        message = self._message
        found: list[Address] = []
        for field in ("internal_listener", "api_listener"):
            if message.HasField(field):
                with self._problems.at(field):
                    raise ConfigError("", "", "is not implemented: this listener would never serve")
        with self._problems.at("address"):
            found.append(address(message.address))
        for index, additional in enumerate(message.additional_addresses):
            with self._problems.at(f"additional_addresses[{index}].address"):
                found.append(address(additional.address))
        return found

    def _settings(self) -> None:
        message = self._message
        config = self._config
        if message.HasField("per_connection_buffer_limit_bytes"):
            config.buffer_limit_bytes = message.per_connection_buffer_limit_bytes.value
        if message.HasField("listener_filters_timeout"):
            config.listener_filters_timeout_s = seconds(message.listener_filters_timeout)
        config.continues_on_listener_filters_timeout = message.continue_on_listener_filters_timeout
        config.backlog = message.tcp_backlog_size.value
        config.ignores_global_limit = message.ignore_global_conn_limit
        config.traffic_direction = direction(message)
        config.drain.only_when_modified = message.drain_type == MODIFY_ONLY
        config.metadata = metadata(message)
        config.is_exactly_balanced = message.connection_balance_config.HasField("exact_balance")
        if message.HasField("bind_to_port"):
            config.binds_to_port = message.bind_to_port.value
        if message.HasField("tcp_keepalive"):
            alive = message.tcp_keepalive
            config.keepalive = (
                alive.keepalive_probes.value,
                alive.keepalive_time.value,
                alive.keepalive_interval.value,
            )

    # --- filters --------------------------------------------------------------------------------------------------

    def _listener_filter(self, message: Any) -> ListenerFilterSlot:
        with inside("typed_config"):
            name = extension_type(message)
            factory = LISTENER_FILTERS.lookup(name).factory(unpack(message.typed_config), self._context)
        disabled: FilterPredicate | None = None
        if message.HasField("filter_disabled"):
            with inside("filter_disabled"):
                disabled = filter_predicate(message.filter_disabled)
        return ListenerFilterSlot(message.name, factory, disabled)

    def _network_filters(self, messages: Any) -> list[NetworkFilterSlot]:
        """An empty list is legal: its connections are closed."""
        problems = Problems()
        slots: list[NetworkFilterSlot] = []
        for index, message in enumerate(messages):
            with problems.at(f"filters[{index}]"):
                is_last = index == len(messages) - 1
                slots.append(self._network_filter(message, is_last))
        problems.raise_if_any()
        return slots

    def _network_filter(self, message: Any, is_last: bool) -> NetworkFilterSlot:
        with inside("typed_config"):
            name = extension_type(message)
            registration = NETWORK_FILTERS.lookup(name)
            check_terminal(message.name, name, registration.is_terminal, is_last)
            return NetworkFilterSlot(message.name, registration.factory(unpack(message.typed_config), self._context))

    # --- filter chains --------------------------------------------------------------------------------------------

    def _chains(self) -> ChainSelection:
        message = self._message
        problems = Problems()
        has_default = message.HasField("default_filter_chain")
        if not message.filter_chains and not has_default:
            raise ConfigError("", "filter_chains", "no filter chains specified")
        default: FilterChain | None = None
        if has_default:
            with problems.at("default_filter_chain"):
                default = self._chain(message.default_filter_chain)
        by_criteria = CriteriaTree()
        by_name: dict[str, FilterChain] = {}
        has_tree = message.HasField("filter_chain_matcher")
        seen: dict[str, str] = {}
        for index, each in enumerate(message.filter_chains):
            with problems.at(f"filter_chains[{index}]"):
                if has_tree:
                    self._name_chain(by_name, each)
                else:
                    self._add_chain(by_criteria, seen, each)
        if not has_tree:
            problems.raise_if_any()
            return ChainSelection(by_criteria.matcher(), default)
        selection = ChainSelection(None, default)
        with problems.at("filter_chain_matcher"):
            selection.tree = chain_tree(message.filter_chain_matcher, by_name, self._context)
        problems.raise_if_any()
        return selection

    def _name_chain(self, by_name: dict[str, FilterChain], message: Any) -> None:
        """A chain that the tree names; what its filter_chain_match says is not looked at, as in Envoy."""
        chain = self._chain(message)
        if not message.name:
            raise ConfigError("", "name", '"name" field is required when using a listener matcher')
        if message.name in by_name:
            raise ConfigError("", "name", f"\"name\" field is duplicated with value '{message.name}'")
        by_name[message.name] = chain

    def _add_chain(self, tree: CriteriaTree, seen: dict[str, str], message: Any) -> None:
        chain = self._chain(message)
        with inside("filter_chain_match"):
            match = message.filter_chain_match
            text = one_line(match)
            if text in seen:
                raise ConfigError(
                    "",
                    "",
                    f"filter chain '{message.name}' has the same matching rules defined as '{seen[text]}'."
                    f" duplicate matcher is: {text}",
                )
            seen[text] = message.name
            if not tree.add(criteria(match, message.name), chain):
                raise ConfigError("", "", OVERLAP)

    def _chain(self, message: Any) -> FilterChain:
        problems = Problems()
        slots: list[NetworkFilterSlot] = []
        with problems.at(""):
            slots = self._network_filters(message.filters)
        if message.HasField("transport_socket"):
            with problems.at("transport_socket"):
                check_transport_socket(message.transport_socket)
        problems.raise_if_any()
        chain = FilterChain(message.name, slots)
        chain.metadata = metadata(message)
        return chain


MODIFY_ONLY: Final = 1  # Listener.DrainType


def address(message: Any) -> Address:
    """envoy.config.core.v3.Address of a listener."""
    kind = message.WhichOneof("address")
    if kind == "pipe":
        return pipe(message.pipe.path)
    if kind != "socket_address":
        raise ConfigError("", kind or "", "must be a socket_address or a pipe")
    with inside("socket_address"):
        where = message.socket_address
        if where.protocol != 0:
            raise ConfigError("", "protocol", "UDP is not implemented: this listener would never serve")
        if parse_ip(where.address) is None:
            raise ConfigError("", "address", f"malformed IP address: {where.address}")
        return Address(where.address, where.port_value)


def extension_type(message: Any) -> str:
    """The type of an entry's typed_config. Raises ConfigError when it has none."""
    name = type_name(message.typed_config) if message.HasField("typed_config") else ""
    if not name:
        raise ConfigError("", "", f"Didn't find a registered implementation for {message.name!r} with type URL: ''")
    return name


def check_terminal(name: str, kind: str, is_terminal: bool, is_last: bool) -> None:
    """Raises ConfigError in Envoy's words, and with Envoy's name of the filter's kind."""
    if is_terminal == is_last:
        return
    short = "envoy." + kind.removeprefix("envoy.extensions.").rsplit(".", 2)[0]
    if is_terminal:
        text = f"Error: terminal filter named {name} of type {short} must be the last filter in a network filter chain."
    else:
        text = f"Error: non-terminal filter named {name} of type {short} is the last filter in a network filter chain."
    raise ConfigError("", "", text)


def check_transport_socket(message: Any) -> None:
    kind = extension_type(message)
    if kind != RAW_BUFFER:
        raise ConfigError(
            "", "typed_config", f"{kind} is not implemented, and serving plaintext in its place is not safe"
        )


def metadata(message: Any) -> dict[str, Any] | None:
    if not message.HasField("metadata"):
        return None
    return {key: struct_to_python(value) for key, value in message.metadata.filter_metadata.items()}


def direction(message: Any) -> str:
    names = message.DESCRIPTOR.fields_by_name["traffic_direction"].enum_type.values_by_number
    return str(names[message.traffic_direction].name)


def one_line(message: Any) -> str:
    """JSON in the order of the fields' numbers, without blanks."""
    text: str = json_format.MessageToJson(message, preserving_proto_field_name=True, indent=None)
    return text.replace('": ', '":').replace(", ", ",")
