"""What Envoy's API has given up."""

from __future__ import annotations

from typing import Any

from portico.config.deprecation import ENABLE_ALL, OVERRIDE_PREFIX, DeprecationChecker, runtime_switches
from portico.config.json_mapping import Findings
from portico.config.message_walk import walk
from portico.config.proto_pool import message_class
from portico.config.unknown_fields import UnknownFields

REFUSED = "envoy.config.route.v3.RateLimit.Action.dynamic_metadata"


def check(message: Any, runtime: dict[str, bool] | None = None) -> DeprecationChecker:
    checker = DeprecationChecker(runtime or {})
    walk(message, checker.visit, Findings(), UnknownFields.REJECT)
    return checker


def test_a_deprecated_field_is_a_warning() -> None:
    tls = message_class("envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext")()
    tls.enforce_rsa_key_usage.value = True
    assert [str(warning) for warning in check(tls).warnings] == [
        (
            "enforce_rsa_key_usage: using deprecated option "
            "'envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext.enforce_rsa_key_usage': Envoy will remove it"
        )
    ]
    cluster = message_class("envoy.config.cluster.v3.Cluster")(track_timeout_budgets=True)
    assert [warning.field_path for warning in check(cluster).warnings] == ["track_timeout_budgets"]


def test_a_refused_field_is_an_error_unless_the_runtime_allows_it() -> None:
    action = message_class("envoy.config.route.v3.RateLimit.Action")()
    action.dynamic_metadata.descriptor_key = "a"
    refused = check(action)
    assert [error.field_path for error in refused.errors] == ["dynamic_metadata"]
    assert f"the runtime key '{OVERRIDE_PREFIX}{REFUSED}' set to true allows it" in refused.errors[0].message
    for runtime in ({OVERRIDE_PREFIX + REFUSED: True}, {ENABLE_ALL: True}):
        allowed = check(action, runtime)
        assert (len(allowed.errors), len(allowed.warnings)) == (0, 1)
    assert check(action, {ENABLE_ALL: True, OVERRIDE_PREFIX + REFUSED: False}).errors


def test_a_deprecated_enum_value_is_a_warning() -> None:
    source = message_class("envoy.config.core.v3.ApiConfigSource")(api_type="GRPC", transport_api_version="V2")
    assert [warning.field_path for warning in check(source).warnings] == ["transport_api_version"]


def test_an_unset_enum_with_a_deprecated_default_is_a_warning_even_if_it_is_refused() -> None:
    source = message_class("envoy.config.core.v3.ApiConfigSource")(transport_api_version="V3")
    checked = check(source)
    assert ([w.field_path for w in checked.warnings], checked.errors) == (["api_type"], [])


def test_nothing_deprecated_nothing_said() -> None:
    checked = check(message_class("envoy.config.cluster.v3.Cluster")(name="a"))
    assert (checked.warnings, checked.errors) == ([], [])


def test_runtime_switches_come_from_static_layers_and_the_last_one_counts() -> None:
    bootstrap = message_class("envoy.config.bootstrap.v3.Bootstrap")()
    for name, values in (("one", {"a": True, "b": "true", "c": 5}), ("two", {"a": "False"})):
        layer = bootstrap.layered_runtime.layers.add(name=name)
        layer.static_layer.update(values)
    bootstrap.layered_runtime.layers.add(name="admin").admin_layer.SetInParent()
    assert runtime_switches(bootstrap) == {"a": False, "b": True}
