"""/listeners: names and bound addresses."""

from typing import Any

from portico.admin.documents import address_document, render
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, Param, json_text, text
from portico.admin.state import ListenerStatus, ServerState


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    listeners = state.config.listeners()
    if request.params.get("format") == "json":
        return json_text(render({"listener_statuses": [document(each) for each in listeners]} if listeners else {}))
    lines = [f"{each.name}::{address.text}\n" for each in listeners for address in each.addresses]
    return text("".join(lines))


def document(listener: ListenerStatus) -> dict[str, Any]:
    """envoy.admin.v3.ListenerStatus"""
    first, *others = [address_document(address) for address in listener.addresses] or [{}]
    status: dict[str, Any] = {"name": listener.name, "local_address": first}
    if others:
        status["additional_local_addresses"] = others
    return status


LISTENERS = Endpoint(
    "/listeners", "print listener info", answer, params=(Param("format", "File format to use", ("text", "json")),)
)
