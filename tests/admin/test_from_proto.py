import socket
from typing import Any

import pytest
from google.protobuf import json_format

from portico.admin.from_proto import AdminSettings, admin_settings
from portico.api.errors import ConfigErrors
from portico.config.proto_pool import message_class, pool


def settings(document: dict[str, Any]) -> AdminSettings | None:
    message = message_class("envoy.config.bootstrap.v3.Admin")()
    return admin_settings(json_format.ParseDict(document, message, descriptor_pool=pool))


def made(document: dict[str, Any]) -> AdminSettings:
    found = settings(document)
    assert found is not None
    return found


LOOPBACK = {"socket_address": {"address": "127.0.0.1", "port_value": 9901}}


def test_without_an_address_there_is_no_interface() -> None:
    assert settings({}) is None


def test_addresses() -> None:
    assert made({"address": LOOPBACK}).address.text == "127.0.0.1:9901"
    pipe = made({"address": {"pipe": {"path": "/run/admin.sock", "mode": 0o600}}})
    assert (pipe.address.path, pipe.pipe_mode) == ("/run/admin.sock", 0o600)


def test_options_of_the_socket_and_logs() -> None:
    found = made(
        {
            "address": LOOPBACK,
            "socket_options": [
                {"level": socket.SOL_SOCKET, "name": socket.SO_KEEPALIVE, "int_value": 1},
                {"level": 1, "name": 2, "buf_value": "YWI="},
            ],
            "access_log_path": "/dev/null",
            "access_log": [{"name": "envoy.access_loggers.stdout"}],
            "ignore_global_conn_limit": True,
        }
    )
    assert [option.value for option in found.socket_options] == [1, b"ab"]
    assert (found.access_log_path, len(found.access_logs)) == ("/dev/null", 1)
    assert found.ignore_global_connection_limit


@pytest.mark.parametrize(
    ("matcher", "allowed"),
    [
        ({"exact": "/ready"}, ["/ready"]),
        ({"prefix": "/st"}, ["/stats", "/stats/prometheus"]),
        ({"suffix": "S", "ignore_case": True}, ["/stats", "/stats/prometheus"]),
        ({"contains": "/prom"}, ["/stats/prometheus"]),
        ({"safe_regex": {"regex": "/(ready|stats)"}}, ["/ready", "/stats"]),
    ],
)
def test_allowed_paths(matcher: dict[str, Any], allowed: list[str]) -> None:
    (predicate,) = made({"address": LOOPBACK, "allow_paths": [matcher]}).allow_paths
    assert [path for path in ("/ready", "/stats", "/stats/prometheus") if predicate(path)] == allowed


@pytest.mark.parametrize(
    ("address", "warns"), [("0.0.0.0", True), ("::", True), ("10.1.2.3", True), ("127.0.0.2", False), ("::1", False)]
)
def test_warns_of_addresses_others_can_reach(address: str, warns: bool) -> None:
    warning = made({"address": {"socket_address": {"address": address, "port_value": 1}}}).exposure_warning()
    assert (warning is not None) == warns
    assert made({"address": {"pipe": {"path": "@a"}}}).exposure_warning() is None


def test_complaints_name_their_place() -> None:
    with pytest.raises(ConfigErrors) as caught:
        settings(
            {
                "address": {"socket_address": {"address": "127.0.0.1", "named_port": "http"}},
                "allow_paths": [{"exact": "/"}, {"safe_regex": {"regex": "("}}],
            }
        )
    assert [each.field_path for each in caught.value.errors] == [
        "address.socket_address.named_port",
        "allow_paths[1].safe_regex.regex",
    ]
