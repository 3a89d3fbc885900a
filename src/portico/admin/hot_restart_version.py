"""/hot_restart_version: what the next process compares with its own."""

from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, text
from portico.admin.state import ServerState


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    return text(state.process.details().hot_restart_version)


HOT_RESTART_VERSION = Endpoint("/hot_restart_version", "print the hot restart compatibility version", answer)
