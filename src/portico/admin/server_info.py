"""/server_info: version, state, uptime, command line, node."""

from google.protobuf import json_format

from portico.admin.documents import render
from portico.admin.exchange import AdminRequest, AdminResponse, Endpoint, json_text
from portico.admin.proto_json import document
from portico.admin.state import ServerState
from portico.config.proto_pool import message_class, pool


async def answer(request: AdminRequest, state: ServerState) -> AdminResponse:
    details = state.process.details()
    info = message_class("envoy.admin.v3.ServerInfo")()
    info.version = details.version
    info.state = state.process.state().value
    info.uptime_current_epoch.seconds = details.uptime_current_epoch_s
    info.uptime_all_epochs.seconds = details.uptime_all_epochs_s
    info.hot_restart_version = details.hot_restart_version
    json_format.ParseDict(dict(details.command_line_options), info.command_line_options, descriptor_pool=pool)
    info.node.ParseFromString(details.node)
    return json_text(render(document(info, print_defaults=True)))


SERVER_INFO = Endpoint("/server_info", "print server version/status information", answer)
