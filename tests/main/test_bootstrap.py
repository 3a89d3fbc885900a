"""Which fields this build claims to honour, gathered from the code that reads them."""

import sys

import pytest

from portico.api.errors import ConfigErrors
from portico.main.bootstrap import extension_modules, extension_rows, loaded_rows
from tests.main.configs import ECHO, loaded

ECHO_TYPE = "envoy.extensions.filters.network.echo.v3.Echo"


def test_an_extension_is_imported_when_its_type_is_first_asked_for() -> None:
    rows = extension_rows(ECHO_TYPE)
    assert rows is not None
    assert rows[ECHO_TYPE] == frozenset()
    assert "portico.extensions.filters.network.echo" in sys.modules
    assert "portico.extensions.filters.network.echo" in extension_modules()


def test_what_nobody_claims_has_no_rows() -> None:
    assert extension_rows("envoy.extensions.filters.network.nonsense.v3.Nonsense") is None
    assert extension_rows("google.protobuf.Struct") is None


def test_rows_come_from_every_package() -> None:
    names = {name for rows in loaded_rows() for name in rows}
    assert {"envoy.config.cluster.v3.Cluster", "envoy.config.listener.v3.Listener"} <= names
    assert "envoy.config.bootstrap.v3.Bootstrap" in names


def test_a_whole_bootstrap_loads_without_a_word() -> None:
    text = f"""
admin: {{address: {{socket_address: {{address: 127.0.0.1, port_value: 0}}}}}}
node: {{id: node-1, cluster: c, locality: {{zone: z}}}}
stats_flush_interval: 1s
layered_runtime: {{layers: [{{name: a, static_layer: {{x: 1}}}}, {{name: admin, admin_layer: {{}}}}]}}
stats_config: {{stats_tags: [{{tag_name: t, fixed_value: v}}]}}
static_resources:
  listeners:
  - name: l
    address: {{socket_address: {{address: 127.0.0.1, port_value: 0}}}}
{ECHO}"""
    assert [str(warning) for warning in loaded(text).warnings] == []


def test_a_field_that_is_not_implemented_is_named_with_its_place() -> None:
    (warning,) = loaded("flags_path: /tmp").warnings
    assert "--config-yaml:1:1: flags_path: " in str(warning)


def test_mistakes_are_told_together() -> None:
    with pytest.raises(ConfigErrors) as caught:
        loaded("static_resources: {clusters: [{nme: a}], listeners: [{adress: b}]}")
    assert len(caught.value.errors) == 2
