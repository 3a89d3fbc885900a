"""The layered runtime: kept by main, changed by the admin interface, told to every worker."""

from __future__ import annotations

from typing import Final

from portico.admin.state import RuntimeControl
from portico.api.errors import ConfigError
from portico.api.log import logger
from portico.config.runtime_layers import LayeredRuntime
from portico.ipc.messages import RuntimeValues
from portico.ipc.runtime import RuntimeSnapshot
from portico.main.supervisor import Supervisor
from portico.stats.process_stats import RuntimeStats

LOG: Final = logger("runtime", __name__)


class WorkersRuntime(RuntimeControl):
    """``own`` is main's view of the same values."""

    def __init__(
        self, layered: LayeredRuntime, own: RuntimeSnapshot, supervisor: Supervisor, stats: RuntimeStats
    ) -> None:
        self._layered = layered
        self._own = own
        self._supervisor = supervisor
        self._stats = stats
        self._publish()

    def finish_initialization(self) -> None:
        """Envoy loads all layers once more when those from servers are there, be there any or not."""
        LOG.info("RTDS has finished initialization")
        self._publish()

    def layers(self) -> LayeredRuntime:
        return self._layered

    def modify(self, values: dict[str, str]) -> None:
        try:
            self._layered.modify(values)
        except ConfigError:
            self._stats.load_error.add()
            raise
        self._publish()

    def _publish(self) -> None:
        merged = self._layered.merged()
        admin = self._layered.admin_layer()
        self._own.load(merged)
        self._supervisor.tell(RuntimeValues(merged))
        self._stats.load_success.add()
        # Source: envoy source/common/runtime/runtime_impl.cc, createNewSnapshot: no disk layer overrides another.
        self._stats.override_dir_not_exists.add()
        self._stats.num_keys.set(self._layered.key_count())
        self._stats.num_layers.set(len(self._layered.layers))
        self._stats.admin_overrides_active.set(1 if admin is not None and admin.values else 0)
