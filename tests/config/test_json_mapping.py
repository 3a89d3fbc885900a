"""Values to messages: everything protobuf's own reader takes, and all errors instead of the first."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest
from google.protobuf import json_format
from google.protobuf.descriptor import Descriptor, FieldDescriptor
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portico.config.json_mapping import MOST_ERRORS, Findings, parse_message
from portico.config.json_reader import read_json
from portico.config.proto_pool import message_class, pool
from portico.config.unknown_fields import UnknownFields
from portico.config.yaml_reader import read_yaml

CLUSTER = "envoy.config.cluster.v3.Cluster"
BOOTSTRAP = "envoy.config.bootstrap.v3.Bootstrap"


def parse(text: str, full_name: str, unknown_fields: UnknownFields = UnknownFields.REJECT) -> tuple[Any, list[str]]:
    findings = Findings()
    message = parse_message(read_yaml(text, "f").root, full_name, unknown_fields, findings)
    return message, [str(error) for error in findings.errors + findings.unknown]


def test_takes_both_spellings_of_a_name() -> None:
    message, errors = parse("{connectTimeout: 1s, lb_policy: maglev, alt_stat_name: x}", CLUSTER)
    assert errors == []
    assert (message.connect_timeout.seconds, message.lb_policy, message.alt_stat_name) == (1, 5, "x")


def test_null_is_absence_except_in_a_value() -> None:
    message, errors = parse("{name: ~, eds_cluster_config: ~, metadata: {filter_metadata: {a: {b: ~}}}}", CLUSTER)
    assert errors == []
    assert not message.HasField("eds_cluster_config")
    assert message.metadata.filter_metadata["a"].fields["b"].WhichOneof("kind") == "null_value"


def test_null_in_a_list_is_the_default() -> None:
    message, errors = parse("{domains: [~, x], routes: [~]}", "envoy.config.route.v3.VirtualHost")
    assert errors == []
    assert (list(message.domains), len(message.routes)) == (["", "x"], 1)


def test_one_object_or_scalar_stands_for_a_list() -> None:
    message, errors = parse("{domains: x, routes: {name: a}}", "envoy.config.route.v3.VirtualHost")
    assert errors == []
    assert (list(message.domains), message.routes[0].name) == (["x"], "a")


def test_durations_and_wrappers_may_be_written_as_objects() -> None:
    message, errors = parse("{connect_timeout: {seconds: 5}, per_connection_buffer_limit_bytes: {value: 7}}", CLUSTER)
    assert errors == []
    assert (message.connect_timeout.seconds, message.per_connection_buffer_limit_bytes.value) == (5, 7)


def test_an_any_holds_the_message_its_type_names() -> None:
    text = "{name: a, typed_config: {'@type': type.googleapis.com/google.protobuf.Struct, value: {a: 1}}}"
    message, errors = parse(text, "envoy.config.core.v3.TransportSocket")
    assert errors == []
    held = message_class("google.protobuf.Struct").FromString(message.typed_config.value)
    assert held.fields["a"].number_value == 1


def test_reports_every_error_with_its_path() -> None:
    text = """
name: 5
connect_timeout: soon
lb_polcy: ROUND_ROBIN
load_assignment:
  endpoints:
  - lb_endpoints: [{load_balancing_weight: -1}]
  policy: []
health_checks: x
transport_socket:
  typed_config: {'@type': type.googleapis.com/a.B}
