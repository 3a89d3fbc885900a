"""What /stats was asked: which stats, in which form; every wrong parameter has Envoy's answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from portico.admin.exchange import AdminResponse, QueryParams, text
from portico.admin.regexes import BadRegexError, compile_filter
from portico.stats.merged import MergedHistogram, MergedNumber, MergedStats, token_order

FORMATS = ("html", "active-html", "text", "json")
TYPES = ("All", "Counters", "Histograms", "Gauges", "TextReadouts")
# "none" and "" are old names that Envoy still takes; prometheusnative needs the protobuf exposition format.
BUCKET_MODES = ("cumulative", "disjoint", "detailed", "summary", "prometheusnative", "none", "")
BUCKET_USAGE = "usage: /stats?histogram_buckets=(cumulative|disjoint|detailed|summary|prometheusnative)\n"


@dataclass(frozen=True)
class StatsRequest:
    """``pattern`` is a compiled RE2 expression, None = all names."""

    format: str
    type: str
    buckets: str  # "" = not given
    used_only: bool
    text_readouts: bool
    pattern: Any
    is_inverted: bool

    def wants_name(self, name: str) -> bool:
        return self.pattern is None or (self.pattern.search(name) is None) == self.is_inverted

    def counters(self, stats: MergedStats) -> list[MergedNumber]:
        return [each for each in self.numbers(stats) if each.is_counter]

    def gauges(self, stats: MergedStats) -> list[MergedNumber]:
        return [each for each in self.numbers(stats) if not each.is_counter]

    def counters_and_gauges(self, stats: MergedStats) -> list[MergedNumber]:
        """As /stats lists them: together, by name."""
        if self.type == "All":
            return self.numbers(stats)
        return {"Counters": self.counters, "Gauges": self.gauges}.get(self.type, lambda _: [])(stats)

    def numbers(self, stats: MergedStats) -> list[MergedNumber]:
        return [
            each
            for each in stats.ordered_numbers()
            if (each.is_used or not self.used_only) and self.wants_name(each.name)
        ]

    def histograms(self, stats: MergedStats) -> list[MergedHistogram]:
        if self.type not in ("All", "Histograms"):
            return []
        return [
            each
            for each in stats.ordered_histograms()
            if (each.is_used or not self.used_only) and self.wants_name(each.name)
        ]

    def texts(self, stats: MergedStats) -> list[tuple[str, str]]:
        if self.type not in ("All", "TextReadouts"):
            return []
        chosen = [(name, value) for name, value in stats.texts.items() if self.wants_name(name)]
        return sorted(chosen, key=lambda each: token_order(each[0]))


def parse(params: QueryParams, is_prometheus: bool) -> StatsRequest | AdminResponse:
    """The request, or the 400 that says what is wrong with it."""
    buckets = params.get("histogram_buckets")
    if buckets is not None and buckets not in BUCKET_MODES:
        return text(BUCKET_USAGE, 400)
    kind = params.get("type") or "All"
    if kind not in TYPES:
        return text("invalid &type= param", 400)
    chosen_format = params.get("format") or "text"
    if chosen_format not in (*FORMATS, "prometheus"):
        return text("usage: /stats?format=(html|active-html|json|prometheus|text)\n\n", 400)
    pattern = params.get("filter")
    try:
        compiled = compile_filter(pattern) if pattern else None
    except BadRegexError as error:
        return text(f"Invalid re2 regex: {error}", 400)
    return StatsRequest(
        format="prometheus" if is_prometheus else chosen_format,
        type=kind,
        buckets=buckets or "",
        used_only=params.has("usedonly"),
        text_readouts=params.has("text_readouts"),
        pattern=compiled,
        is_inverted=params.has("invert_filter"),
    )
