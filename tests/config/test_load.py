"""Loading a bootstrap and checking a resource. Which files are accepted: test_load_golden.py."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from portico.api.errors import ConfigErrors
from portico.config.load import (
    BOOTSTRAP,
    NO_CONFIG,
    ConfigWarning,
    LoadOptions,
    check_message,
    load_bootstrap,
    parse_resource,
)
from portico.config.positions import Place
from portico.config.proto_pool import message_class
from portico.config.source_text import Format
from portico.config.supported import SupportTable
from tests.config.tables import FullSupport

CLUSTER = "envoy.config.cluster.v3.Cluster"


def load(text: str, **options: Any) -> Any:
    return load_bootstrap(LoadOptions(config_yaml=text, **options), FullSupport())


def errors_of(text: str, table: SupportTable | None = None, **options: Any) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load_bootstrap(LoadOptions(config_yaml=text, **options), table or FullSupport())
    return [str(error) for error in caught.value.errors]


def test_without_a_configuration_it_says_what_envoy_says() -> None:
    with pytest.raises(ConfigErrors) as caught:
        load_bootstrap(LoadOptions(), FullSupport())
    assert str(caught.value) == NO_CONFIG


def test_a_missing_file_is_one_error_without_a_place(tmp_path: Path) -> None:
    with pytest.raises(ConfigErrors) as caught:
        load_bootstrap(LoadOptions(config_path=str(tmp_path / "x.yaml")), FullSupport())
    assert str(caught.value) == f"Invalid path: {tmp_path}/x.yaml"


def test_the_flag_is_merged_over_the_file_and_errors_name_the_right_one(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text("node: {id: a}\nstatic_resources:\n  clusters:\n  - {name: x, connect_timeout: 0s}\n")
    overlay = "{node: {id: b}, static_resources: {clusters: [{name: ''}]}}"
    with pytest.raises(ConfigErrors) as caught:
        load_bootstrap(LoadOptions(config_path=str(path), config_yaml=overlay), FullSupport())
    assert [str(error).partition(": ")[0] for error in caught.value.errors] == ["--config-yaml:1:48", f"{path}:4:15"]


def test_a_file_name_as_yaml_is_an_error_not_a_crash() -> None:
    assert errors_of("envoy.yaml") == [f"--config-yaml:1:1: expected an object ({BOOTSTRAP}), found 'envoy.yaml'"]


def test_identity_flags_win_over_the_file() -> None:
    loaded = load(
        "node: {id: a, cluster: b, locality: {zone: c, region: d}}",
        service_node="A",
        service_cluster="B",
        service_zone="C",
    )
    node = loaded.bootstrap.node
    assert (node.id, node.cluster, node.locality.zone, node.locality.region) == ("A", "B", "C", "d")


def test_unknown_fields_are_fatal_unless_allowed() -> None:
    text = "{node: {id: a, idd: b}, stats_flush_on_admn: true}"
    assert len(errors_of(text)) == 2
    loaded = load(text, allow_unknown_static_fields=True)
    assert loaded.counters.static_unknown_fields == 2
    assert [warning.field_path for warning in loaded.warnings] == ["node.idd", "stats_flush_on_admn"]


def test_an_unimplemented_field_is_a_counted_warning_with_its_place() -> None:
    table = SupportTable([{BOOTSTRAP: frozenset({"node"}), "envoy.config.core.v3.Node": frozenset({"id"})}])
    loaded = load_bootstrap(LoadOptions(config_yaml="node:\n  id: a\n  cluster: b\n"), table)
    assert loaded.counters.unimplemented_fields == 1
    assert loaded.warnings == [
        ConfigWarning(
            Place("--config-yaml", 3, 3),
            "node.cluster",
            "'cluster' of envoy.config.core.v3.Node is not implemented and is ignored",
        )
    ]
    assert errors_of("node:\n  id: a\n  cluster: b\n", table, strict=True) == [str(loaded.warnings[0])]


def test_an_unimplemented_field_that_guards_something_is_an_error() -> None:
    table = SupportTable([{BOOTSTRAP: frozenset({"static_resources"}), f"{BOOTSTRAP}.StaticResources": frozenset("*")}])
    (error,) = errors_of("static_resources: {clusters: [{name: a, transport_socket: {name: tls}}]}", table)[-1:]
    assert error.endswith("is not implemented, and ignoring it would weaken security")


def test_errors_come_in_the_order_of_the_file() -> None:
    text = """
static_resources:
  clusters:
  - {name: a, connect_timeout: 0s}
  - {name: a, alt_stat_name: 5}
