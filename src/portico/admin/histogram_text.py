"""One histogram as a line of /stats, interval and cumulative side by side."""

from __future__ import annotations

from portico.admin.numbers import general, shortest
from portico.stats.bins import Bins, counts_up_to, left, quantiles, width
from portico.stats.merged import MergedHistogram

# Source: envoy HistogramStatisticsImpl::supportedQuantiles.
QUANTILES = [0.0, 0.25, 0.5, 0.75, 0.90, 0.95, 0.99, 0.995, 0.999, 1.0]

NOTHING = "No recorded values"


def line(histogram: MergedHistogram, mode: str, bounds: list[float]) -> str:
    """Without the newline. ``mode`` is a value of `histogram_buckets`."""
    if mode == "detailed":
        return f"{histogram.name}:{detail(histogram)}"
    if mode in ("cumulative", "disjoint"):
        return f"{histogram.name}: {bucket_summary(histogram, bounds, is_disjoint=mode == 'disjoint')}"
    return f"{histogram.name}: {quantile_summary(histogram)}"


def quantile_summary(histogram: MergedHistogram) -> str:
    if not histogram.is_used:
        return NOTHING
    intervals = quantiles(histogram.interval, QUANTILES)
    totals = quantiles(histogram.cumulative, QUANTILES)
    return " ".join(
        f"P{general(100 * share)}({shortest(interval)},{shortest(total)})"
        for share, interval, total in zip(QUANTILES, intervals, totals, strict=True)
    )


def bucket_summary(histogram: MergedHistogram, bounds: list[float], is_disjoint: bool) -> str:
    if not histogram.is_used:
        return NOTHING
    intervals = bucket_counts(histogram.interval, bounds, is_disjoint)
    totals = bucket_counts(histogram.cumulative, bounds, is_disjoint)
    return " ".join(
        f"B{general(bound)}({interval},{total})"
        for bound, interval, total in zip(bounds, intervals, totals, strict=True)
    )


def bucket_counts(bins: Bins, bounds: list[float], is_disjoint: bool) -> list[int]:
    counts = counts_up_to(bins, bounds)
    if not is_disjoint:
        return counts
    return [count - before for count, before in zip(counts, [0, *counts], strict=False)]


def detail(histogram: MergedHistogram) -> str:
    if not histogram.is_used:
        return f" {NOTHING}"
    totals = bin_list(histogram.cumulative)
    intervals = bin_list(histogram.interval)
    return f"\n  totals={totals}\n  intervals={intervals}\n  summary={quantile_summary(histogram)}"


def bin_list(bins: Bins) -> str:
    return ", ".join(f"{shortest(left(number))},{shortest(width(number))}:{bins[number]}" for number in sorted(bins))
