"""From authority and path to a route."""

# ruff: noqa: E501 - configuration and Envoy's own sentences stay on one line

import pytest

from portico.api.headers import RequestHeaders
from tests.router.tables import get, matched, table

HOSTS = """
name: rc
virtual_hosts:
- {name: exact, domains: [a.test, "[::1]"], routes: [{name: exact, match: {prefix: /}, direct_response: {status: 200}}]}
- {name: port, domains: ["a.test:99"], routes: [{name: port, match: {prefix: /}, direct_response: {status: 200}}]}
- {name: suffix, domains: ["*.s.test", "*-x.s.test"], routes: [{name: suffix, match: {prefix: /}, direct_response: {status: 200}}]}
- {name: longer, domains: ["*.b.s.test"], routes: [{name: longer, match: {prefix: /}, direct_response: {status: 200}}]}
- {name: prefix, domains: ["pre.*"], routes: [{name: prefix, match: {prefix: /}, direct_response: {status: 200}}]}
"""
DEFAULT = '- {name: any, domains: ["*"], routes: [{name: any, match: {prefix: /}, direct_response: {status: 200}}]}'


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("a.test", "exact"),
        ("A.TEST", "exact"),
        ("a.test:99", "port"),
        ("a.test:98", "any"),
        ("[::1]", "exact"),
        ("q.s.test", "suffix"),
        ("Q.B.s.test", "longer"),
        ("q-x.s.test", "suffix"),
        (".s.test", "any"),
        ("s.test", "any"),
        ("pre.x", "prefix"),
        ("pre.", "any"),
        ("", "any"),
    ],
)
def test_most_specific_domain_wins(host: str, name: str) -> None:
    assert matched(table(HOSTS + DEFAULT), get("/", host)) == name


def test_nothing_matches_without_a_default() -> None:
    where = table(HOSTS)
    assert matched(where, get("/", "other")) == "-"
    assert matched(where, get("/", "")) == "-"


def test_port_counts_unless_ignored() -> None:
    where = table("ignore_port_in_host_matching: true" + HOSTS + DEFAULT)
    assert [matched(where, get("/", host)) for host in ("a.test:1", "a.test:", "a.test:x", "[::1]:80", "[::1]")] == [
        "exact"
    ] * 5


def test_vhost_header_replaces_the_authority() -> None:
    where = table("vhost_header: X-Vhost" + HOSTS + DEFAULT)
    assert matched(where, get("/", "other", x_vhost="A.test")) == "exact"
    assert matched(where, get("/", "a.test", x_vhost="b")) == "any"
    assert matched(where, get("/", "a.test", x_vhost="")) == "any"
    # Measured on Envoy 1.40: without the header not even "*" matches.
    assert matched(where, get("/", "a.test")) == "-"
    assert matched(table("vhost_header: x\nname: rc\nvirtual_hosts:\n" + DEFAULT), get("/")) == "any"


def test_path_parameters_are_ignored_when_asked() -> None:
    exact = "virtual_hosts: [{name: v, domains: ['*'], routes: [{name: p, match: {path: /p}, direct_response: {status: 200}}]}]"
    where = table("ignore_path_parameters_in_path_matching: true\n" + exact)
    assert [matched(where, get(path)) for path in ("/p;x", "/p;x?y", "/p?x;y", "/p")] == ["p"] * 4
    assert matched(table(exact), get("/p;x")) == "-"


def test_parameters_of_every_segment_are_ignored() -> None:
    text = "virtual_hosts: [{name: v, domains: ['*'], routes: [{name: p, match: {path: /a/b//c}, direct_response: {status: 200}}]}]"
    where = table("ignore_path_parameters_in_path_matching: true\n" + text)
    assert [matched(where, get(path)) for path in ("/a;1/b;2;3/;/c;", "/a/b;x//c")] == ["p"] * 2
    assert [matched(where, get(path)) for path in ("/a/b;/c", "/a/b//c%3bx")] == ["-"] * 2


def test_query_and_fragment_do_not_count() -> None:
    exact = "virtual_hosts: [{name: v, domains: ['*'], routes: [{name: p, match: {path: /p}, direct_response: {status: 200}}]}]"
    assert [matched(table(exact), get(path)) for path in ("/p?a", "/p#a", "/p?#", "/p#?")] == ["p"] * 4


def test_request_without_path_only_matches_connect() -> None:
    where = table(
        """
virtual_hosts:
- name: v
  domains: ["*"]
  routes:
  - {name: prefix, match: {prefix: ""}, direct_response: {status: 200}}
  - {name: connect, match: {connect_matcher: {}}, direct_response: {status: 200}}
"""
    )
    assert matched(where, RequestHeaders(b"CONNECT", b"", b"h:80")) == "connect"
    assert matched(where, RequestHeaders(b"CONNECT", b"/", b"h:80")) == "prefix"
    assert matched(where, RequestHeaders(b"GET", b"/", b"h:80")) == "prefix"