admin: {adress: x}
"""
    places = [error.split(": ")[0] for error in errors_of(text)]
    assert places == ["--config-yaml:4:15", "--config-yaml:5:6", "--config-yaml:5:15", "--config-yaml:6:9"]


def test_what_could_not_be_read_is_reported_once() -> None:
    assert len(errors_of("stats_flush_interval: 5")) == 1
    assert len(errors_of("static_resources: {clusters: [{nme: a}]}")) == 1
    assert (
        len(errors_of("static_resources: {clusters: [{name: a, transport_socket: {name: b, typed_config: {c: 1}}}]}"))
        == 1
    )


def test_references_to_clusters_are_checked_only_if_all_names_could_be_read() -> None:
    text = "{{cluster_manager: {{local_cluster_name: x}}, static_resources: {{clusters: [{{{}: y}}]}}}}"
    assert len(errors_of(text.format("name"))) == 1
    (error,) = errors_of(text.format("nme"))
    assert "no such field" in error


def test_deprecated_fields_are_counted() -> None:
    loaded = load("static_resources: {clusters: [{name: a, http_protocol_options: {}}]}")
    assert loaded.counters.deprecated_fields == 1


# A resource from a server: its fields have numbers, unknown ones are accepted unless a flag says otherwise.

UNKNOWN_FIELD = b"\x80\xfa\x01\x01"
BINARY = message_class(CLUSTER)(name="a").SerializeToString() + UNKNOWN_FIELD


def test_a_dynamic_resource_may_have_unknown_fields() -> None:
    loaded = parse_resource(BINARY, CLUSTER, FullSupport(), LoadOptions())
    assert (loaded.message.name, loaded.counters.dynamic_unknown_fields) == ("a", 1)
    assert [str(warning) for warning in loaded.warnings] == [f"unknown field set {{4000}} in {CLUSTER}"]


def test_unknown_dynamic_fields_can_be_ignored_or_rejected() -> None:
    ignored = parse_resource(BINARY, CLUSTER, FullSupport(), LoadOptions(ignore_unknown_dynamic_fields=True))
    assert (ignored.warnings, ignored.counters.dynamic_unknown_fields) == ([], 1)
    with pytest.raises(ConfigErrors, match="unknown field set"):
        parse_resource(BINARY, CLUSTER, FullSupport(), LoadOptions(reject_unknown_dynamic_fields=True))


def test_a_resource_file_has_places() -> None:
    with pytest.raises(ConfigErrors) as caught:
        parse_resource(
            "name: a\nconnect_timeout: 0s\n",
            CLUSTER,
            FullSupport(),
            LoadOptions(),
            name="cds.yaml",
            text_format=Format.YAML,
        )
    assert str(caught.value) == "cds.yaml:2:1: connect_timeout: value must be greater than 0s, found 0s"
    with pytest.raises(ConfigErrors, match=r"^cds\.yaml:1:1: invalid YAML"):
        parse_resource("]", CLUSTER, FullSupport(), LoadOptions(), name="cds.yaml", text_format=Format.YAML)


def test_a_message_can_be_checked_without_a_text() -> None:
    assert check_message(message_class(CLUSTER)(name="a"), FullSupport(), LoadOptions()).message.name == "a"
    with pytest.raises(ConfigErrors, match=r"^name: value length must be at least 1 characters$"):
        check_message(message_class(CLUSTER)(), FullSupport(), LoadOptions())


def test_garbage_is_no_resource() -> None:
    with pytest.raises(ConfigErrors, match=f"is not a serialized {CLUSTER}"):
        parse_resource(b"\xff", CLUSTER, FullSupport(), LoadOptions())


def test_a_thousand_clusters_load_in_time_and_memory(tmp_path: Path) -> None:
    """Budgets: 1 s and 100 MB; about 0.1 s and 30 MB when written, so only a change of order fails this."""
    cluster = """
  - name: cluster_{0}
    connect_timeout: 0.25s
    load_assignment:
      cluster_name: cluster_{0}
      endpoints:
      - lb_endpoints:
        - endpoint: {{address: {{socket_address: {{address: 127.0.0.1, port_value: 80}}}}}}
"""
    path = tmp_path / "a.yaml"
    path.write_text("static_resources:\n  clusters:" + "".join(cluster.format(number) for number in range(1000)))
    program = """
import resource, sys, time
from pathlib import Path
from portico.config.load import LoadOptions, load_bootstrap
from tests.config.tables import FullSupport
start = time.process_time()
loaded = load_bootstrap(LoadOptions(config_path=sys.argv[1]), FullSupport())
assert len(loaded.bootstrap.static_resources.clusters) == 1000
seconds = time.process_time() - start
if sys.platform == "linux":  # where ru_maxrss begins with the peak of the process that started this one
    peak = Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0]
    print(seconds, int(peak) / 1024)
else:
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20))
"""
    root = Path(__file__).resolve().parents[2]
    result = subprocess.run(
        [sys.executable, "-c", program, str(path)], check=True, capture_output=True, text=True, timeout=60, cwd=root
    )
    seconds, megabytes = map(float, result.stdout.split())
    assert seconds < 1
    assert megabytes < 100
