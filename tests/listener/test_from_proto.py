"""Listener messages, and every way they can be wrong."""

from collections.abc import Iterator

import pytest

from portico.api.buffer import Buffer
from portico.api.errors import ConfigErrors
from portico.api.listener_filter import ListenerFilter
from portico.api.network_filter import NetworkFilter, NetworkStatus
from portico.api.registries import LISTENER_FILTERS, NETWORK_FILTERS
from portico.api.registry import ALL_FIELDS, Registration
from portico.config.supported import SupportTable, find_unimplemented
from portico.listener.from_proto import SUPPORTED, listener
from portico.listener.listener import Listener
from tests.listener.surroundings import Process, listener_message

# Types of filters that are registered here only, for as long as one test.
LIMIT = "envoy.extensions.filters.network.connection_limit.v3.ConnectionLimit"
ORIGINAL_DST = "envoy.extensions.filters.listener.original_dst.v3.OriginalDst"
PLAIN = "filter_chains: [{filters: [ECHO]}]"


class Passing(NetworkFilter):
    def on_data(self, data: Buffer, end_stream: bool) -> NetworkStatus:
        return NetworkStatus.CONTINUE


def build(text: str, process: Process | None = None) -> Listener:
    head = "name: ingress\naddress: {socket_address: {address: 127.0.0.1, port_value: 10000}}\n"
    whole = text if text.startswith(("name:", "address:")) else head + text
    return listener(listener_message(whole), (process or Process()).context)


def entry(name: str, kind: str) -> str:
    return f"{{name: {name}, typed_config: {{'@type': type.googleapis.com/{kind}}}}}"


def complaints(text: str) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        build(text)
    return [str(error) for error in caught.value.errors]


def test_defaults_are_envoys() -> None:
    config = build(PLAIN).config
    assert config.name == "ingress"
    assert config.buffer_limit_bytes == 1024 * 1024
    assert config.listener_filters_timeout_s == 15.0
    assert not config.continues_on_listener_filters_timeout
    assert not config.ignores_global_limit
    assert config.keepalive is None
    assert config.binds_to_port
    assert not config.is_exactly_balanced


def test_settings_are_read() -> None:
    config = build(
        PLAIN
        + """
per_connection_buffer_limit_bytes: 0
listener_filters_timeout: 0s
continue_on_listener_filters_timeout: true
tcp_backlog_size: 7
ignore_global_conn_limit: true
traffic_direction: INBOUND
drain_type: MODIFY_ONLY
bind_to_port: false
metadata: {filter_metadata: {a: {b: 1}}}
tcp_keepalive: {keepalive_probes: 3, keepalive_time: 10}
connection_balance_config: {exact_balance: {}}
"""
    ).config
    assert config.buffer_limit_bytes == 0
    assert config.listener_filters_timeout_s == 0.0
    assert config.continues_on_listener_filters_timeout
    assert config.backlog == 7
    assert config.ignores_global_limit
    assert config.traffic_direction == "INBOUND"
    assert config.drain.only_when_modified
    assert not config.binds_to_port
    assert config.metadata == {"a": {"b": 1.0}}
    assert config.keepalive == (3, 10, 0)
    assert config.is_exactly_balanced


def test_balancing_by_an_extension_is_named_as_not_implemented() -> None:
    message = listener_message(
        "connection_balance_config: {extend_balance: {name: a, typed_config: "
        "{'@type': type.googleapis.com/envoy.extensions.filters.network.echo.v3.Echo}}}"
    )
    found = find_unimplemented(message, SupportTable([SUPPORTED]))
    assert [each.path for each in found] == ["connection_balance_config.extend_balance"]


