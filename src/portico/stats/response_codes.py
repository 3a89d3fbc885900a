"""Responses by status: `upstream_rq_completed`, `upstream_rq_2xx`, `upstream_rq_200`; each exists once it was seen."""

from __future__ import annotations

from portico.api.stats import Counter, Histogram, StatsScope, Unit


class ResponseCodeStats:
    """The three counters of each status under one scope."""

    def __init__(self, scope: StatsScope) -> None:
        self.scope = scope
        self.by_code: dict[int, list[Counter]] = {}
        self.rq_time: Histogram | None = None  # exists once a response was timed

    def record_time(self, elapsed_ms: float) -> None:
        """`upstream_rq_time`. Whole milliseconds, as Envoy records them."""
        if self.rq_time is None:
            self.rq_time = self.scope.histogram("upstream_rq_time", Unit.MILLISECONDS)
        self.rq_time.record(elapsed_ms)

    def record(self, code: int) -> None:
        counters = self.by_code.get(code)
        if counters is None:
            counters = self.by_code[code] = self.resolve(code)
        for counter in counters:
            counter.value += 1

    def resolve(self, code: int) -> list[Counter]:
        names = ["upstream_rq_completed"]
        if 100 <= code <= 599:
            names += [f"upstream_rq_{code // 100}xx", f"upstream_rq_{code}"]
        else:  # so that a peer cannot invent stats
            names.append("upstream_rq_unknown")
        return [self.scope.counter(name) for name in names]


class UpstreamCodeStats:
    """A cluster's responses: all, and again under `internal.` or `external.`, and under `canary.`

    Source: envoy source/common/http/codes.cc, chargeResponseStat and chargeResponseTiming.
    """

    def __init__(self, scope: StatsScope) -> None:
        self.scope = scope
        self.all = ResponseCodeStats(scope)
        self.internal = ResponseCodeStats(scope.scope("internal"))
        self.external = ResponseCodeStats(scope.scope("external"))
        self.canary = ResponseCodeStats(scope.scope("canary"))
        self.retry = ResponseCodeStats(scope.scope("retry"))  # counted by the router for attempts it repeats
        self._usual: dict[int, list[Counter]] = {}  # code -> all and external together: nearly every response
        self._usual_times: list[Histogram] = []
        self.times: dict[str, Histogram] = {}
        self._between: dict[str, ResponseCodeStats] = {}  # by the host's zone

    def between(self, from_zone: str, to_zone: str) -> ResponseCodeStats:
        """`zone.<from>.<to>.`, where both are known. ``from_zone`` is this process's, always the same."""
        found = self._between.get(to_zone)
        if found is None:
            found = ResponseCodeStats(self.scope.scope("zone").scope(from_zone).scope(to_zone))
            self._between[to_zone] = found
        return found

    def record(self, code: int, is_internal: bool, is_canary: bool) -> None:
        if not is_internal and not is_canary:
            counters = self._usual.get(code)
            if counters is None:
                counters = self._usual[code] = self.all.resolve(code) + self.external.resolve(code)
            for counter in counters:
                counter.value += 1
            return
        self.all.record(code)
        if is_internal:
            self.internal.record(code)
        else:
            self.external.record(code)
        if is_canary:
            self.canary.record(code)

    def record_time(self, elapsed_ms: float, is_internal: bool, is_canary: bool) -> None:
        """`upstream_rq_time`. Whole milliseconds, as Envoy records them."""
        if not is_internal and not is_canary:
            if not self._usual_times:
                self._usual_times = [self.time("upstream_rq_time"), self.time("external.upstream_rq_time")]
            for histogram in self._usual_times:
                histogram.record(elapsed_ms)
            return
        self.time("upstream_rq_time").record(elapsed_ms)
        self.time("internal.upstream_rq_time" if is_internal else "external.upstream_rq_time").record(elapsed_ms)
        if is_canary:
            self.time("canary.upstream_rq_time").record(elapsed_ms)

    def time(self, name: str) -> Histogram:
        found = self.times.get(name)
        if found is None:
            found = self.times[name] = self.scope.histogram(name, Unit.MILLISECONDS)
        return found
