"""Fields in binary messages that no descriptor has: from a newer control plane, or a mistake."""

from __future__ import annotations

from google.protobuf.unknown_fields import UnknownFieldSet

from portico.api.errors import ConfigError
from portico.config.message_walk import Visit


class UnknownWireFields:
    """A visitor for `message_walk.walk`. One entry a message, as Envoy counts them."""

    def __init__(self) -> None:
        self.found: list[ConfigError] = []

    def visit(self, visit: Visit) -> None:
        # The set has __len__ and __getitem__ only.
        fields = UnknownFieldSet(visit.message)
        numbers = sorted({fields[position].field_number for position in range(len(fields))})
        if numbers:
            name = visit.message.DESCRIPTOR.full_name
            listed = ", ".join(str(number) for number in numbers)
            self.found.append(ConfigError("", visit.path, f"unknown field set {{{listed}}} in {name}"))
