"""Every stats_flush_interval: main's own numbers brought up to date, all numbers summed, histogram intervals closed."""

from __future__ import annotations

import asyncio

from portico.main.parts import Parts


async def flush_stats(parts: Parts) -> None:
    """One flush. Also what an admin request causes under stats_flush_on_admin."""
    merged = await parts.stats.fresh()
    parts.own.update(parts.process.uptime_s(), parts.process.memory_now(), merged)
    merged.flush()


async def flush_stats_forever(parts: Parts) -> None:
    while True:
        await asyncio.sleep(parts.sections.flush_interval_s)
        await flush_stats(parts)
