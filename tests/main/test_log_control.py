"""Levels change here and are told there."""

from portico.api.log import COMPONENTS, LogLevel
from portico.ipc.log_sink import apply_levels
from portico.ipc.messages import LogLevels
from portico.main.log_control import WorkersLogControl
from tests.main.recording import RecordingSupervisor


def test_a_change_reaches_main_and_all_workers() -> None:
    before = COMPONENTS.levels()
    supervisor = RecordingSupervisor()
    control = WorkersLogControl(supervisor)
    control.set_levels({"upstream": LogLevel.TRACE})
    after = control.levels()
    apply_levels(before)
    assert after == before | {"upstream": LogLevel.TRACE}
    assert supervisor.told == [LogLevels(after)]
