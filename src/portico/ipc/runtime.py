"""The merged runtime of one process: keys and texts from main, read as the types callers ask for."""

from __future__ import annotations

import math

from portico.api.runtime import Runtime
from portico.config.runtime_layers import parse_fraction


class RuntimeEntry:
    """One value, in every type its text has. Source: envoy source/common/runtime/runtime_impl.cc, createEntry."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.number = number_of(text)
        # Envoy reads integers as unsigned and cuts off what follows the point.
        self.integer = int(self.number) if self.number is not None and self.number >= 0 else None
        self.boolean = {"true": True, "false": False}.get(text.lower())
        self.fraction = parse_fraction(text)


class RuntimeSnapshot(Runtime):
    """Replaced whole by ``load``; the object stays, so that whoever was handed it sees the change."""

    def __init__(self) -> None:
        self._entries: dict[str, RuntimeEntry] = {}

    def load(self, values: dict[str, str]) -> None:
        self._entries = {key: RuntimeEntry(text) for key, text in values.items()}

    def get(self, key: str) -> str | None:
        entry = self._entries.get(key)
        return None if entry is None else entry.text

    def integer(self, key: str, default: int) -> int:
        entry = self._entries.get(key)
        return default if entry is None or entry.integer is None else entry.integer

    def number(self, key: str, default: float) -> float:
        entry = self._entries.get(key)
        return default if entry is None or entry.number is None else entry.number

    def boolean(self, key: str, default: bool) -> bool:
        entry = self._entries.get(key)
        return default if entry is None or entry.boolean is None else entry.boolean

    def fraction_enabled(self, key: str, numerator: int, denominator: int, random_value: int) -> bool:
        entry = self._entries.get(key)
        if entry is not None:
            if entry.fraction is not None:
                numerator, denominator = entry.fraction
            elif entry.integer is not None:
                numerator, denominator = entry.integer, 100
        return random_value % denominator < numerator


def number_of(text: str) -> float | None:
    try:
        number = float(text)
    except ValueError:
        return None
    return number if math.isfinite(number) else None
