"""What a message type accepts as JSON."""

from __future__ import annotations

from portico.config.field_plan import message_plan
from portico.config.proto_pool import message_class


def test_a_field_has_two_names_and_one_plan() -> None:
    plan = message_plan(message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR)
    assert plan.accepted["connectTimeout"] is plan.accepted["connect_timeout"]
    assert plan.accepted["typed_extension_protocol_options"].is_map
    assert plan.accepted["health_checks"].is_repeated
    assert plan.accepted["type"].oneof == "cluster_discovery_type"


def test_deprecated_fields_are_accepted_and_not_offered() -> None:
    plan = message_plan(message_class("envoy.config.cluster.v3.Cluster").DESCRIPTOR)
    assert "http_protocol_options" in plan.accepted
    assert "http_protocol_options" not in plan.offered


def test_an_optional_scalar_is_in_no_oneof() -> None:
    plan = message_plan(message_class("io.prometheus.client.Counter").DESCRIPTOR)
    assert plan.accepted["value"].oneof == ""


def test_what_must_not_be_shown_is_marked() -> None:
    plan = message_plan(message_class("envoy.extensions.transport_sockets.tls.v3.TlsCertificate").DESCRIPTOR)
    assert plan.accepted["private_key"].sensitive
    assert not plan.accepted["certificate_chain"].sensitive
