"""The stats of all processes as one: what /stats shows and the sinks send. Lives in the main process."""

from __future__ import annotations

from portico.api.stats import Unit
from portico.stats.bins import Bins, add_into
from portico.stats.delta import StatsDelta
from portico.stats.lookups import RecentLookups
from portico.stats.merge_rules import takes_maximum


class MergedNumber:
    """A counter or gauge over all processes."""

    def __init__(self, name: str, is_counter: bool) -> None:
        self.name = name
        self.is_counter = is_counter
        self.value = 0
        self.is_used = False
        self.users = 0  # processes that have it
        self.baseline = 0  # of a maximum counter: its value at the last reset
        self.by_source: dict[str, int] | None = {} if takes_maximum(name) else None

    def update(self, source: str, before: int, after: int) -> None:
        self.is_used = True
        if self.by_source is None:
            self.value += after - before
            return
        self.by_source[source] = after
        self.take_maximum()

    def lose(self, source: str, last: int) -> None:
        """The process is gone: what it counted stays counted, what it held it no longer holds."""
        if self.is_counter:
            return
        if self.by_source is None:
            self.value -= last
        else:
            self.by_source.pop(source, None)
            self.take_maximum()

    def take_maximum(self) -> None:
        assert self.by_source is not None
        self.value = max(self.by_source.values(), default=0) - self.baseline

    def reset(self) -> None:
        self.baseline += self.value if self.by_source is not None else 0
        self.value = 0


class MergedHistogram:
    """A histogram over all processes. What is recorded shows at the next flush, as in Envoy."""

    def __init__(self, name: str, unit: Unit) -> None:
        self.name = name
        self.unit = unit
        self.users = 0
        self.is_used = False
        self.arrived: Bins = {}  # since the last flush
        self.interval: Bins = {}  # between the last two flushes
        self.cumulative: Bins = {}

    def flush(self) -> None:
        self.interval = self.arrived
        self.arrived = {}
        if self.interval:
            self.is_used = True
            add_into(self.cumulative, self.interval)


class Source:
    """What one process told last, by slot."""

    def __init__(self) -> None:
        self.numbers: dict[int, MergedNumber] = {}
        self.last: dict[int, int] = {}
        self.histograms: dict[int, MergedHistogram] = {}


class MergedStats:
    """Counters, gauges, histograms and texts by name. A source is a process: "main", "worker_0.2", ..."""

    def __init__(self) -> None:
        self.numbers: dict[str, MergedNumber] = {}
        self.histograms: dict[str, MergedHistogram] = {}
        self.texts: dict[str, str] = {}
        self.sources: dict[str, Source] = {}
        self.lookups = RecentLookups()
        # Sorted views, None once a name came or went: sorting 100,000 names takes a tenth of a second.
        self.sorted_numbers: list[MergedNumber] | None = None
        self.sorted_histograms: list[MergedHistogram] | None = None

    def apply(self, source_name: str, delta: StatsDelta) -> None:
        source = self.sources.get(source_name)
        if source is None:
            source = self.sources[source_name] = Source()
        for slot in delta.dropped:
            self.drop(source_name, source, slot)
        for slot, kind, name in delta.created:
            self.lookups.record(name)
            self.create(source, slot, kind, name)
        for slot in delta.touched:
            source.numbers[slot].is_used = True
        for slot, value in delta.changed:
            source.numbers[slot].update(source_name, source.last[slot], value)
            source.last[slot] = value
        for slot, bins in delta.samples:
            add_into(source.histograms[slot].arrived, bins)
        self.texts.update(delta.texts)
        for name in delta.lost_texts:
            self.texts.pop(name, None)

    def ordered_numbers(self) -> list[MergedNumber]:
        """Counters and gauges by name, in Envoy's order."""
        if self.sorted_numbers is None:
            self.sorted_numbers = [self.numbers[name] for name in sorted(self.numbers, key=token_order)]
        return self.sorted_numbers

    def ordered_histograms(self) -> list[MergedHistogram]:
        if self.sorted_histograms is None:
            self.sorted_histograms = [self.histograms[name] for name in sorted(self.histograms, key=token_order)]
        return self.sorted_histograms

    def create(self, source: Source, slot: int, kind: str, name: str) -> None:
        if kind.startswith("h:"):
            histogram = self.histograms.get(name)
            if histogram is None:
                histogram = self.histograms[name] = MergedHistogram(name, Unit(kind[2:]))
                self.sorted_histograms = None
            histogram.users += 1
            source.histograms[slot] = histogram
            return
        number = self.numbers.get(name)
        if number is None:
            number = self.numbers[name] = MergedNumber(name, kind == "c")
            self.sorted_numbers = None
        number.users += 1
        source.numbers[slot] = number
        source.last[slot] = 0

    def drop(self, source_name: str, source: Source, slot: int) -> None:
        """A stat's owner is gone from one process; when it is gone from all, so is the stat."""
        number = source.numbers.pop(slot, None)
        if number is not None:
            number.lose(source_name, source.last.pop(slot))
            number.users -= 1
            if number.users == 0:
                del self.numbers[number.name]
                self.sorted_numbers = None
        histogram = source.histograms.pop(slot, None)
        if histogram is not None:
            histogram.users -= 1
            if histogram.users == 0:
                del self.histograms[histogram.name]
                self.sorted_histograms = None

    def lose(self, source_name: str) -> None:
        """A process died. Its counters stay in the sums, its gauges leave them; no name disappears."""
        source = self.sources.pop(source_name, None)
        if source is not None:
            for slot, number in source.numbers.items():
                number.users -= 1
                number.lose(source_name, source.last[slot])
            for histogram in source.histograms.values():
                histogram.users -= 1

    def flush(self) -> None:
        """Close the histograms' interval: once per `stats_flush_interval`."""
        for histogram in self.histograms.values():
            histogram.flush()

    def reset_counters(self) -> None:
        """POST /reset_counters. The processes count on; only what they add from here on shows."""
        for number in self.numbers.values():
            if number.is_counter:
                number.reset()

    def value(self, name: str) -> int:
        """A counter's or gauge's value; 0 when there is none of that name."""
        number = self.numbers.get(name)
        return number.value if number is not None else 0


def token_order(name: str) -> str:
    """Envoy compares names token by token: `cluster.a` comes before `cluster_manager`."""
    return name.replace(".", "\0")
