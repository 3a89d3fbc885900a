"""Whom a request is from, what of it is believed, and what the next hop is told."""

import ipaddress
from typing import Any

import pytest

from portico.api.address import Address, pipe
from portico.api.headers import RequestHeaders
from portico.api.stream_info import ConnectionInfo, StreamInfo
from portico.http.forwarded import (
    AddressDetector,
    Detected,
    ForwardingRules,
    address_from_right,
    sanitize_te,
)
from portico.testing.fake_server import FakeRandom

CLIENT = "203.0.113.9"


def applied(
    rules: ForwardingRules, *fields: tuple[bytes, bytes], peer: str = CLIENT, **kwargs: Any
) -> tuple[RequestHeaders, StreamInfo]:
    headers = RequestHeaders(b"GET", b"/", b"h.test", list(fields))
    info = StreamInfo(ConnectionInfo(1, Address(peer, 40000), Address("192.0.2.1", 443)))
    assert rules.apply(headers, info, FakeRandom(), kwargs.get("is_upgrade", False))
    return headers, info


def edge(hops: int = 0) -> ForwardingRules:
    rules = ForwardingRules()
    rules.use_remote_address = True
    rules.appends_peer = True
    rules.xff_num_trusted_hops = hops
    rules.local_ip = b"192.0.2.77"
    return rules


def inside(*networks: str) -> list[Any]:
    return [ipaddress.ip_network(network) for network in networks]


# --- who the client is ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("forwarded", "skip", "expected"),
    [
        (b"1.2.3.4", 0, "1.2.3.4:0"),
        (b"1.2.3.4, 5.6.7.8", 0, "5.6.7.8:0"),
        (b"1.2.3.4,5.6.7.8", 1, "1.2.3.4:0"),
        (b"1.2.3.4", 1, None),
        (b"::1", 0, "[::1]:0"),
        (b"1.2.3.4:80", 0, None),
        (b"nonsense", 0, None),
        (b"", 0, None),
        (b"1.2.3.4,\xff", 0, None),
        (b",".join([b"1.2.3.4"] * 10000), 9999, "1.2.3.4:0"),
    ],
)
def test_address_is_read_from_the_right(forwarded: bytes, skip: int, expected: str | None) -> None:
    address = address_from_right(forwarded, skip)
    assert (None if address is None else address.text) == expected


def test_behind_another_proxy_the_last_address_it_names_is_the_client() -> None:
    headers, info = applied(ForwardingRules(), (b"x-forwarded-for", b"1.2.3.4, 5.6.7.8"))
    assert info.downstream_remote_address().text == "5.6.7.8:0"
    assert headers.get(b"x-forwarded-for") == b"1.2.3.4, 5.6.7.8"


def test_without_that_the_peer_is_the_client() -> None:
    headers, info = applied(ForwardingRules())
    assert info.downstream_remote_address().text == f"{CLIENT}:40000"
    assert not headers.has(b"x-forwarded-for")


def test_at_the_edge_the_peer_is_the_client_whatever_it_claims() -> None:
    headers, info = applied(edge(), (b"x-forwarded-for", b"1.2.3.4"))
    assert info.downstream_remote_address().text == f"{CLIENT}:40000"
    assert headers.get(b"x-forwarded-for") == b"1.2.3.4," + CLIENT.encode()
    assert headers.get(b"x-envoy-external-address") == CLIENT.encode()


def test_behind_trusted_hops_the_client_is_that_many_from_the_right() -> None:
    _, info = applied(edge(hops=2), (b"x-forwarded-for", b"9.9.9.9, 1.2.3.4, 5.6.7.8"))
    assert info.downstream_remote_address().ip == "1.2.3.4"


def test_too_few_addresses_leave_the_peer() -> None:
    _, info = applied(edge(hops=3), (b"x-forwarded-for", b"1.2.3.4"))
    assert info.downstream_remote_address().ip == CLIENT


def test_a_client_on_a_unix_socket_has_no_address_to_add() -> None:
    headers = RequestHeaders(b"GET", b"/", b"h.test", [])
    info = StreamInfo(ConnectionInfo(1, pipe("@client"), pipe("/run/portico")))
    assert edge().apply(headers, info, FakeRandom(), False)
    assert not headers.has(b"x-forwarded-for")
    assert not headers.has(b"x-envoy-external-address")


@pytest.mark.parametrize("loopback", ["127.0.0.1", "::1"])
def test_loopback_peer_is_written_as_an_address_others_can_reach(loopback: str) -> None:
    headers, _ = applied(edge(), peer=loopback)
    assert headers.get(b"x-forwarded-for") == b"192.0.2.77"
    assert headers.get(b"x-envoy-external-address") == loopback.encode()


def test_append_can_be_left_out() -> None:
    rules = edge()
    rules.appends_peer = False
    headers, _ = applied(rules, (b"x-forwarded-for", b"1.2.3.4"))
    assert headers.get(b"x-forwarded-for") == b"1.2.3.4"


class Says(AddressDetector):
    def __init__(self, found: Detected | None) -> None:
        self.found = found

    def detect(self, headers: RequestHeaders, connection: ConnectionInfo) -> Detected | None:
        return self.found


def test_detector_that_knows_the_client_is_asked_first() -> None:
    rules = ForwardingRules()
    rules.detectors = [Says(None), Says(Detected(Address("7.7.7.7", 0), False))]
    _, info = applied(rules, (b"x-forwarded-for", b"1.2.3.4"))
    assert info.downstream_remote_address().ip == "7.7.7.7"


# --- internal or external ---------------------------------------------------------------------------------------------


