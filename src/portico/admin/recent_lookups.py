"""/stats/recentlookups and its switches."""

from portico.admin.exchange import OK, AdminRequest, AdminResponse, Endpoint, text
from portico.admin.state import ServerState


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    lookups = (await state.stats.fresh()).lookups
    if lookups.is_enabled:
        body = "   Count Lookup\n" + "".join(f"{count:8} {name}\n" for count, name in lookups.counted())
    else:
        body = "Lookup tracking is not enabled. Use /stats/recentlookups/enable to enable.\n"
    return text(f"{body}\ntotal: {lookups.total}\n")


async def enable(request: AdminRequest, state: ServerState) -> AdminResponse:
    (await state.stats.fresh()).lookups.enable()
    return OK


async def disable(request: AdminRequest, state: ServerState) -> AdminResponse:
    (await state.stats.fresh()).lookups.disable()
    return OK


async def clear(request: AdminRequest, state: ServerState) -> AdminResponse:
    (await state.stats.fresh()).lookups.clear()
    return OK


RECENT_LOOKUPS = Endpoint("/stats/recentlookups", "Show recent stat-name lookups", answer)

RECENT_LOOKUPS_CLEAR = Endpoint(
    "/stats/recentlookups/clear", "clear list of stat-name lookups and counter", clear, is_mutation=True
)

RECENT_LOOKUPS_DISABLE = Endpoint(
    "/stats/recentlookups/disable", "disable recording of reset stat-name lookup names", disable, is_mutation=True
)

RECENT_LOOKUPS_ENABLE = Endpoint(
    "/stats/recentlookups/enable", "enable recording of reset stat-name lookup names", enable, is_mutation=True
)
