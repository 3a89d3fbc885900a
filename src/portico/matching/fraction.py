"""Shares of all requests: a FractionalPercent, and the runtime key that may override it."""

from __future__ import annotations

from portico.api.runtime import Runtime


class RuntimeFraction:
    """Whether a random value falls inside ``numerator / denominator``, or inside what the runtime key says instead."""

    def __init__(self, numerator: int, denominator: int, key: str = "", runtime: Runtime | None = None) -> None:
        self.numerator = numerator
        self.denominator = denominator
        self.key = key
        self.runtime = runtime

    def includes(self, random_value: int) -> bool:
        if self.runtime is not None and self.key:
            return self.runtime.fraction_enabled(self.key, self.numerator, self.denominator, random_value)
        return random_value % self.denominator < self.numerator
