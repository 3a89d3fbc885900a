"""/runtime and POST /runtime_modify."""

from portico.admin.documents import render
from portico.admin.exchange import OK, AdminRequest, AdminResponse, Endpoint, json_text, text
from portico.admin.state import ServerState
from portico.api.errors import ConfigError

MODIFY_USAGE = (
    "usage: /runtime_modify?key1=value1&key2=value2&keyN=valueN\n"
    "       or send the parameters as form values\n"
    "use an empty value to remove a previously added override"
)


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    return json_text(render(state.runtime.layers().dump()))


async def modify(request: AdminRequest, state: ServerState) -> AdminResponse:
    if not len(request.params):
        return text(MODIFY_USAGE, 400)
    try:
        state.runtime.modify(request.params.first_values())
    except ConfigError as error:
        return text(str(error), 503)
    return OK


RUNTIME = Endpoint("/runtime", "print runtime values", answer)

RUNTIME_MODIFY = Endpoint(
    "/runtime_modify",
    "Adds or modifies runtime values as passed in query parameters. To delete a previously added key, use an empty "
    "string as the value. Note that deletion only applies to overrides added via this endpoint; values loaded from "
    "disk can be modified via override but not deleted. E.g. ?key1=value1&key2=value2...",
    modify,
    is_mutation=True,
)
