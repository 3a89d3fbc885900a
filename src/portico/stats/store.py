"""One process's stats: every name once, a slot each, and the changes since the last export."""

from __future__ import annotations

from portico.api.stats import Counter, Gauge, Histogram, StatsScope, Unit
from portico.stats.delta import StatsDelta
from portico.stats.gauge_use import counted_with
from portico.stats.matcher import ACCEPT_ALL, StatsMatcher
from portico.stats.stored import StoredGauge, StoredHistogram

Stat = Counter | StoredGauge | StoredHistogram


def sanitize(name: str) -> str:
    """A scope's name as Envoy writes it: no dot at either end, and `_` for `://`, `:/`, `:` and NUL."""
    name = name.removesuffix(".").removeprefix(".")
    if ":" in name:
        name = name.replace("://", "_").replace(":/", "_").replace(":", "_")
    return name.replace("\0", "_") if "\0" in name else name


class StatsStore(StatsScope):
    """The root scope. A name that the matcher rejects works as any other but is in no export."""

    def __init__(self, matcher: StatsMatcher = ACCEPT_ALL) -> None:
        self.matcher = matcher
        self.accepts_all = matcher is ACCEPT_ALL
        self.counters: dict[str, Counter] = {}
        self.gauges: dict[str, Gauge] = {}
        self.histograms: dict[str, Histogram] = {}
        self.texts: dict[str, str] = {}
        self.slots: list[Stat | None] = []
        self.told: list[int] = []  # by slot: the value in the last export
        self.free: list[int] = []
        self.dropped: list[int] = []
        self.created: list[int] = []
        self.touched: list[int] = []
        self.unused: list[tuple[StoredGauge, str]] = []  # gauges whose use a counter tells, by its name
        self.told_texts: dict[str, str] = {}

    def scope(self, name: str) -> StatsScope:
        return ScopedStats(self, sanitize(name) + ".")

    def counter(self, name: str) -> Counter:
        found = self.counters.get(name)
        if found is not None:
            return found
        counter = Counter(name)
        if self.accepts_all or not self.matcher.rejects(name):
            self.place(self.next_slot(), counter)
        self.counters[name] = counter
        return counter

    def gauge(self, name: str) -> Gauge:
        found = self.gauges.get(name)
        if found is not None:
            return found
        if self.accepts_all or not self.matcher.rejects(name):
            slot = self.next_slot()
            stored = StoredGauge(name, slot, self.touched)
            self.place(slot, stored)
            self.gauges[name] = stored
            counter = counted_with(name)
            if counter:
                self.unused.append((stored, counter))
            return stored
        gauge = Gauge(name)
        self.gauges[name] = gauge
        return gauge

    def histogram(self, name: str, unit: Unit) -> Histogram:
        found = self.histograms.get(name)
        if found is not None:
            return found
        if self.accepts_all or not self.matcher.rejects(name):
            slot = self.next_slot()
            stored = StoredHistogram(name, unit, slot)
            self.place(slot, stored)
            self.histograms[name] = stored
            return stored
        histogram = DeafHistogram(name, unit)
        self.histograms[name] = histogram
        return histogram

    def text_readout(self, name: str, value: str) -> None:
        if not self.matcher.rejects(name):
            self.texts[name] = value

    def next_slot(self) -> int:
        if self.free:
            return self.free.pop()
        self.slots.append(None)
        self.told.append(0)
        return len(self.slots) - 1

    def place(self, slot: int, stat: Stat) -> None:
        self.slots[slot] = stat
        self.told[slot] = 0
        self.created.append(slot)

    def drop(self, prefix: str) -> None:
        """Forget all stats whose names start with ``prefix``: their owner, a cluster or listener, is gone.

        Whoever still holds one may go on writing to it; it is heard of no more.
        """
        for slot, stat in enumerate(self.slots):
            if stat is not None and stat.name.startswith(prefix):
                self.slots[slot] = None
                self.dropped.append(slot)
        self.counters = {name: stat for name, stat in self.counters.items() if not name.startswith(prefix)}
        self.gauges = {name: stat for name, stat in self.gauges.items() if not name.startswith(prefix)}
        self.histograms = {name: stat for name, stat in self.histograms.items() if not name.startswith(prefix)}
        self.texts = {name: text for name, text in self.texts.items() if not name.startswith(prefix)}
        self.unused = [each for each in self.unused if not each[0].name.startswith(prefix)]

    def forget(self) -> None:
        self.drop("")

    def export(self) -> StatsDelta:
        """What changed since the last export; the first one holds everything."""
        delta = StatsDelta()
        delta.dropped = self.dropped
        self.free.extend(self.dropped)
        self.dropped = []
        for slot in self.created:
            stat = self.slots[slot]
            if stat is not None:
                delta.created.append((slot, kind_of(stat), stat.name))
        self.created = []
        self.note_uses()
        delta.touched = [slot for slot in self.touched if self.slots[slot] is not None]
        self.touched.clear()
        self.export_values(delta)
        delta.texts = [(name, text) for name, text in self.texts.items() if self.told_texts.get(name) != text]
        delta.lost_texts = [name for name in self.told_texts if name not in self.texts]
        self.told_texts = dict(self.texts)
        return delta

    def note_uses(self) -> None:
        still_unused: list[tuple[StoredGauge, str]] = []
        for gauge, name in self.unused:
            counter = self.counters.get(name)
            if counter is not None and counter.value:
                if not gauge.is_used:
                    gauge.mark_used()
            elif not gauge.is_used:
                still_unused.append((gauge, name))
        self.unused = still_unused

    def export_values(self, delta: StatsDelta) -> None:
        told = self.told
        for slot, stat in enumerate(self.slots):
            if stat is None:
                continue
            if isinstance(stat, StoredHistogram):
                bins = stat.take()
                if bins:
                    delta.samples.append((slot, bins))
            elif stat.value != told[slot]:
                told[slot] = stat.value
                delta.changed.append((slot, stat.value))


class ScopedStats(StatsScope):
    """A prefix over a store; makes full names and keeps nothing."""

    def __init__(self, store: StatsStore, prefix: str) -> None:
        self.store = store
        self.prefix = prefix  # ends with a dot

    def scope(self, name: str) -> StatsScope:
        return ScopedStats(self.store, self.prefix + sanitize(name) + ".")

    def counter(self, name: str) -> Counter:
        return self.store.counter(self.prefix + name)

    def gauge(self, name: str) -> Gauge:
        return self.store.gauge(self.prefix + name)

    def histogram(self, name: str, unit: Unit) -> Histogram:
        return self.store.histogram(self.prefix + name, unit)

    def text_readout(self, name: str, value: str) -> None:
        self.store.text_readout(self.prefix + name, value)

    def forget(self) -> None:
        self.store.drop(self.prefix)


class DeafHistogram(Histogram):
    """A histogram that the matcher rejected: it accepts samples and keeps none."""

    def record(self, value: float) -> None:
        pass

    def fold(self) -> None:
        self.pending.clear()


def kind_of(stat: Stat) -> str:
    if isinstance(stat, StoredHistogram):
        return "h:" + stat.unit.value
    return "g" if isinstance(stat, StoredGauge) else "c"
