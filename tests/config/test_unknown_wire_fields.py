"""Fields in binary messages that nobody knows."""

from __future__ import annotations

from portico.config.json_mapping import Findings
from portico.config.message_walk import walk
from portico.config.proto_pool import message_class
from portico.config.unknown_fields import UnknownFields
from portico.config.unknown_wire_fields import UnknownWireFields


def test_each_message_with_unknown_fields_is_named_once() -> None:
    # Field 4000 as a varint and field 4001 as bytes, in the bootstrap and in its node (field 1).
    unknown = b"\x80\xfa\x01\x01" + b"\x8a\xfa\x01\x02ab"
    bootstrap = message_class("envoy.config.bootstrap.v3.Bootstrap").FromString(
        b"\x0a" + bytes([len(unknown)]) + unknown + unknown
    )
    checker = UnknownWireFields()
    walk(bootstrap, checker.visit, Findings(), UnknownFields.REJECT)
    assert [str(found) for found in checker.found] == [
        "unknown field set {4000, 4001} in envoy.config.bootstrap.v3.Bootstrap",
        "node: unknown field set {4000, 4001} in envoy.config.core.v3.Node",
    ]
