"""/ready: 200 while LIVE, else 503, with the state's name."""

from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, text
from portico.admin.state import ProcessState, ServerState


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    current = state.process.state()
    return text(current.name + "\n", 200 if current is ProcessState.LIVE else 503)


READY = Endpoint("/ready", "print server state, return 200 if LIVE, otherwise return 503", answer)
