"""Protobuf messages as the JSON documents Envoy prints."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format
from google.protobuf.message import Message

from portico.config.proto_pool import pool

WELL_KNOWN = "google.protobuf."  # Struct, Any, Duration ... have JSON forms of their own


def document(message: Message, print_defaults: bool = False) -> Any:
    """Fields under their proto names, by number; with ``print_defaults`` also those that are not set."""
    made = json_format.MessageToDict(
        message,
        preserving_proto_field_name=True,
        always_print_fields_with_no_presence=print_defaults,
        descriptor_pool=pool,
    )
    made = whole_numbers(made)
    return by_number(made, message.DESCRIPTOR) if print_defaults else made


def by_number(made: Any, descriptor: Any) -> Any:
    """The same document with every message's keys in the order of their field numbers."""
    if descriptor.full_name.startswith(WELL_KNOWN) or not isinstance(made, dict):
        return made
    ordered: dict[str, Any] = {}
    for field in sorted(descriptor.fields, key=lambda each: each.number):
        if field.name not in made:
            continue
        value = made[field.name]
        inner = field.message_type
        if inner is None or inner.GetOptions().map_entry:
            ordered[field.name] = value
        elif isinstance(value, list):
            ordered[field.name] = [by_number(each, inner) for each in value]
        else:
            ordered[field.name] = by_number(value, inner)
    return ordered


def whole_numbers(made: Any) -> Any:
    """Protobuf's C++ printer writes the double 7 as `7`, Python's as `7.0`."""
    if isinstance(made, dict):
        return {key: whole_numbers(value) for key, value in made.items()}
    if isinstance(made, list):
        return [whole_numbers(value) for value in made]
    return int(made) if isinstance(made, float) and made.is_integer() else made
