"""Runtime as layers of keys: what `layered_runtime` says, what an operator changed, and what comes of both.

A value is the text /runtime shows. The last layer with a non-empty value for a key decides.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from portico.api.errors import ConfigError, join_path

# envoy.type.v3.FractionalPercent.DenominatorType
DENOMINATORS = {"HUNDRED": 100, "TEN_THOUSAND": 10_000, "MILLION": 1_000_000}
DENOMINATOR_NUMBERS = dict(enumerate(DENOMINATORS.values()))


@dataclass
class RuntimeLayer:
    """One layer's keys. ``is_admin``: POST /runtime_modify writes here."""

    name: str
    values: dict[str, str] = field(default_factory=dict)
    is_admin: bool = False


class LayeredRuntime:
    """All layers, lowest first."""

    def __init__(self, layers: list[RuntimeLayer]) -> None:
        self.layers = layers

    def merged(self) -> dict[str, str]:
        """Every key that has a value."""
        merged: dict[str, str] = {}
        for layer in self.layers:
            merged.update((key, text) for key, text in layer.values.items() if text)
        return merged

    def key_count(self) -> int:
        """`runtime.num_keys`: keys of any layer, those with an empty value included."""
        return len({key for layer in self.layers for key in layer.values})

    def admin_layer(self) -> RuntimeLayer | None:
        return next((layer for layer in reversed(self.layers) if layer.is_admin), None)

    def modify(self, values: dict[str, str]) -> None:
        """Set keys of the admin layer; an empty value takes the override away."""
        layer = self.admin_layer()
        if layer is None:
            raise ConfigError("", "", "No admin layer specified")
        for key, text in values.items():
            if text:
                layer.values[key] = text
            else:
                layer.values.pop(key, None)

    def dump(self) -> dict[str, Any]:
        """The document of /runtime."""
        entries: dict[str, Any] = {}
        for key in sorted({key for layer in self.layers for key in layer.values}):
            texts = [layer.values.get(key, "") for layer in self.layers]
            entries[key] = {"final_value": next((text for text in reversed(texts) if text), ""), "layer_values": texts}
        return {"entries": entries, "layers": [layer.name for layer in self.layers]}


def layered_runtime(message: Any) -> LayeredRuntime:
    """`envoy.config.bootstrap.v3.LayeredRuntime` without disk and RTDS contents: those layers begin empty.

    Raises ConfigError relative to the message.
    """
    layers: list[RuntimeLayer] = []
    has_admin = False
    for index, layer in enumerate(message.layers):
        here = f"layers[{index}]"
        if any(layer.name == earlier.name for earlier in layers):
            raise ConfigError("", f"{here}.name", f"Duplicate layer name: {layer.name}")
        which = layer.WhichOneof("layer_specifier")
        if which == "admin_layer":
            if has_admin:
                raise ConfigError("", here, "Too many admin layers specified in LayeredRuntime, at most one may be")
            has_admin = True
            layers.append(RuntimeLayer(layer.name, is_admin=True))
        elif which == "static_layer":
            layers.append(RuntimeLayer(layer.name, flatten(layer.static_layer, f"{here}.static_layer")))
        else:
            layers.append(RuntimeLayer(layer.name))
    return LayeredRuntime(layers)


def flatten(struct: Any, field_path: str = "") -> dict[str, str]:
    """A Struct's leaves by dotted key. A FractionalPercent is a leaf, written as JSON."""
    values: dict[str, str] = {}
    for key in sorted(struct.fields):
        add_value(values, key, struct.fields[key], field_path)
    return values


def add_value(values: dict[str, str], key: str, value: Any, field_path: str) -> None:
    kind = value.WhichOneof("kind")
    if kind == "struct_value":
        fields = value.struct_value.fields
        if not fields or "numerator" in fields or "denominator" in fields:
            values[key] = fraction_text(value.struct_value, join_path(field_path, key))
            return
        for inner in sorted(fields):
            add_value(values, f"{key}.{inner}", fields[inner], field_path)
    elif kind == "string_value":
        values[key] = value.string_value
    elif kind == "number_value":
        values[key] = number_text(value.number_value)
    elif kind == "bool_value":
        values[key] = "true" if value.bool_value else "false"
    else:
        found = {"list_value": "a list", "null_value": "null"}.get(str(kind), "nothing")
        raise ConfigError(
            "", join_path(field_path, key), f"Invalid runtime entry value for {key}: found {found}, allowed are "
            "strings, numbers, booleans, FractionalPercent and objects of these"
        )  # fmt: skip


def number_text(number: float) -> str:
    return str(int(number)) if number.is_integer() and abs(number) < 1e16 else repr(number)


def fraction_text(struct: Any, field_path: str) -> str:
    known: dict[str, Any] = {}
    for name in ("numerator", "denominator"):
        if name in struct.fields:
            value = struct.fields[name]
            known[name] = int(value.number_value) if value.WhichOneof("kind") == "number_value" else value.string_value
    text = json.dumps(known)
    if parse_fraction(text) is None:
        raise ConfigError("", field_path, f"is not a FractionalPercent: {text}")
    return text


def parse_fraction(text: str) -> tuple[int, int] | None:
    """(numerator, denominator) of a FractionalPercent's text; None when it is something else.

    A bare integer is the caller's to read: it counts hundredths.
    """
    if not text.startswith("{"):
        return None
    try:
        document = json.loads(text)
    except ValueError:
        return None
    if not isinstance(document, dict) or not document.keys() <= {"numerator", "denominator"}:
        return None
    numerator = document.get("numerator", 0)
    denominator = document.get("denominator", "HUNDRED")
    scale = DENOMINATORS.get(denominator) if isinstance(denominator, str) else DENOMINATOR_NUMBERS.get(denominator)
    if not isinstance(numerator, int) or numerator < 0 or scale is None:
        return None
    return numerator, scale