@pytest.mark.parametrize(
    ("address", "prefix"),
    [
        ("socket_address: {address: 127.0.0.1, port_value: 10000}", "listener.127.0.0.1_10000."),
        ('socket_address: {address: "::1", port_value: 0}', "listener.[__1]_0."),
        ("pipe: {path: /tmp/a.sock}", "listener./tmp/a.sock."),
    ],
)
def test_stats_bear_the_configured_address(address: str, prefix: str) -> None:
    process = Process()
    build(f"name: a\naddress: {{{address}}}\n{PLAIN}", process)
    assert prefix + "downstream_cx_total" in process.store.counters


def test_stat_prefix_takes_the_place_of_the_address() -> None:
    process = Process()
    build(PLAIN + "\nstat_prefix: edge", process)
    assert "listener.edge.no_filter_chain_match" in process.store.counters


def test_additional_addresses() -> None:
    made = build(PLAIN + "\nadditional_addresses: [{address: {pipe: {path: '@x'}}}]")
    assert [each.text for each in made.config.addresses] == ["127.0.0.1:10000", "@x"]
    assert repr(made) == "Listener('ingress', ['127.0.0.1:10000', '@x'], 0)"


def test_filters_come_from_the_registry() -> None:
    default = build("default_filter_chain: {name: main, filters: [ECHO]}").config.chains.default
    assert default is not None
    assert repr(default) == "FilterChain('main', ['echo'])"


def test_raw_buffer_is_the_transport_socket_there_is() -> None:
    raw = "type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer"
    build(f"filter_chains: [{{filters: [ECHO], transport_socket: {{name: r, typed_config: {{'@type': {raw}}}}}}}]")


def test_tls_is_an_error_not_a_warning() -> None:
    tls = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext"
    (text,) = complaints(
        f"filter_chains: [{{filters: [ECHO], transport_socket: {{name: t, typed_config: {{'@type': {tls}}}}}}}]"
    )
    assert text.startswith("filter_chains[0].transport_socket.typed_config: ")
    assert "DownstreamTlsContext is not implemented" in text


@pytest.fixture
def limit() -> Iterator[str]:
    """A filter that is not terminal."""
    before = dict(NETWORK_FILTERS.entries)
    NETWORK_FILTERS.entries[LIMIT] = Registration(LIMIT, lambda config, context: Passing, ALL_FIELDS)
    yield entry("limit", LIMIT)
    NETWORK_FILTERS.entries.clear()
    NETWORK_FILTERS.entries.update(before)


def test_last_filter_must_be_terminal(limit: str) -> None:
    assert complaints(f"filter_chains: [{{filters: [{limit}]}}]") == [
        (
            "filter_chains[0].filters[0].typed_config: Error: non-terminal filter named limit of type"
            " envoy.filters.network.connection_limit is the last filter in a network filter chain."
        )
    ]
    build(f"filter_chains: [{{filters: [{limit}, ECHO]}}]")


def test_terminal_filter_must_be_last() -> None:
    assert complaints("filter_chains: [{filters: [ECHO, ECHO]}]") == [
        (
            "filter_chains[0].filters[0].typed_config: Error: terminal filter named echo of type"
            " envoy.filters.network.echo must be the last filter in a network filter chain."
        )
    ]


def test_chain_without_filters_is_legal() -> None:
    default = build("default_filter_chain: {}").config.chains.default
    assert default is not None
    assert default.slots == []


def test_listener_without_chains() -> None:
    assert complaints("name: x\naddress: {pipe: {path: /x}}") == ["filter_chains: no filter chains specified"]


def test_same_criteria_twice() -> None:
    match = "filter_chain_match: {destination_port: 80, server_names: [a.com, b.com]}"
    assert complaints(
        f"filter_chains: [{{name: x, {match}, filters: [ECHO]}}, {{name: y, {match}, filters: [ECHO]}}]"
    ) == [
        (
            "filter_chains[1].filter_chain_match: filter chain 'y' has the same matching rules defined as 'x'."
            ' duplicate matcher is: {"destination_port":80,"server_names":["a.com","b.com"]}'
        )
    ]