def test_nothing_is_internal_by_default() -> None:
    for rules in (ForwardingRules(), edge()):
        headers, _ = applied(rules, (b"x-envoy-internal", b"true"), peer="10.0.0.5")
        assert not headers.has(b"x-envoy-internal")


def test_peer_in_an_internal_network_is_internal() -> None:
    rules = edge()
    rules.internal_networks = inside("10.0.0.0/8")
    headers, _ = applied(rules, (b"x-envoy-retry-on", b"5xx"), peer="10.0.0.5")
    assert headers.get(b"x-envoy-internal") == b"true"
    assert headers.has(b"x-envoy-retry-on")
    assert not headers.has(b"x-envoy-external-address")


@pytest.mark.parametrize(
    ("forwarded", "is_internal"), [(b"10.0.0.5", True), (b"1.2.3.4", False), (b"1.2.3.4,10.0.0.5", False)]
)
def test_forwarded_address_is_internal_only_when_it_stands_alone(forwarded: bytes, is_internal: bool) -> None:
    rules = ForwardingRules()
    rules.internal_networks = inside("10.0.0.0/8")
    headers, _ = applied(rules, (b"x-forwarded-for", forwarded))
    assert headers.has(b"x-envoy-internal") is is_internal


# --- what is stripped -------------------------------------------------------------------------------------------------

EXTERNAL = [b"x-envoy-retry-on", b"x-envoy-max-retries", b"x-envoy-upstream-rq-timeout-ms", b"x-envoy-force-trace"]
EDGE_ONLY = [b"x-envoy-decorator-operation", b"x-envoy-downstream-service-cluster", b"x-envoy-original-path"]
ALWAYS = [b"connection", b"keep-alive", b"proxy-connection", b"transfer-encoding", b"x-forwarded-client-cert"]
NEVER = [b"x-envoy-attempt-count", b"x-envoy-foo", b"forwarded", b"via", b"x-forwarded-host", b"accept"]


@pytest.mark.parametrize("where", ["edge", "behind", "inside"])
def test_control_headers_are_stripped_from_whom_they_may_not_come(where: str) -> None:
    rules = ForwardingRules() if where == "behind" else edge()
    if where == "inside":
        rules.internal_networks = inside("203.0.113.0/24")
    headers, _ = applied(rules, *[(name, b"x") for name in (*EXTERNAL, *EDGE_ONLY, *ALWAYS, *NEVER)])
    assert [name for name in ALWAYS if headers.has(name)] == []
    assert [name for name in NEVER if not headers.has(name)] == []
    assert all(headers.has(name) is (where == "inside") for name in EXTERNAL)
    assert all(headers.has(name) is (where != "edge") for name in EDGE_ONLY)


def test_upgrade_keeps_its_two_headers() -> None:
    fields = [(b"connection", b"upgrade"), (b"upgrade", b"websocket")]
    headers, _ = applied(ForwardingRules(), *fields, is_upgrade=True)
    assert headers.items()[:2] == fields


@pytest.mark.parametrize(
    ("value", "left"),
    [(b"trailers", b"trailers"), (b"gzip, trailers;q=1", b"trailers"), (b"gzip", None), (b"trailersx", None)],
)
def test_te_says_trailers_or_nothing(value: bytes, left: bytes | None) -> None:
    headers = RequestHeaders(b"GET", b"/", b"h", [(b"te", value)])
    sanitize_te(headers, value)
    assert headers.get(b"te") == left


# --- scheme, port, via, agent -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("rules", "claimed", "proto", "scheme"),
    [
        (ForwardingRules(), None, b"http", b"http"),
        (ForwardingRules(), b"https", b"https", b"https"),
        (ForwardingRules(), b"HTTPS", b"HTTPS", b"https"),
        (ForwardingRules(), b"gopher", b"gopher", b"http"),
        (edge(), b"https", b"http", b"http"),
        (edge(hops=1), b"https", b"https", b"https"),
    ],
)
def test_scheme_is_the_connections_or_that_of_whom_we_trust(
    rules: ForwardingRules, claimed: bytes | None, proto: bytes, scheme: bytes
) -> None:
    headers, _ = applied(rules, *([] if claimed is None else [(b"x-forwarded-proto", claimed)]))
    assert (headers.get(b"x-forwarded-proto"), headers.scheme) == (proto, scheme)


def test_scheme_can_be_overwritten() -> None:
    rules = ForwardingRules()
    rules.scheme_to_overwrite = b"https"
    assert applied(rules)[0].scheme == b"https"


def test_port_and_via_are_added_on_demand() -> None:
    rules = ForwardingRules()
    rules.append_x_forwarded_port = True
    rules.via = b"me"
    headers, _ = applied(rules, (b"via", b"before"))
    assert headers.get(b"x-forwarded-port") == b"443"
    assert headers.get(b"via") == b"before, me"


def test_agent_names_this_node() -> None:
    rules = ForwardingRules()
    rules.user_agent_cluster = b"front"
    rules.user_agent_node = b"node-1"
    headers, _ = applied(rules, (b"user-agent", b"curl"))
    assert headers.get(b"x-envoy-downstream-service-cluster") == b"front"
    assert headers.get(b"x-envoy-downstream-service-node") == b"node-1"
    assert headers.get(b"user-agent") == b"curl"


def test_what_is_added_comes_after_what_the_client_sent() -> None:
    headers, _ = applied(edge(), (b"b", b"1"), (b"a", b"2"))
    assert [name for name, _ in headers.items()] == [
        b"b",
        b"a",
        b"x-forwarded-for",
        b"x-forwarded-proto",
        b"x-envoy-external-address",
        b"x-request-id",
    ]
