"""The gauges and histograms a store hands out: they note what an export has to know."""

from __future__ import annotations

from collections import Counter
from math import floor, isfinite

from portico.api.stats import Gauge, Histogram, Unit
from portico.stats.bins import NO_BIN, Bins, bin_of, bin_of_integer


class StoredGauge(Gauge):
    """Notes its first use: a gauge set to 0 is "used" in Envoy, one never touched is not."""

    def __init__(self, name: str, slot: int, touched: list[int]) -> None:
        super().__init__(name)
        self.slot = slot
        self.is_used = False
        self.touched = touched  # the store's list of slots used since the last export

    def add(self, amount: int = 1) -> None:
        self.value += amount
        if not self.is_used:
            self.mark_used()

    def sub(self, amount: int = 1) -> None:
        self.value -= amount
        if not self.is_used:
            self.mark_used()

    def set(self, value: int) -> None:
        self.value = value
        if not self.is_used:
            self.mark_used()

    def mark_used(self) -> None:
        self.is_used = True
        self.touched.append(self.slot)


class StoredHistogram(Histogram):
    """Bins of the samples recorded since the last export.

    Envoy records integers, so that 0.4 ms is a 0; only percentages keep their fractions.
    """

    def __init__(self, name: str, unit: Unit, slot: int) -> None:
        super().__init__(name, unit)
        self.slot = slot
        self.bins: Bins = {}
        self.keeps_fractions = unit is Unit.PERCENT

    def fold(self) -> None:
        bins = self.bins
        # Samples repeat (most requests take 0 or 1 ms), so counting them first is most of the work, done in C.
        for value, count in Counter(self.pending).items():
            if not isfinite(value):
                continue
            number = bin_of(value) if self.keeps_fractions else bin_of_integer(floor(value))
            if number != NO_BIN:
                bins[number] = bins.get(number, 0) + count
        self.pending.clear()

    def take(self) -> Bins:
        """The bins so far; the next samples start anew."""
        self.fold()
        taken = self.bins
        self.bins = {}
        return taken
