"""Fields and enum values that Envoy's API has given up.

Source: envoy source/common/protobuf/utility.cc (checkForDeprecatedNonRepeatedEnumValue, DeprecatedProtoFieldsHelper).
"""

from __future__ import annotations

from functools import cache
from typing import Any

from google.protobuf.descriptor import Descriptor, FieldDescriptor

from portico.api.errors import ConfigError
from portico.config import field_path
from portico.config.message_walk import Visit
from portico.config.options import (
    enum_value_is_deprecated,
    enum_value_is_disallowed,
    is_deprecated,
    is_disallowed,
)

ENABLE_ALL = "envoy.features.enable_all_deprecated_features"
OVERRIDE_PREFIX = "envoy.deprecated_features:"


class DeprecationChecker:
    """A visitor for `message_walk.walk`.

    `runtime` holds the runtime keys set in the bootstrap: they may allow what is refused by default.
    """

    def __init__(self, runtime: dict[str, bool]) -> None:
        self.warnings: list[ConfigError] = []
        self.errors: list[ConfigError] = []
        self._runtime = runtime

    def visit(self, visit: Visit) -> None:
        for field in _deprecated_fields(visit.message.DESCRIPTOR):
            if _is_set(visit.message, field):
                self._report(visit, field.name, f"option {field.full_name!r}", field.full_name, is_disallowed(field))
        for field in _enum_fields(visit.message.DESCRIPTOR):
            self._enum(visit, field)

    def _enum(self, visit: Visit, field: FieldDescriptor) -> None:
        assert field.enum_type is not None
        value = field.enum_type.values_by_number.get(getattr(visit.message, field.name))
        if value is None or not enum_value_is_deprecated(value):
            return
        full_name = f"{field.enum_type.full_name}.{value.name}"
        what = f"value {value.name} for enum {field.full_name!r}"
        # The default value may only have been left unset: Envoy 1.40 warns and goes on.
        is_refused = value.number != 0 and enum_value_is_disallowed(value)
        self._report(visit, field.name, what, full_name, is_refused)

    def _report(self, visit: Visit, name: str, what: str, full_name: str, is_refused: bool) -> None:
        path = field_path.join(visit.path, name)
        override = OVERRIDE_PREFIX + full_name
        is_allowed = self._runtime.get(override, self._runtime.get(ENABLE_ALL, False))
        if is_refused and not is_allowed:
            text = f"deprecated {what} is disabled; the runtime key '{override}' set to true allows it"
            self.errors.append(ConfigError("", path, text))
            return
        self.warnings.append(ConfigError("", path, f"using deprecated {what}: Envoy will remove it"))


@cache
def _deprecated_fields(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    return tuple(field for field in descriptor.fields if is_deprecated(field))


@cache
def _enum_fields(descriptor: Descriptor) -> tuple[FieldDescriptor, ...]:
    """Fields of enums that have deprecated values."""
    return tuple(
        field
        for field in descriptor.fields
        if field.enum_type is not None
        and not field.is_repeated
        and any(enum_value_is_deprecated(value) for value in field.enum_type.values)
    )


def _is_set(message: Any, field: FieldDescriptor) -> bool:
    return bool(message.HasField(field.name) if field.has_presence else getattr(message, field.name))


def runtime_switches(bootstrap: Any) -> dict[str, bool]:
    """Boolean keys of the bootstrap's static runtime layers; later layers win."""
    switches: dict[str, bool] = {}
    for layer in bootstrap.layered_runtime.layers:
        if layer.WhichOneof("layer_specifier") == "static_layer":
            for key, value in layer.static_layer.fields.items():
                if value.WhichOneof("kind") == "bool_value":
                    switches[key] = value.bool_value
                elif value.string_value.lower() in ("true", "false"):
                    switches[key] = value.string_value.lower() == "true"
    return switches
