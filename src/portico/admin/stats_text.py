"""/stats as lines: text readouts, then counters and gauges by name, then histograms."""

from __future__ import annotations

from collections.abc import Iterator

from portico.admin.histogram_text import line
from portico.admin.stats_request import StatsRequest
from portico.stats.merged import MergedStats
from portico.stats.stats_config import StatsConfig


def lines(request: StatsRequest, stats: MergedStats, config: StatsConfig) -> Iterator[str]:
    for name, value in request.texts(stats):
        yield f'{name}: "{value}"\n'
    for number in request.counters_and_gauges(stats):
        yield f"{number.name}: {number.value}\n"
    for histogram in request.histograms(stats):
        yield line(histogram, request.buckets, config.buckets(histogram.name)) + "\n"
