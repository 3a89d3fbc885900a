"""POST /logging: levels in main and in every worker, present and future."""

from __future__ import annotations

from portico.admin.state import LogControl
from portico.api.log import COMPONENTS
from portico.ipc.log_sink import apply_levels
from portico.ipc.messages import LogLevels
from portico.main.supervisor import Supervisor


class WorkersLogControl(LogControl):
    def __init__(self, supervisor: Supervisor) -> None:
        self._supervisor = supervisor

    def levels(self) -> dict[str, int]:
        return COMPONENTS.levels()

    def set_levels(self, levels: dict[str, int]) -> None:
        apply_levels(levels)
        self._supervisor.tell(LogLevels(COMPONENTS.levels()))
