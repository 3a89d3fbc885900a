"""Every message inside a message."""

from __future__ import annotations

from typing import Any

from portico.config.json_mapping import Findings, parse_message
from portico.config.message_walk import Visit, walk
from portico.config.proto_pool import message_class
from portico.config.unknown_fields import UnknownFields
from portico.config.yaml_reader import read_yaml


def visits(message: Any, unknown_fields: UnknownFields = UnknownFields.REJECT) -> tuple[list[Visit], Findings]:
    seen: list[Visit] = []
    findings = Findings()
    walk(message, seen.append, findings, unknown_fields)
    return seen, findings


def cluster(text: str) -> Any:
    return parse_message(read_yaml(text, "f").root, "envoy.config.cluster.v3.Cluster", UnknownFields.REJECT, Findings())


def test_enters_lists_maps_and_anys_in_order() -> None:
    message = cluster("""
name: c
health_checks: [{tcp_health_check: {}}]
typed_extension_protocol_options:
  a.b: {'@type': type.googleapis.com/envoy.config.core.v3.Locality}
""")
    assert [visit.path for visit in visits(message)[0]] == [
        "",
        "health_checks[0]",
        "health_checks[0].tcp_health_check",
        'typed_extension_protocol_options["a.b"]',
    ]


def test_a_typed_struct_is_entered_as_the_message_it_names() -> None:
    message = cluster("""
transport_socket:
  typed_config:
    '@type': type.googleapis.com/xds.type.v3.TypedStruct
    type_url: type.googleapis.com/envoy.config.core.v3.Address
    value: {socket_address: {address: x}}
""")
    seen, _ = visits(message)
    names = {visit.path: visit.message.DESCRIPTOR.name for visit in seen}
    assert names["transport_socket.typed_config.value"] == "Address"
    assert names["transport_socket.typed_config.value.socket_address"] == "SocketAddress"


def test_what_an_any_cannot_hold_is_reported_with_its_path() -> None:
    message = cluster("""
transport_socket:
  typed_config:
    '@type': type.googleapis.com/xds.type.v3.TypedStruct
    type_url: type.googleapis.com/envoy.config.core.v3.Locality
    value: {zoen: x, region: []}
""")
    _, findings = visits(message)
    assert [error.field_path for error in findings.errors] == [
        "transport_socket.typed_config.value.region",
        "transport_socket.typed_config.value.zoen",
    ]
    message.transport_socket.typed_config.type_url = "x/a.B"
    assert [e.field_path for e in visits(message)[1].errors] == ["transport_socket.typed_config.@type"]


def test_unknown_fields_in_a_typed_struct_follow_the_policy() -> None:
    message = cluster("""
transport_socket:
  typed_config:
    '@type': type.googleapis.com/xds.type.v3.TypedStruct
    type_url: type.googleapis.com/envoy.config.core.v3.Locality
    value: {zoen: x}
""")
    _, findings = visits(message, UnknownFields.WARN)
    assert findings.errors == []
    assert [error.field_path for error in findings.unknown] == ["transport_socket.typed_config.value.zoen"]


def test_the_flags_of_a_field_hold_for_all_inside() -> None:
    append = message_class("envoy.config.core.v3.KeyValueAppend")(entry={"key": "k"})
    seen, _ = visits(append)
    assert [(visit.path, visit.is_validated) for visit in seen] == [("", True), ("entry", False)]
    certificate = message_class("envoy.extensions.transport_sockets.tls.v3.TlsCertificate")(
        private_key={"filename": "x"}
    )
    assert [(visit.path, visit.is_sensitive) for visit in visits(certificate)[0]] == [
        ("", False),
        ("private_key", True),
    ]


def nested(levels: int, padding: int = 0) -> Any:
    config = message_class("envoy.config.core.v3.TypedExtensionConfig")
    message = config(name="x" * padding)
    for _ in range(levels):
        outer = config()
        outer.typed_config.Pack(message)
        message = outer
    return message


def test_anys_inside_anys_end_somewhere() -> None:
    findings = Findings()
    assert walk(nested(40), lambda visit: None, findings, UnknownFields.REJECT)
    assert findings.errors == []
    assert not walk(nested(1000), lambda visit: None, findings, UnknownFields.REJECT)
    assert [error.message for error in findings.errors] == [
        "messages are nested deeper than 100 levels or 100663296 bytes"
    ]


def test_anys_inside_anys_cannot_multiply_a_large_message() -> None:
    findings = Findings()
    assert not walk(nested(6, padding=30 << 20), lambda visit: None, findings, UnknownFields.REJECT)
    assert len(findings.errors) == 1
