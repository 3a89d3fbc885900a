"""The process as the admin interface sees it: its state, what it is, what it can be told."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from portico.admin.state import MemoryUse, ProcessControl, ProcessState, ServerDetails
from portico.ipc.messages import DrainChange, ReopenLogs
from portico.main.domain_socket import RESTART_VERSION
from portico.main.listeners import Listeners
from portico.main.memory import ProcessMemory
from portico.main.options import Options
from portico.main.supervisor import Supervisor
from portico.version import VERSION, build_type


class MainProcess(ProcessControl):
    """Knows whether the process starts, lives or drains."""

    def __init__(
        self, options: Options, loop: asyncio.AbstractEventLoop, supervisor: Supervisor, listeners: Listeners
    ) -> None:
        self._options = options
        self._loop = loop
        self._supervisor = supervisor
        self._listeners = listeners
        self._started_at = loop.time()
        self._startup = ProcessState.PRE_INITIALIZING
        self._drain = DrainChange(is_draining=False, health_check_failed=False)
        self.node: Any = None  # envoy.config.core.v3.Node, once the bootstrap is read
        self.base_id = options.restart.base_id
        self.on_quit: Callable[[], None] = lambda: None
        self.on_reopen: Callable[[], None] = lambda: None
        self.memory_now: Callable[[], ProcessMemory] = lambda: ProcessMemory(0, 0, 0)

    def enter(self, state: ProcessState) -> None:
        self._startup = state

    def state(self) -> ProcessState:
        if self._startup is ProcessState.LIVE and self._drain.health_check_failed:
            return ProcessState.DRAINING
        return self._startup

    def uptime_s(self) -> int:
        return int(self.age_ms() / 1000)

    def age_ms(self) -> float:
        return (self._loop.time() - self._started_at) * 1000

    def details(self) -> ServerDetails:
        return ServerDetails(
            version=f"portico/{VERSION}/{build_type()}",
            uptime_current_epoch_s=self.uptime_s(),
            uptime_all_epochs_s=self.uptime_s(),
            hot_restart_version="disabled" if self._options.restart.is_disabled else RESTART_VERSION,
            command_line_options=command_line_options(self._options, self.base_id),
            node=self.node.SerializeToString() if self.node is not None else b"",
        )

    async def memory(self) -> MemoryUse:
        now = self.memory_now()
        return MemoryUse(
            allocated=now.private,
            heap_size=now.data,
            pageheap_unmapped=0,
            pageheap_free=0,
            total_thread_cache=0,
            total_physical_bytes=now.resident,
        )

    def drain_listeners(self, graceful: bool, skip_exit: bool, inbound_only: bool) -> None:
        names = self._listeners.names(inbound_only=inbound_only)
        if not graceful:
            self._listeners.stop(names)
            return
        self._set_drain(DrainChange(True, self._drain.health_check_failed))
        if not skip_exit:
            self._loop.call_later(self._options.process.drain_time_s, self._listeners.stop, names)

    def set_health_check_failed(self, failed: bool) -> None:
        self._set_drain(DrainChange(self._drain.is_draining, failed))

    def reopen_logs(self) -> None:
        self.on_reopen()
        self._supervisor.tell(ReopenLogs())

    def quit(self) -> None:
        self._loop.call_soon(self.on_quit)

    def _set_drain(self, change: DrainChange) -> None:
        self._drain = change
        self._supervisor.tell(change)


def command_line_options(options: Options, base_id: int) -> dict[str, object]:
    """envoy.admin.v3.CommandLineOptions in proto JSON, in Envoy's order."""
    load, log, restart, process = options.load, options.log, options.restart, options.process
    return {
        "base_id": str(base_id),
        "concurrency": process.concurrency,
        "config_path": load.config_path or "",
        "config_yaml": load.config_yaml or "",
        "allow_unknown_static_fields": load.allow_unknown_static_fields,
        "admin_address_path": options.admin_address_path,
        "local_address_ip_version": options.local_address_ip_version,
        "log_level": log.level,
        "component_log_level": ",".join(f"{name}:{level}" for name, level in log.component_levels),
        "log_format": log.pattern,
        "log_path": log.path,
        "service_cluster": load.service_cluster or "",
        "service_node": load.service_node or "",
        "service_zone": load.service_zone or "",
        "file_flush_interval": f"{process.file_flush_interval_ms / 1000:g}s",
        "drain_time": f"{process.drain_time_s}s",
        "parent_shutdown_time": f"{restart.parent_shutdown_time_s}s",
        "mode": "Serve" if options.mode == "serve" else "Validate",
        "disable_hot_restart": restart.is_disabled,
        "restart_epoch": restart.epoch,
        "reject_unknown_dynamic_fields": load.reject_unknown_dynamic_fields,
        "log_format_escaped": log.is_escaped,
        "ignore_unknown_dynamic_fields": load.ignore_unknown_dynamic_fields,
        "use_dynamic_base_id": restart.use_dynamic_base_id,
        "base_id_path": restart.base_id_path,
        "drain_strategy": "Gradual" if process.is_drain_gradual else "Immediate",
        "socket_path": restart.socket_path,
        "socket_mode": restart.socket_mode,
        "stats_tag": [f"{name}:{value}" for name, value in options.stats_tags],
        "skip_deprecated_logs": log.skip_deprecated,
        "file_flush_min_size": process.file_flush_min_kib,
        **options.other_flags,
    }
