"""Configurations that cannot run: exit code 1, every mistake with its place, and nothing was ever bound."""

import socket
from pathlib import Path

import pytest

from tests.integration.portico_process import free_port, run

# One that works but for what a case replaces in it. Line numbers in the cases are those of this text.
GOOD = """\
static_resources:
  listeners:
  - name: in
    address: {socket_address: {address: 127.0.0.1, port_value: $PORT}}
    filter_chains:
    - filters:
      - name: hcm
        typed_config:
          "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
          stat_prefix: in
          route_config:
            virtual_hosts:
            - name: all
              domains: ["*"]
              routes:
              - match: {prefix: /}
                route: {cluster: up}
          http_filters:
          - name: router
            typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
  clusters:
  - name: up
    connect_timeout: 2s
    load_assignment:
      cluster_name: up
      endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: 1}}}}]}]
"""
V3 = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager"
V2 = "envoy.config.filter.network.http_connection_manager.v2.HttpConnectionManager"
ROUTE = "- match: {prefix: /}"
TLS = "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext"

# What is replaced, by what, the line it is told with, and words of the message.
CASES = {
    "syntax error": ("  clusters:\n", "  clusters: [\n", 22, ""),
    "tab": ("    connect_timeout: 2s", "\tconnect_timeout: 2s", 23, ""),
    "unknown field": ("connect_timeout", "conect_timeout", 23, "did you mean 'connect_timeout'?"),
    "unknown field in flow style": ("{prefix: /}", "{prefx: /}", 16, "prefix"),
    "not a duration": ("2s", "soon", 23, "'soon'"),
    "not a number": ("port_value: $PORT", "port_value: http", 4, "'http'"),
    "number too large": ("port_value: $PORT", "port_value: 65536", 4, "65535"),
    "not a list": ('["*"]', "{a: b}", 14, "domains"),
    "not a message": ("{prefix: /}", "/", 16, "match"),
    "unknown enum value": ("    connect_timeout: 2s", "    type: STATICC", 23, "STATIC"),
    "rule broken": ("connect_timeout: 2s", "connect_timeout: 0s", 23, "greater than 0s"),
    "required field missing": ("          stat_prefix: in\n", "", 8, "stat_prefix"),
    "oneof missing": (ROUTE, "- match: {}", 16, "prefix"),
    "unknown cluster": ("{cluster: up}", "{cluster: upp}", 17, "did you mean 'up'?"),
    "duplicate cluster": ("  clusters:\n", "  clusters:\n  - name: up\n", 23, "up"),
    "duplicate listener": (
        "  listeners:\n",
        "  listeners:\n  - name: in\n    address: {pipe: {path: /tmp/x}}\n",
        5,
        "in",
    ),
    "duplicate virtual host domain": (
        "            virtual_hosts:\n",
        '            virtual_hosts:\n            - {name: first, domains: ["*"]}\n',
        15,
        "single wildcard domain",
    ),
    "bad regex": (ROUTE, '- match: {safe_regex: {regex: "a(b"}}', 16, "a(b"),
    "regex of backtracking": (ROUTE, '- match: {safe_regex: {regex: "(?=a)"}}', 16, "(?="),
    "bad address": (
        "{address: 127.0.0.1, port_value: $PORT}",
        "{address: 127.0.0.300, port_value: 1}",
        4,
        "127.0.0.300",
    ),
    "bad CIDR": (
        "    - filters:\n",
        "    - filter_chain_match: {source_prefix_ranges: [{address_prefix: 10.0.0.x}]}\n      filters:\n",
        6,
        "10.0.0.x",
    ),
    "no type": ('          "@type": type.googleapis.com/' + V3 + "\n", "", 8, "@type"),
    "type of v2": (V3, V2, 8, V2),
    "type that nobody knows": (V3, "envoy.extensions.filters.network.bogus.v3.Bogus", 9, "bogus"),
    "TLS": (
        "    connect_timeout: 2s",
        '    transport_socket: {name: tls, typed_config: {"@type": ' + TLS + "}}",
        23,
        "transport_socket",
    ),
    "no HTTP filter": (
        (
            '          - name: router\n            typed_config: {"@type": type.googleapis.com/'
            "envoy.extensions.filters.http.router.v3.Router}\n"
        ),
        "          - {}\n",
        19,
        "name",
    ),
    "bad log format": (
        "          stat_prefix: in\n",
        (
            "          stat_prefix: in\n"
            "          access_log:\n"
            "          - name: file\n"
            "            typed_config:\n"
            '              "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog\n'
            "              path: /dev/null\n"
            "              log_format: {text_format_source: {inline_string: '%BOGUS%'}}\n"
        ),
        16,
        "BOGUS",
    ),
}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_a_mistake_is_told_with_its_place(case: tuple[str, str, int, str], tmp_path: Path) -> None:
    good, bad, line, words = case
    assert GOOD.count(good) == 1
    port = free_port()
    path = tmp_path / "bad.yaml"
    path.write_text(GOOD.replace(good, bad).replace("$PORT", str(port)))
    answer = run("-c", str(path), "--use-dynamic-base-id")
    assert answer.returncode == 1
    located = [each for each in answer.stderr.splitlines() if f"{path}:{line}:" in each]
    assert located, answer.stderr
    assert words in "".join(located), located
    assert "Traceback" not in answer.stderr
    assert answer.stdout == ""
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", port))


def test_without_a_mistake_it_is_accepted(tmp_path: Path) -> None:
    path = tmp_path / "good.yaml"
    path.write_text(GOOD.replace("$PORT", str(free_port())))
    answer = run("-c", str(path), "--mode", "validate")
    assert (answer.returncode, answer.stderr) == (0, "")


def test_several_mistakes_are_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    text = GOOD.replace("$PORT", "1").replace("2s", "soon").replace("{prefix: /}", "{prefx: /}").replace('["*"]', "[]")
    path.write_text(text)
    answer = run("-c", str(path), "--use-dynamic-base-id")
    assert answer.returncode == 1
    for line in 14, 16, 23:
        assert f"{path}:{line}:" in answer.stderr, answer.stderr


BOMB = b"a: &a [x,x,x,x,x,x,x,x,x]\n" + b"".join(
    b"%c: &%c [%s]\n" % (name, name, b",".join([b"*%c" % (name - 1)] * 9)) for name in b"bcdefghij"
)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "bad.yaml:1:1: expected an object"),
        (b"\xff\xfe\x00", "invalid YAML: unacceptable character"),
        (b"- a\n- b\n", "expected an object"),
        (BOMB, "alias '*f' makes more than"),
        (b"static_resources: " + b"[" * 100_000, "bad.yaml:1:118: is nested deeper than"),
    ],
    ids=["empty", "not text", "a list", "billion laughs", "deep"],
)
def test_a_file_that_is_no_configuration(content: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_bytes(content)
    answer = run("-c", str(path), "--mode", "validate")
    assert answer.returncode == 1
    assert words in answer.stderr
    assert "Traceback" not in answer.stderr
