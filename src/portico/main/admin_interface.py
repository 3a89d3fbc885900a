"""The admin interface of this process: bound before anything else, so that a port that is taken stops the start."""

from __future__ import annotations

from typing import Any, Final

from portico.access_log.from_proto import access_logs
from portico.admin.admin import Admin
from portico.admin.admin_stats import AdminStats
from portico.admin.connection import AdminSite
from portico.admin.from_proto import AdminSettings
from portico.admin.origin_guard import OriginGuard, own_host_names
from portico.admin.server import AdminServer, bind
from portico.admin.state import ServerState
from portico.api.context import FactoryContext, ServerContext
from portico.api.log import logger
from portico.config.protos import message_class, pack
from portico.main.announcement import announce

LOG: Final = logger("main", __name__)

ACCESS_LOG: Final = "envoy.config.accesslog.v3.AccessLog"
FILE_ACCESS_LOG: Final = "envoy.extensions.access_loggers.file.v3.FileAccessLog"


async def start_admin(
    settings: AdminSettings, state: ServerState, context: ServerContext, address_path: str
) -> AdminServer:
    """Listening, its address written to ``address_path`` if there is one. Raises ConfigError."""
    LOG.info(f"Starting admin HTTP server at {settings.address.text}")
    warning = settings.exposure_warning()
    if warning:
        LOG.warning(warning)
    logs = access_logs(log_messages(settings), FactoryContext(context, context.scope.scope("http.admin"), "admin"))
    site = AdminSite(
        Admin(state, settings.allow_paths),
        AdminStats(context.scope),
        OriginGuard(own_host_names()),
        context.clock,
        tuple(logs),
    )
    server = AdminServer(site, bind(settings))
    await server.start()
    if address_path:
        announce(address_path, server.local.text)
    return server


def log_messages(settings: AdminSettings) -> list[Any]:
    """The older field is a file in the default format."""
    messages = list(settings.access_logs)
    if settings.access_log_path:
        file = message_class(FILE_ACCESS_LOG)(path=settings.access_log_path)
        messages.append(message_class(ACCESS_LOG)(name="envoy.access_loggers.file", typed_config=pack(file)))
    return messages
