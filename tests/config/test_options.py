"""Options of the API, read without touching protobuf's default pool."""

from __future__ import annotations

import subprocess
import sys

import pytest
from google.protobuf.descriptor import FieldDescriptor

from portico.config import options
from portico.config.proto_pool import message_class


def field(message: str, name: str) -> FieldDescriptor:
    descriptor: FieldDescriptor = message_class(message).DESCRIPTOR.fields_by_name[name]
    return descriptor


def test_rules_of_fields_and_oneofs() -> None:
    assert options.field_rules(field("envoy.config.cluster.v3.Cluster", "name")).string.min_len == 1
    assert options.field_rules(field("envoy.config.cluster.v3.Cluster", "alt_stat_name")) is None
    address = message_class("envoy.config.core.v3.Address").DESCRIPTOR
    assert options.oneof_is_required(address.oneofs_by_name["address"])
    cluster = message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR
    assert not options.oneof_is_required(cluster.oneofs_by_name["lb_config"])
    assert not options.message_is_unchecked(cluster)


def test_deprecation_of_fields() -> None:
    old = field("envoy.config.cluster.v3.Cluster", "http_protocol_options")
    assert options.is_deprecated(old)
    assert not options.is_disallowed(old)
    assert not options.is_deprecated(field("envoy.config.cluster.v3.Cluster", "name"))


def test_deprecation_of_enum_values() -> None:
    selection = message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR.enum_types_by_name["LbPolicy"]
    assert not options.enum_value_is_deprecated(selection.values_by_name["RING_HASH"])
    assert not options.enum_value_is_disallowed(selection.values_by_name["RING_HASH"])


def test_secrecy() -> None:
    certificate = "envoy.extensions.transport_sockets.tls.v3.TlsCertificate"
    assert options.is_sensitive(field(certificate, "private_key"))
    assert not options.is_sensitive(field(certificate, "certificate_chain"))


@pytest.mark.parametrize(
    ("message", "is_unfinished"),
    [
        ("envoy.extensions.filters.network.generic_proxy.v3.GenericProxy", True),
        ("envoy.config.cluster.v3.Cluster", False),
    ],
)
def test_work_in_progress(message: str, is_unfinished: bool) -> None:
    descriptor = message_class(message).DESCRIPTOR
    assert options.file_is_work_in_progress(descriptor.file) is is_unfinished
    assert not options.message_is_work_in_progress(descriptor)


def test_the_default_pool_stays_as_it_was() -> None:
    """Another library may bring its own copy of these files, which must not collide with portico's."""
    program = """
from google.protobuf import descriptor_pool
from portico.config import options
from portico.config.proto_pool import message_class
assert options.field_rules(message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR.fields_by_name["name"])
for name in ("validate/validate.proto", "envoy/config/cluster/v3/cluster.proto"):
    try:
        descriptor_pool.Default().FindFileByName(name)
    except KeyError:
        continue
    raise SystemExit(f"{name} is in the default pool")
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)
