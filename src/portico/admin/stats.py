"""/stats and /stats/prometheus: all counters, gauges, histograms and text readouts of all processes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

from portico.admin import stats_html, stats_json, stats_prometheus, stats_text
from portico.admin.exchange import HTML, JSON, TEXT, AdminRequest, AdminResponse, Endpoint, Param, text
from portico.admin.state import ServerState
from portico.admin.stats_request import FORMATS, TYPES, StatsRequest, parse

# Pieces made before the loop gets its turn: at 5 us apiece, about 5 ms.
PIECES_A_TURN = 1000

FILTER = Param("filter", "Regular expression (Google re2) for filtering stats")
INVERT = Param("invert_filter", "Invert the filter regex")
USED_ONLY = Param("usedonly", "Only include stats that have been written by system since restart")


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    return await respond(parse(request.params, is_prometheus=False), state)


async def answer_prometheus(request: AdminRequest, state: ServerState) -> AdminResponse:
    return await respond(parse(request.params, is_prometheus=True), state)


async def respond(request: StatsRequest | AdminResponse, state: ServerState) -> AdminResponse:
    if isinstance(request, AdminResponse):
        return request
    refusal = refuse_buckets(request)
    if refusal is not None:
        return refusal
    stats = await state.stats.fresh()
    config = state.stats.config
    if request.format == "prometheus":
        return AdminResponse(200, by_turns(stats_prometheus.lines(request, stats, config)), TEXT)
    if request.format == "json":
        return AdminResponse(200, by_turns(stats_json.pieces(request, stats, config)), JSON)
    if request.format in ("html", "active-html"):
        page = stats_html.pieces(request, stats, config)
        return AdminResponse(200, by_turns(page), HTML, headers=stats_html.HEADERS)
    return AdminResponse(200, by_turns(stats_text.lines(request, stats, config)), TEXT)


def refuse_buckets(request: StatsRequest) -> AdminResponse | None:
    """Bucket modes that the format cannot show."""
    if request.format != "prometheus":
        if request.buckets == "prometheusnative":
            return text("Invalid histogram_buckets type for non prometheus stats type", 400)
        return None
    if request.buckets == "prometheusnative":
        return text("unsupported prometheusnative histogram type when not using protobuf exposition format", 400)
    if request.buckets in ("disjoint", "detailed"):
        return text("unsupported prometheus histogram bucket mode\n", 400)
    return None


async def by_turns(pieces: Iterator[str]) -> AsyncIterator[bytes]:
    """Joined by the thousand; between two joins others have their turn."""
    batch: list[str] = []
    for piece in pieces:
        batch.append(piece)
        if len(batch) >= PIECES_A_TURN:
            yield "".join(batch).encode()
            batch.clear()
            await asyncio.sleep(0)
    yield "".join(batch).encode()


STATS = Endpoint(
    "/stats",
    "print server stats",
    answer,
    params=(
        USED_ONLY,
        FILTER,
        INVERT,
        Param("format", "Format to use", FORMATS),
        Param("type", "Stat types to include.", TYPES),
        Param("histogram_buckets", "Histogram bucket display mode", ("cumulative", "disjoint", "detailed", "summary")),
    ),
)

STATS_PROMETHEUS = Endpoint(
    "/stats/prometheus",
    "print server stats in prometheus format",
    answer_prometheus,
    params=(
        USED_ONLY,
        Param("text_readouts", "Render text_readouts as new gaugues with value 0 (increases Prometheus data size)"),
        FILTER,
        INVERT,
        Param("histogram_buckets", "Histogram bucket display mode", ("cumulative", "summary")),
    ),
)
