"""Envoy's rules on its own API (validate.rules options), compiled to closures once a message type.

Covers every kind of rule protoc-gen-validate defines. Texts are those of its C++ output, which Envoy prints:
source: bufbuild/protoc-gen-validate templates/cc; the ones in tests/config were compared with Envoy 1.40.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from portico.config.options import field_rules, message_is_unchecked, oneof_is_required
from portico.config.rule_compiler import Check, compile_rules


class Violation(NamedTuple):
    """`item` is a list index, a map key, or None; `field` is empty when a oneof is meant by `oneof`."""

    field: str
    item: object
    reason: str
    oneof: str = ""


MessageCheck = Callable[[Any, list[Violation]], None]


def violations(message: Any) -> list[Violation]:
    """What the message itself breaks; the messages in its fields are not entered."""
    found: list[Violation] = []
    for check in _checks(message.DESCRIPTOR):
        check(message, found)
    return found


@cache
def skipped_fields(descriptor: Descriptor) -> frozenset[str]:
    """Fields whose message is not to be validated (`message.skip`)."""
    names: set[str] = set()
    for field in descriptor.fields:
        rules = field_rules(field) if field.message_type is not None else None
        if rules is not None and (rules.message.skip or rules.repeated.items.message.skip):
            names.add(field.name)
    return frozenset(names)


@cache
def _checks(descriptor: Descriptor) -> tuple[MessageCheck, ...]:
    if message_is_unchecked(descriptor):
        return ()
    checks: list[MessageCheck] = []
    for field in descriptor.fields:
        rules = field_rules(field)
        if rules is not None:
            checks += _field_checks(field, rules)
    for oneof in descriptor.oneofs:
        if oneof_is_required(oneof):
            checks.append(_oneof_required(oneof.name))
    return tuple(checks)


def _field_checks(field: FieldDescriptor, rules: Any) -> list[MessageCheck]:
    kind = rules.WhichOneof("type")
    checks: list[MessageCheck] = []
    # A member of a oneof cannot be required by itself: the rule then only holds once it is chosen, and is true.
    if _is_required(rules, kind) and field.containing_oneof is None:
        checks.append(_required(field.name))
    if kind == "repeated":
        checks += _repeated_checks(field, rules.repeated)
    elif kind == "map":
        checks += _map_checks(field, rules.map)
    elif kind is not None:
        check = compile_rules(field, rules)
        if check is not None:
            checks.append(_present(field.name, check) if field.has_presence else _always(field.name, check))
    return checks


def _is_required(rules: Any, kind: str | None) -> bool:
    if rules.HasField("message") and rules.message.required:
        return True
    return kind in ("any", "duration", "timestamp") and getattr(rules, kind).required


def _required(name: str) -> MessageCheck:
    def check(message: Any, found: list[Violation]) -> None:
        if not message.HasField(name):
            found.append(Violation(name, None, "value is required"))

    return check


def _oneof_required(name: str) -> MessageCheck:
    def check(message: Any, found: list[Violation]) -> None:
        if message.WhichOneof(name) is None:
            found.append(Violation("", None, "is required", name))

    return check


def _present(name: str, check_value: Check) -> MessageCheck:
    def check(message: Any, found: list[Violation]) -> None:
        if message.HasField(name):
            reason = check_value(getattr(message, name))
            if reason is not None:
                found.append(Violation(name, None, reason))

    return check


def _always(name: str, check_value: Check) -> MessageCheck:
    def check(message: Any, found: list[Violation]) -> None:
        reason = check_value(getattr(message, name))
        if reason is not None:
            found.append(Violation(name, None, reason))

    return check


def _repeated_checks(field: FieldDescriptor, rules: Any) -> list[MessageCheck]:
    name = field.name
    checks: list[MessageCheck] = []
    reason = _count_reason(rules, "min_items", "max_items", "item(s)")
    lowest, highest = rules.min_items, rules.max_items if rules.HasField("max_items") else None
    ignore_empty = rules.ignore_empty

    def check_count(message: Any, found: list[Violation]) -> None:
        count = len(getattr(message, name))
        if (count < lowest or (highest is not None and count > highest)) and not (ignore_empty and count == 0):
            found.append(Violation(name, None, reason))

    def check_unique(message: Any, found: list[Violation]) -> None:
        seen: set[object] = set()
        for position, value in enumerate(map(_hashable, getattr(message, name))):
            if value in seen:
                found.append(Violation(name, position, "repeated value must contain unique items"))
            seen.add(value)

    if reason:
        checks.append(check_count)
    if rules.unique:
        checks.append(check_unique)
    item_check = compile_rules(field, rules.items) if rules.HasField("items") else None
    if item_check is not None:
        checks.append(_each_item(name, item_check))
    return checks


def _hashable(value: Any) -> object:
    return value.SerializeToString(deterministic=True) if hasattr(value, "SerializeToString") else value


def _each_item(name: str, check_value: Check) -> MessageCheck:
    def check(message: Any, found: list[Violation]) -> None:
        for position, value in enumerate(getattr(message, name)):
            reason = check_value(value)
            if reason is not None:
                found.append(Violation(name, position, reason))

    return check


def _map_checks(field: FieldDescriptor, rules: Any) -> list[MessageCheck]:
    name = field.name
    checks: list[MessageCheck] = []
    reason = _count_reason(rules, "min_pairs", "max_pairs", "pair(s)")
    lowest, highest = rules.min_pairs, rules.max_pairs if rules.HasField("max_pairs") else None
    ignore_empty = rules.ignore_empty

    def check_count(message: Any, found: list[Violation]) -> None:
        count = len(getattr(message, name))
        if (count < lowest or (highest is not None and count > highest)) and not (ignore_empty and count == 0):
            found.append(Violation(name, None, reason))

    if reason:
        checks.append(check_count)
    assert field.message_type is not None
    key_field, value_field = field.message_type.fields
    check_key = compile_rules(key_field, rules.keys) if rules.HasField("keys") else None
    check_value = compile_rules(value_field, rules.values) if rules.HasField("values") else None
    if check_key is not None or check_value is not None:
        checks.append(_each_pair(name, check_key, check_value))
    return checks


def _each_pair(name: str, check_key: Check | None, check_value: Check | None) -> MessageCheck:
    def check(message: Any, found: list[Violation]) -> None:
        pairs = getattr(message, name)
        for key in pairs:
            reason = check_key(key) if check_key is not None else None
            if reason is None and check_value is not None:
                reason = check_value(pairs[key])
            if reason is not None:
                found.append(Violation(name, key, reason))

    return check


def _count_reason(rules: Any, lowest: str, highest: str, noun: str) -> str:
    """Empty if the rules do not limit the count."""
    low, high = getattr(rules, lowest), getattr(rules, highest)
    if rules.HasField(lowest) and rules.HasField(highest):
        if low == high:
            return f"value must contain exactly {low} {noun}"
        return f"value must contain between {low} and {high} {noun.replace('(s)', 's')}, inclusive"
    if rules.HasField(lowest):
        return f"value must contain at least {low} {noun}"
    if rules.HasField(highest):
        return f"value must contain no more than {high} {noun}"
    return ""
