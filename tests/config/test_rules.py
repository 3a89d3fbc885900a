"""Broken rules with their path and Envoy's text."""

from __future__ import annotations

from typing import Any

from portico.config.json_mapping import Findings, parse_message
from portico.config.message_walk import walk
from portico.config.rules import RuleChecker, RuleError
from portico.config.unknown_fields import UnknownFields
from portico.config.yaml_reader import read_yaml


def broken(text: str, full_name: str) -> list[RuleError]:
    message: Any = parse_message(read_yaml(text, "f").root, full_name, UnknownFields.REJECT, Findings())
    checker = RuleChecker()
    walk(message, checker.visit, Findings(), UnknownFields.REJECT)
    return checker.errors


def test_tells_what_was_found_and_what_envoy_says() -> None:
    errors = broken("{name: c, connect_timeout: 0s}", "envoy.config.cluster.v3.Cluster")
    assert [str(error) for error in errors] == ["connect_timeout: value must be greater than 0s, found 0s"]
    assert errors[0].envoy_text == (
        "Proto constraint validation failed (ClusterValidationError.ConnectTimeout: value must be greater than 0s)"
    )


def test_the_chain_names_every_message_on_the_way() -> None:
    errors = broken("{name: c, load_assignment: {}}", "envoy.config.cluster.v3.Cluster")
    assert errors[0].is_absence
    assert errors[0].envoy_text == (
        "Proto constraint validation failed (ClusterValidationError.LoadAssignment: embedded message failed validation"
        " | caused by ClusterLoadAssignmentValidationError.ClusterName: value length must be at least 1 characters)"
    )


def test_a_missing_choice_names_the_choices() -> None:
    errors = broken("{}", "envoy.config.core.v3.Address")
    assert str(errors[0]) == "one of socket_address, pipe, envoy_internal_address is required"
    assert errors[0].envoy_text == 'Proto constraint validation failed (field: "address", reason: is required)'


def test_a_new_chain_starts_inside_an_any() -> None:
    text = """
name: x
typed_config:
  '@type': type.googleapis.com/envoy.extensions.filters.http.buffer.v3.Buffer
  max_request_bytes: 0
"""
    errors = broken(text, "envoy.config.core.v3.TypedExtensionConfig")
    assert [error.field_path for error in errors] == ["typed_config.max_request_bytes"]
    assert "(BufferValidationError.MaxRequestBytes: value must be greater than 0)" in errors[0].envoy_text
    assert errors[0].message == "value must be greater than 0, found 0"


def test_items_are_named_by_place_or_key() -> None:
    errors = broken('{name: v, domains: [a, "b\\n"]}', "envoy.config.route.v3.VirtualHost")
    assert errors[0].field_path == "domains[1]"
    errors = broken("{filter_metadata: {'': {}}}", "envoy.config.core.v3.Metadata")
    assert errors[0].field_path == 'filter_metadata[""]'


def test_a_secret_is_not_shown() -> None:
    text = "{name: a, tls_certificate: {private_key: {environment_variable: ''}, password: {filename: ''}}}"
    errors = broken(text, "envoy.extensions.transport_sockets.tls.v3.Secret")
    assert errors
    assert not any("found" in error.message for error in errors)
