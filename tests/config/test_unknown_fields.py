"""What is said of a field that does not exist."""

from __future__ import annotations

import pytest

from portico.config.field_plan import message_plan
from portico.config.proto_pool import blob, message_class, pool
from portico.config.unknown_fields import SUCCESSORS, no_such_field


def complaint(name: str, message: str, parent: str | None = None) -> str:
    descriptor = message_class(message).DESCRIPTOR
    outer = message_class(parent).DESCRIPTOR if parent else None
    return no_such_field(name, descriptor, message_plan(descriptor).offered, outer)


def test_names_the_nearest_field_and_all_that_are_allowed() -> None:
    assert complaint("nme", "envoy.config.core.v3.ExtraSourceAddress") == (
        "no such field: 'nme' in envoy.config.core.v3.ExtraSourceAddress; allowed: address, socket_options"
    )
    assert "; did you mean 'zone'?; allowed: region, zone, sub_zone" in complaint(
        "zoen", "envoy.config.core.v3.Locality"
    )


def test_names_the_level_that_was_left_out() -> None:
    said = complaint("socket_address", "envoy.config.endpoint.v3.Endpoint")
    assert "; did you mean 'address.socket_address'?" in said


def test_names_the_level_that_is_too_much() -> None:
    said = complaint(
        "connect_timeout", "envoy.config.endpoint.v3.ClusterLoadAssignment", "envoy.config.cluster.v3.Cluster"
    )
    assert "'connect_timeout' is a field of the enclosing envoy.config.cluster.v3.Cluster: is it indented" in said


@pytest.mark.parametrize(("message", "field"), sorted(SUCCESSORS))
def test_what_has_a_successor_is_gone_in_v3_and_was_in_v2(message: str, field: str) -> None:
    assert field not in message_class(message).DESCRIPTOR.fields_by_name
    v2_names = {name for name in blob.file_names() if "v2" in name or name.startswith("envoy/api/")}
    simple_name = message.rpartition(".")[2]
    assert any(
        field in descriptor.fields_by_name
        for name in v2_names
        for outer in pool.FindFileByName(name).message_types_by_name.values()
        for descriptor in (outer, *outer.nested_types)
        if descriptor.name == simple_name
    )


def test_names_the_successor_of_a_v2_field() -> None:
    said = complaint("hosts", "envoy.config.cluster.v3.Cluster")
    assert "; this v2 field is gone in v3, use load_assignment;" in said


def test_knows_the_merge_key() -> None:
    assert "; YAML merge keys are not supported;" in complaint("<<", "envoy.config.core.v3.Locality")


def test_a_message_without_fields_allows_none() -> None:
    said = complaint("x", "envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer")
    assert said.endswith("; allowed: no field at all")
