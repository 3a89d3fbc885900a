"""/init_dump: what start-up still waits for."""

from portico.admin.documents import render
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, Param, json_text
from portico.admin.proto_json import document
from portico.admin.state import ServerState
from portico.config.proto_pool import message_class


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    """envoy.admin.v3.UnreadyTargetsDumps. The only component Envoy knows for ``mask`` is the listener."""
    dumps = message_class("envoy.admin.v3.UnreadyTargetsDumps")()
    component = request.params.get("mask") or ""
    for name, targets in state.config.unready_targets().items():
        if component in name:
            dumps.unready_targets_dumps.add(name=name, target_names=targets)
    return json_text(render(document(dumps)))


INIT_DUMP = Endpoint(
    "/init_dump",
    "dump current Envoy init manager information (experimental)",
    answer,
    params=(
        Param(
            "mask",
            "The desired component to dump unready targets. The mask is parsed as a Protobuf::FieldMask. For example, "
            "get the unready targets of all listeners with /init_dump?mask=listener`",
        ),
    ),
)
