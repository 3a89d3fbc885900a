"""/stats?format=json: one list, histograms as its last member."""

from __future__ import annotations

import json
from collections.abc import Iterator

from portico.admin.histogram_text import QUANTILES, bucket_counts
from portico.admin.numbers import json_number
from portico.admin.stats_request import StatsRequest
from portico.stats.bins import Bins, left, quantiles, width
from portico.stats.merged import MergedHistogram, MergedStats
from portico.stats.stats_config import StatsConfig

# Envoy multiplies the shares and lists them once for all histograms.
PERCENTS = ",".join(json_number(100 * share) for share in QUANTILES)


def pieces(request: StatsRequest, stats: MergedStats, config: StatsConfig) -> Iterator[str]:
    yield '{"stats":['
    separator = ""
    for name, value in request.texts(stats):
        yield f'{separator}{{"name":{quoted(name)},"value":{quoted(value)}}}'
        separator = ","
    for number in request.counters_and_gauges(stats):
        yield f'{separator}{{"name":{quoted(number.name)},"value":{number.value}}}'
        separator = ","
    histograms = request.histograms(stats)
    if histograms:
        yield separator + '{"histograms":'
        yield from histogram_pieces(request, histograms, config)
        yield "}"
    yield "]}"


def histogram_pieces(request: StatsRequest, histograms: list[MergedHistogram], config: StatsConfig) -> Iterator[str]:
    if request.buckets in ("cumulative", "disjoint"):
        is_disjoint = request.buckets == "disjoint"
        yield from joined("[", "]", (buckets(each, config, is_disjoint) for each in histograms))
    elif request.buckets == "detailed":
        opening = f'{{"supported_percentiles":[{PERCENTS}],"details":['
        yield from joined(opening, "]}", (details(each) for each in histograms))
    else:
        opening = f'{{"supported_quantiles":[{PERCENTS}],"computed_quantiles":['
        yield from joined(opening, "]}", (computed_quantiles(each) for each in histograms))


def joined(opening: str, closing: str, members: Iterator[str]) -> Iterator[str]:
    separator = opening
    for member in members:
        yield separator + member
        separator = ","
    yield closing


def buckets(histogram: MergedHistogram, config: StatsConfig, is_disjoint: bool) -> str:
    bounds = config.buckets(histogram.name)
    intervals = bucket_counts(histogram.interval, bounds, is_disjoint)
    totals = bucket_counts(histogram.cumulative, bounds, is_disjoint)
    members = ",".join(
        f'{{"upper_bound":{json_number(bound)},"interval":{interval},"cumulative":{total}}}'
        for bound, interval, total in zip(bounds, intervals, totals, strict=True)
    )
    return f'{{"name":{quoted(histogram.name)},"buckets":[{members}]}}'


def details(histogram: MergedHistogram) -> str:
    return (
        f'{{"name":{quoted(histogram.name)},"totals":[{bin_members(histogram.cumulative)}],'
        f'"intervals":[{bin_members(histogram.interval)}],"percentiles":[{quantile_members(histogram)}]}}'
    )


def computed_quantiles(histogram: MergedHistogram) -> str:
    return f'{{"name":{quoted(histogram.name)},"values":[{quantile_members(histogram)}]}}'


def quantile_members(histogram: MergedHistogram) -> str:
    intervals = quantiles(histogram.interval, QUANTILES)
    totals = quantiles(histogram.cumulative, QUANTILES)
    return ",".join(
        f'{{"cumulative":{json_number(total)},"interval":{json_number(interval)}}}'
        for interval, total in zip(intervals, totals, strict=True)
    )


def bin_members(bins: Bins) -> str:
    return ",".join(
        f'{{"lower_bound":{json_number(left(number))},"width":{json_number(width(number))},"count":{bins[number]}}}'
        for number in sorted(bins)
    )


def quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