typed_extension_protocol_options: [a]
"""
    _, errors = parse(text, CLUSTER)
    assert [error.partition(": ")[0] for error in errors] == [
        "name",
        "connect_timeout",
        "lb_polcy",
        "load_assignment.endpoints[0].lb_endpoints[0].load_balancing_weight",
        "load_assignment.policy",
        "health_checks",
        "transport_socket.typed_config.@type",
        "typed_extension_protocol_options",
    ]


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("{x: 1}", "@type: is missing"),
        ("{'@type': 5}", "@type: expected a string, found 5"),
        ("{'@type': a.B}", "expected 'type.googleapis.com/' and a message name, found 'a.B'"),
        ("{'@type': /a.B}", "expected 'type.googleapis.com/' and a message name"),
        ("{'@type': x/a.B}", "could not find @type 'x/a.B'"),
        ("[a]", "expected an object with '@type', found a list"),
    ],
)
def test_says_what_is_wrong_with_an_any(text: str, complaint: str) -> None:
    _, errors = parse(f"{{typed_config: {text}}}", "envoy.config.core.v3.TransportSocket")
    assert len(errors) == 1
    assert complaint in errors[0]


def test_two_members_of_a_oneof_exclude_each_other() -> None:
    _, errors = parse("{prefix: /, path: /a}", "envoy.config.route.v3.RouteMatch")
    assert errors == ["path: cannot be set together with 'prefix': at most one may"]
    assert parse("{prefix: /, path: ~}", "envoy.config.route.v3.RouteMatch")[1] == []


def test_a_map_in_json_has_each_key_once() -> None:
    findings = Findings()
    document = read_json('{"filter_metadata": {"a": {}, "a": {}}}', "f")
    parse_message(document.root, "envoy.config.core.v3.Metadata", UnknownFields.REJECT, findings)
    assert [str(error) for error in findings.errors] == ['filter_metadata["a"]: is given twice']


def test_unknown_fields_and_enum_names_are_kept_apart_unless_they_are_errors() -> None:
    findings = Findings()
    root = read_yaml("{nme: 1, lb_policy: NEWER, name: 5}", "f").root
    parse_message(root, CLUSTER, UnknownFields.WARN, findings)
    assert [error.field_path for error in findings.unknown] == ["nme", "lb_policy"]
    assert [error.field_path for error in findings.errors] == ["name"]


def test_a_secret_is_not_shown() -> None:
    text = "{tls_certificate: {private_key: {inline_string: 20261120, filename: {hunter2: x}}}}"
    _, errors = parse(text, "envoy.extensions.transport_sockets.tls.v3.Secret")
    assert len(errors) == 2
    assert "20261120" not in "".join(errors)


def test_stops_when_there_are_too_many_errors() -> None:
    text = "clusters: [" + "{a: 1}," * (MOST_ERRORS * 2) + "]"
    _, errors = parse(text, "envoy.config.bootstrap.v3.Bootstrap.StaticResources")
    assert len(errors) == MOST_ERRORS + 1
    assert errors[-1] == "stopped after 100 errors"


# Random messages, written by protobuf's own JSON writer and read by portico.


def scalars(field: FieldDescriptor) -> st.SearchStrategy[Any]:
    kinds: dict[int, st.SearchStrategy[Any]] = {
        FieldDescriptor.CPPTYPE_BOOL: st.booleans(),
        FieldDescriptor.CPPTYPE_INT32: st.integers(-(2**31), 2**31 - 1),
        FieldDescriptor.CPPTYPE_INT64: st.integers(-(2**63), 2**63 - 1),
        FieldDescriptor.CPPTYPE_UINT32: st.integers(0, 2**32 - 1),
        FieldDescriptor.CPPTYPE_UINT64: st.integers(0, 2**64 - 1),
        FieldDescriptor.CPPTYPE_DOUBLE: st.floats(allow_nan=False),
        FieldDescriptor.CPPTYPE_FLOAT: st.floats(width=32, allow_nan=False),
    }
    if field.enum_type is not None:
        return st.sampled_from([value.number for value in field.enum_type.values])
    if field.type == FieldDescriptor.TYPE_BYTES:
        return st.binary(max_size=5)
    return kinds.get(field.cpp_type, st.text(max_size=5))


@st.composite
def messages(draw: st.DrawFn, descriptor: Descriptor, depth: int = 3) -> Any:
    message = message_class(descriptor.full_name)()
    if descriptor.full_name == "google.protobuf.Any":
        inner = draw(messages(pool.FindMessageTypeByName("envoy.config.core.v3.Locality"), 1))
        message.type_url = "type.googleapis.com/envoy.config.core.v3.Locality"
        message.value = inner.SerializeToString()
        return message
    if descriptor.full_name == "google.protobuf.Duration":
        message.FromNanoseconds(draw(st.integers(-(10**18), 10**18)))
        return message
    if descriptor.full_name in ("google.protobuf.Struct", "google.protobuf.Value", "google.protobuf.ListValue"):
        fields = st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.booleans(), max_size=2)
        text = json.dumps(draw(fields) if not descriptor.name.startswith("List") else [1, "x"])
        json_format.Parse(text, message, descriptor_pool=pool)
        return message
    for field in descriptor.fields:
        if field.GetOptions().deprecated or draw(st.integers(0, 3)):
            continue
        if field.message_type is not None and field.message_type.GetOptions().map_entry:
            continue
        if field.message_type is None:
            value: Any = draw(st.lists(scalars(field), max_size=2) if field.is_repeated else scalars(field))
            getattr(message, field.name).extend(value) if field.is_repeated else setattr(message, field.name, value)
        elif depth:
            inner = draw(messages(field.message_type, depth - 1))
            if field.is_repeated:
                getattr(message, field.name).add().CopyFrom(inner)
            else:
                getattr(message, field.name).CopyFrom(inner)
    return message


TYPES = [
    "envoy.config.cluster.v3.Cluster",
    "envoy.config.route.v3.Route",
    "envoy.config.listener.v3.Listener",
    "envoy.config.core.v3.HealthCheck",
    "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
]


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.data(), st.sampled_from(TYPES), st.booleans(), st.booleans())
def test_reads_back_what_protobuf_wrote(data: st.DataObject, full_name: str, snake_case: bool, as_yaml: bool) -> None:
    message = data.draw(messages(pool.FindMessageTypeByName(full_name)))
    text = json_format.MessageToJson(message, preserving_proto_field_name=snake_case, descriptor_pool=pool)
    document = read_yaml(text, "f") if as_yaml and text.isascii() and "\\" not in text else read_json(text, "f")
    findings = Findings()
    read = parse_message(document.root, full_name, UnknownFields.REJECT, findings)
    assert findings.errors == []
    assert read == json_format.Parse(text, message_class(full_name)(), descriptor_pool=pool)


def test_floats_are_read_at_full_precision() -> None:
    message, errors = parse("{value: '0.1'}", "envoy.type.v3.Percent")
    assert errors == []
    assert struct.pack("d", message.value) == struct.pack("d", 0.1)


def test_what_stands_beside_the_value_of_an_any_is_not_lost_silently() -> None:
    text = "{typed_config: {'@type': type.googleapis.com/google.protobuf.Struct, a: 1}}"
    _, errors = parse(text, "envoy.config.core.v3.TransportSocket")
    assert errors == ["typed_config.a: google.protobuf.Struct stands under 'value'"]
