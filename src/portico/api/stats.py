"""Counters, gauges and histograms under Envoy's names, which are resolved when configuration arrives, never later."""

from __future__ import annotations

from enum import Enum
from typing import Final

from mypy_extensions import mypyc_attr


class Unit(Enum):
    """What a histogram's numbers mean."""

    UNSPECIFIED = "unspecified"
    MILLISECONDS = "milliseconds"
    MICROSECONDS = "microseconds"
    BYTES = "bytes"
    PERCENT = "percent"


class Counter:
    """A number that only grows. The hot path adds to ``value`` itself."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.value = 0

    def add(self, amount: int = 1) -> None:
        self.value += amount

    def __repr__(self) -> str:
        return f"Counter({self.name}={self.value})"


class Gauge:
    """A number that rises and falls."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.value = 0

    def add(self, amount: int = 1) -> None:
        self.value += amount

    def sub(self, amount: int = 1) -> None:
        self.value -= amount

    def set(self, value: int) -> None:
        self.value = value

    def __repr__(self) -> str:
        return f"Gauge({self.name}={self.value})"


@mypyc_attr(allow_interpreted_subclasses=True)
class Histogram:
    """Samples not yet sorted into bins: recording costs one list append.

    The store drains ``pending`` into logarithmic bins when it is read, and when it holds ``FOLD_AT`` samples.
    """

    FOLD_AT: Final = 4096  # 32 KiB of pointers a histogram at most

    def __init__(self, name: str, unit: Unit) -> None:
        self.name = name
        self.unit = unit
        self.pending: list[float] = []

    def record(self, value: float) -> None:
        self.pending.append(value)
        if len(self.pending) >= Histogram.FOLD_AT:
            self.fold()

    def fold(self) -> None:
        """Sort ``pending`` into bins and empty it."""
        raise NotImplementedError


@mypyc_attr(allow_interpreted_subclasses=True)
class StatsScope:
    """A dotted prefix over this process's stats. Names are Envoy's, verbatim."""

    def scope(self, name: str) -> StatsScope:
        """The scope ``<this prefix><name>.``; a ``:`` in ``name`` becomes ``_`` as in Envoy."""
        raise NotImplementedError

    def counter(self, name: str) -> Counter:
        """The same name gives the same Counter, present at 0 from this call on."""
        raise NotImplementedError

    def gauge(self, name: str) -> Gauge:
        raise NotImplementedError

    def histogram(self, name: str, unit: Unit) -> Histogram:
        raise NotImplementedError

    def text_readout(self, name: str, value: str) -> None:
        """Set a stat whose value is text."""
        raise NotImplementedError

    def forget(self) -> None:
        """Everything below this scope ceases to exist: its owner, a cluster or listener, is gone."""
        raise NotImplementedError