def test_overlapping_criteria() -> None:
    assert complaints(
        "filter_chains: [{filter_chain_match: {source_ports: [1, 2]}, filters: [ECHO]},"
        " {filter_chain_match: {source_ports: [2]}, filters: [ECHO]}]"
    ) == ["filter_chains[1].filter_chain_match: multiple filter chains with overlapping matching rules are defined"]


def test_every_complaint_of_a_listener_at_once() -> None:
    found = complaints(
        """
filter_chains:
- filter_chain_match: {server_names: ["*"]}
  filters: [ECHO]
- filter_chain_match: {destination_port: 1}
  filters: [{name: a}, ECHO]
default_filter_chain:
  filters: [{name: b, typed_config: {"@type": type.googleapis.com/google.protobuf.StringValue, value: x}}]
listener_filters: [{name: c}]
"""
    )
    assert [text.partition(": ")[0] for text in found] == [
        "listener_filters[0].typed_config",
        "default_filter_chain.filters[0].typed_config",
        "filter_chains[0].filter_chain_match.server_names[0]",
        "filter_chains[1].filters[0].typed_config",
    ]


@pytest.mark.parametrize(
    ("address", "complaint"),
    [
        ("{socket_address: {address: localhost}}", "address.socket_address.address: malformed IP address: localhost"),
        (
            "{socket_address: {protocol: UDP, address: 127.0.0.1}}",
            "address.socket_address.protocol: UDP is not implemented: this listener would never serve",
        ),
        ("{}", "address: must be a socket_address or a pipe"),
    ],
)
def test_addresses_that_cannot_serve(address: str, complaint: str) -> None:
    assert complaints(f"address: {address}\n{PLAIN}") == [complaint]


def test_additional_address_is_located() -> None:
    text = PLAIN + "\nadditional_addresses: [{address: {socket_address: {address: 1.2.3}}}]"
    assert complaints(text) == ["additional_addresses[0].address.socket_address.address: malformed IP address: 1.2.3"]


@pytest.mark.parametrize("field", ["internal_listener", "api_listener"])
def test_listeners_of_other_kinds_are_refused(field: str) -> None:
    assert f"{field}: is not implemented: this listener would never serve" in complaints(PLAIN + f"\n{field}: {{}}")


TREE = """
filter_chain_matcher:
  on_no_match:
    action: {name: a, typed_config: {"@type": type.googleapis.com/google.protobuf.StringValue, value: web}}
"""


def test_matcher_tree_needs_named_chains() -> None:
    assert complaints(PLAIN + TREE) == ['filter_chains[0].name: "name" field is required when using a listener matcher']


def test_matcher_tree_needs_distinct_names() -> None:
    assert complaints("filter_chains: [{name: web, filters: [ECHO]}, {name: web, filters: [ECHO]}]" + TREE) == [
        "filter_chains[1].name: \"name\" field is duplicated with value 'web'"
    ]


def test_matcher_tree_chooses_by_name() -> None:
    config = build("filter_chains: [{name: web, filters: [ECHO]}, {name: other, filters: [ECHO]}]" + TREE).config
    assert config.chains.tree is not None
    assert config.chains.matcher is None


def test_listener_filter_is_built_and_may_be_disabled() -> None:
    before = dict(LISTENER_FILTERS.entries)
    LISTENER_FILTERS.entries[ORIGINAL_DST] = Registration(
        ORIGINAL_DST, lambda config, context: ListenerFilter, ALL_FIELDS
    )
    fields = entry("dst", ORIGINAL_DST)[1:-1]
    slots = build(
        f"{PLAIN}\nlistener_filters: [{{{fields}, filter_disabled: {{any_match: true}}}}]"
    ).config.listener_filters
    LISTENER_FILTERS.entries.clear()
    LISTENER_FILTERS.entries.update(before)
    assert [slot.name for slot in slots] == ["dst"]
    assert slots[0].disabled is not None
