"""Each criterion, and the order they are asked in, by the names of the chains that are chosen."""

import pytest

from portico.api.stream_info import ConnectionInfo
from portico.listener.filter_chain import FilterChain
from portico.listener.match.chain_selection import AnyConnection, ChainMatcher
from portico.listener.match.criteria import Criteria, Range, SourceType
from portico.listener.match.criteria_tree import CriteriaTree
from portico.matching.cidr import parse_ip
from tests.listener.surroundings import info


def ranges(*texts: str) -> list[Range]:
    found = []
    for text in texts:
        ip, _, length = text.partition("/")
        number = parse_ip(ip)
        assert number is not None
        found.append(Range(number, int(length)))
    return found


def criteria(**fields: object) -> Criteria:
    made = Criteria()
    for name, value in fields.items():
        assert hasattr(made, name)
        setattr(made, name, value)
    return made


def matcher(**chains: Criteria) -> ChainMatcher:
    tree = CriteriaTree()
    for name, each in chains.items():
        assert tree.add(each, FilterChain(name, []))
    made = tree.matcher()
    assert made is not None
    return made


def chosen(made: ChainMatcher, connection: ConnectionInfo) -> str | None:
    chain = made.match(connection)
    return None if chain is None else chain.name


def test_single_chain_without_criteria_asks_nothing() -> None:
    assert isinstance(matcher(only=criteria()), AnyConnection)


def test_no_chains_make_no_matcher() -> None:
    assert CriteriaTree().matcher() is None


def test_destination_port_beats_any_port() -> None:
    made = matcher(web=criteria(destination_port=443), rest=criteria())
    assert chosen(made, info(local="10.0.0.1:443")) == "web"
    assert chosen(made, info(local="10.0.0.1:80")) == "rest"


def test_chain_that_asks_for_the_port_hides_the_others_even_if_it_refuses() -> None:
    made = matcher(web=criteria(destination_port=443, server_names=["a.com"]), rest=criteria())
    assert chosen(made, info(local="10.0.0.1:443", server_name="b.com")) is None


def test_longest_destination_prefix_wins() -> None:
    made = matcher(
        wide=criteria(destinations=ranges("10.0.0.0/8")),
        narrow=criteria(destinations=ranges("10.1.0.0/16", "fd00::/8")),
        rest=criteria(),
    )
    for local, name in (
        ("10.1.2.3:80", "narrow"),
        ("10.2.2.3:80", "wide"),
        ("[fd00::1]:80", "narrow"),
        ("[2001::1]:80", "rest"),
        ("/run/socket", "rest"),
    ):
        assert chosen(made, info(local=local)) == name, local


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("www.example.com", "exact"),
        ("api.example.com", "suffix"),
        ("a.b.example.com", "suffix"),
        ("other.com", "top"),
        ("example.org", "rest"),
        ("example.com", "top"),
        ("com", "rest"),
        ("", "rest"),
        (".com", "top"),
        ("trailing.com.", "rest"),
    ],
)
def test_server_name_is_exact_then_by_suffix_then_any(name: str, found: str) -> None:
    made = matcher(
        exact=criteria(server_names=["www.example.com"]),
        suffix=criteria(server_names=[".example.com"]),
        top=criteria(server_names=[".com"]),
        rest=criteria(),
    )
    assert chosen(made, info(server_name=name)) == found


def test_transport_protocol() -> None:
    made = matcher(tls=criteria(transport_protocol="tls"), plain=criteria(transport_protocol="raw_buffer"))
    assert chosen(made, info(transport="tls")) == "tls"
    assert chosen(made, info()) == "plain"
    assert chosen(made, info(transport="quic")) is None


def test_first_offered_application_protocol_that_a_chain_asks_for() -> None:
    made = matcher(
        h2=criteria(application_protocols=["h2"]), h1=criteria(application_protocols=["http/1.1"]), rest=criteria()
    )
    assert chosen(made, info(protocols=("spdy", "http/1.1", "h2"))) == "h1"
    assert chosen(made, info(protocols=("h2", "http/1.1"))) == "h2"
    assert chosen(made, info()) == "rest"


def test_direct_source_is_the_tcp_peer() -> None:
    made = matcher(balancer=criteria(direct_sources=ranges("10.0.0.0/8")), rest=criteria())
    assert chosen(made, info(remote="192.0.2.1:5", direct="10.0.0.9:7")) == "balancer"
    assert chosen(made, info(remote="10.0.0.9:5", direct="192.0.2.1:7")) == "rest"


def test_source_is_the_peer_behind_proxy_protocol() -> None:
    made = matcher(office=criteria(sources=ranges("10.0.0.0/8")), rest=criteria())
    assert chosen(made, info(remote="10.0.0.9:5", direct="192.0.2.1:7")) == "office"
    assert chosen(made, info(remote="192.0.2.1:5", direct="10.0.0.9:7")) == "rest"


@pytest.mark.parametrize(
    ("remote", "local", "found"),
    [
        ("127.0.0.1:5", "127.0.0.1:80", "near"),
        ("192.0.2.7:5", "192.0.2.7:80", "near"),
        ("[::1]:5", "[::1]:80", "near"),
        ("192.0.2.7:5", "192.0.2.1:80", "far"),
    ],
)
def test_source_type(remote: str, local: str, found: str) -> None:
    made = matcher(
        near=criteria(source_type=SourceType.SAME_IP_OR_LOOPBACK), far=criteria(source_type=SourceType.EXTERNAL)
    )
    assert chosen(made, info(remote=remote, local=local)) == found


def test_source_type_any_takes_what_no_other_chain_asks_for() -> None:
    made = matcher(near=criteria(source_type=SourceType.SAME_IP_OR_LOOPBACK), rest=criteria())
    assert chosen(made, info(remote="192.0.2.7:5", local="192.0.2.1:80")) == "rest"


def test_source_port_beats_any_port() -> None:
    made = matcher(known=criteria(source_ports=[7, 8]), rest=criteria())
    assert chosen(made, info(remote="192.0.2.1:8")) == "known"
    assert chosen(made, info(remote="192.0.2.1:9")) == "rest"


def test_earlier_criterion_decides_before_a_later_one_is_asked() -> None:
    made = matcher(
        by_name=criteria(server_names=["a.com"]),
        by_source=criteria(sources=ranges("10.0.0.0/8")),
    )
    assert chosen(made, info(remote="10.0.0.1:5", server_name="a.com")) == "by_name"
    assert chosen(made, info(remote="10.0.0.1:5", server_name="b.com")) == "by_source"
    assert chosen(made, info(remote="11.0.0.1:5", server_name="b.com")) is None
