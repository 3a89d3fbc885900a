"""The Prometheus text format: families by name, one `# TYPE` each, Envoy's label names and order."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Generic, TypeVar

from portico.admin.histogram_text import QUANTILES
from portico.admin.numbers import exact, general
from portico.admin.stats_request import StatsRequest
from portico.stats.bins import counts_up_to, quantiles, sample_count, sample_sum
from portico.stats.merged import MergedHistogram, MergedNumber, MergedStats, token_order
from portico.stats.stats_config import StatsConfig
from portico.stats.tags import TagProducer

S = TypeVar("S")

NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_]")


class Families(Generic[S]):
    """Stats of one kind by what is left of their names. Holds the stats: names may go while an answer is on its way."""

    def __init__(self, tags: TagProducer) -> None:
        self.tags = tags
        self.members: dict[str, list[tuple[str, S]]] = {}  # family -> labels and stat

    def add(self, name: str, stat: S) -> None:
        tagged = self.tags.tagged(name)
        self.members.setdefault(tagged.name, []).append((labels(tagged.tags), stat))

    def __iter__(self) -> Iterator[tuple[str, list[tuple[str, S]]]]:
        for family in sorted(self.members, key=token_order):
            yield metric_name(family), self.members[family]


def lines(request: StatsRequest, stats: MergedStats, config: StatsConfig) -> Iterator[str]:
    if request.type in ("All", "Counters"):
        yield from number_lines(request.counters(stats), "counter", config.tags)
    if request.type in ("All", "Gauges"):
        yield from number_lines(request.gauges(stats), "gauge", config.tags)
    if request.text_readouts:
        yield from text_lines(request, stats, config.tags)
    yield from histogram_lines(request, stats, config)


def number_lines(numbers: list[MergedNumber], kind: str, tags: TagProducer) -> Iterator[str]:
    families: Families[MergedNumber] = Families(tags)
    for number in numbers:
        families.add(number.name, number)
        yield ""  # tags are cut out of every name: that too may take more than one turn of the loop
    for metric, members in families:
        yield f"# TYPE {metric} {kind}\n"
        for found, number in members:
            yield f"{metric}{{{found}}} {number.value}\n"


def text_lines(request: StatsRequest, stats: MergedStats, tags: TagProducer) -> Iterator[str]:
    families: Families[str] = Families(tags)
    for name, text in request.texts(stats):
        families.add(name, text)
    for metric, members in families:
        yield f"# TYPE {metric} gauge\n"
        for found, text in members:
            yield f"{metric}{{{with_label(found, 'text_value', escaped(text))}}} 0\n"


def histogram_lines(request: StatsRequest, stats: MergedStats, config: StatsConfig) -> Iterator[str]:
    is_summary = request.buckets in ("summary", "none")
    families: Families[MergedHistogram] = Families(config.tags)
    for histogram in request.histograms(stats):
        families.add(histogram.name, histogram)
    for metric, members in families:
        yield f"# TYPE {metric} {'summary' if is_summary else 'histogram'}\n"
        for found, histogram in members:
            if is_summary:
                yield summary(metric, found, histogram)
            else:
                yield buckets(metric, found, histogram, config.buckets(histogram.name))


def buckets(metric: str, found: str, histogram: MergedHistogram, bounds: list[float]) -> str:
    total = sample_count(histogram.cumulative)
    counts = counts_up_to(histogram.cumulative, bounds)
    made = [
        f"{metric}_bucket{{{with_label(found, 'le', exact(bound))}}} {count}\n"
        for bound, count in zip(bounds, counts, strict=True)
    ]
    made.append(f"{metric}_bucket{{{with_label(found, 'le', '+Inf')}}} {total}\n")
    return "".join(made) + sum_and_count(metric, found, exact(sample_sum(histogram.cumulative)), total)


def summary(metric: str, found: str, histogram: MergedHistogram) -> str:
    """Quantiles of the last interval, as Envoy: a summary is about now."""
    bins = histogram.interval
    made = [
        f"{metric}{{{with_label(found, 'quantile', general(share))}}} {exact(value)}\n"
        for share, value in zip(QUANTILES, quantiles(bins, QUANTILES), strict=True)
    ]
    return "".join(made) + sum_and_count(metric, found, exact(sample_sum(bins)), sample_count(bins))


def sum_and_count(metric: str, found: str, total: str, count: int) -> str:
    return f"{metric}_sum{{{found}}} {total}\n{metric}_count{{{found}}} {count}\n"


def metric_name(name: str) -> str:
    return "envoy_" + NOT_IN_A_NAME.sub("_", name)


def labels(tags: list[tuple[str, str]]) -> str:
    return ",".join(f'{NOT_IN_A_NAME.sub("_", tag)}="{escaped(value)}"' for tag, value in tags)


def with_label(found: str, name: str, value: str) -> str:
    label = f'{name}="{value}"'
    return f"{found},{label}" if found else label


def escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
