"""POST /drain_listeners, /healthcheck/{fail,ok}, /quitquitquit, /reopen_logs, /reset_counters."""

from portico.admin.exchange import OK, AdminRequest, AdminResponse, Endpoint, Param
from portico.admin.state import ServerState


async def drain_listeners(request: AdminRequest, state: ServerState) -> AdminResponse:
    params = request.params
    state.process.drain_listeners(
        graceful=params.has("graceful"), skip_exit=params.has("skip_exit"), inbound_only=params.has("inboundonly")
    )
    return OK


async def fail_health_checks(request: AdminRequest, state: ServerState) -> AdminResponse:
    state.process.set_health_check_failed(True)
    return OK


async def pass_health_checks(request: AdminRequest, state: ServerState) -> AdminResponse:
    state.process.set_health_check_failed(False)
    return OK


async def quit_process(request: AdminRequest, state: ServerState) -> AdminResponse:
    state.process.quit()
    return OK


async def reopen_logs(request: AdminRequest, state: ServerState) -> AdminResponse:
    state.process.reopen_logs()
    return OK


async def reset_counters(request: AdminRequest, state: ServerState) -> AdminResponse:
    await state.stats.fresh()
    state.stats.reset_counters()
    return OK


DRAIN_LISTENERS = Endpoint(
    "/drain_listeners",
    "drain listeners",
    drain_listeners,
    is_mutation=True,
    params=(
        Param(
            "graceful",
            "When draining listeners, enter a graceful drain period prior to closing listeners. "
            "This behaviour and duration is configurable via server options or CLI",
        ),
        Param(
            "skip_exit",
            "When draining listeners, drain the connections but never stop the listeners. The graceful parameter has "
            "no effect when this is set, since the drain period only delays stopping the listeners",
        ),
        Param(
            "inboundonly",
            "Drains all inbound listeners. traffic_direction field in envoy_v3_api_msg_config.listener.v3.Listener "
            "is used to determine whether a listener is inbound or outbound.",
        ),
    ),
)

FAIL_HEALTH_CHECKS = Endpoint(
    "/healthcheck/fail", "cause the server to fail health checks", fail_health_checks, is_mutation=True
)

PASS_HEALTH_CHECKS = Endpoint(
    "/healthcheck/ok", "cause the server to pass health checks", pass_health_checks, is_mutation=True
)

QUIT = Endpoint("/quitquitquit", "exit the server", quit_process, is_mutation=True)

REOPEN_LOGS = Endpoint("/reopen_logs", "reopen access logs", reopen_logs, is_mutation=True)

RESET_COUNTERS = Endpoint("/reset_counters", "reset all counters to zero", reset_counters, is_mutation=True)
