"""Fields that cannot be ignored: the names exist, and the list decides as it says."""

from __future__ import annotations

from portico.config.proto_pool import blob, message_descriptor
from portico.config.security_fields import FIELDS, MESSAGES, alters_security


def test_every_listed_field_exists() -> None:
    for full_name in FIELDS:
        message, _, field = full_name.rpartition(".")
        descriptor = message_descriptor(message)
        assert descriptor is not None, full_name
        assert field in descriptor.fields_by_name, full_name


def test_every_listed_prefix_matches_something() -> None:
    symbols = blob.top_level_symbols()
    assert [prefix for prefix in MESSAGES if not any(symbol.startswith(prefix) for symbol in symbols)] == []


def test_whole_messages_and_single_fields() -> None:
    assert alters_security("envoy.config.rbac.v3.Policy", "permissions")
    assert alters_security("envoy.config.route.v3.VirtualHost", "require_tls")
    assert not alters_security("envoy.config.route.v3.VirtualHost", "name")
    assert not alters_security("envoy.config.cluster.v3.Cluster", "health_checks")
