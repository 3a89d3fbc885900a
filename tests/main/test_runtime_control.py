"""Runtime changes reach main and every worker."""

import pytest

from portico.api.errors import ConfigError
from portico.config.runtime_layers import LayeredRuntime, RuntimeLayer
from portico.ipc.messages import RuntimeValues
from portico.ipc.runtime import RuntimeSnapshot
from portico.main.runtime_control import WorkersRuntime
from portico.stats.process_stats import RuntimeStats
from portico.stats.store import StatsStore
from tests.main.recording import RecordingSupervisor


def made(*layers: RuntimeLayer) -> tuple[WorkersRuntime, RuntimeSnapshot, RecordingSupervisor, RuntimeStats]:
    own, supervisor, stats = RuntimeSnapshot(), RecordingSupervisor(), RuntimeStats(StatsStore().scope("runtime"))
    return WorkersRuntime(LayeredRuntime(list(layers)), own, supervisor, stats), own, supervisor, stats


def test_the_merged_layers_are_told_at_once() -> None:
    _, own, supervisor, stats = made(RuntimeLayer("a", {"x": "1", "y": "2"}), RuntimeLayer("b", {"x": "3"}))
    assert supervisor.told == [RuntimeValues({"x": "3", "y": "2"})]
    assert own.get("x") == "3"
    assert (stats.num_keys.value, stats.num_layers.value, stats.load_success.value) == (2, 2, 1)


def test_a_key_without_a_value_counts_as_a_key() -> None:
    _, _, _, stats = made(RuntimeLayer("a", {"x": "1", "empty": ""}))
    assert stats.num_keys.value == 2


def test_a_change_of_the_admin_layer_is_told() -> None:
    control, own, supervisor, stats = made(RuntimeLayer("a", {"x": "1"}), RuntimeLayer("admin", is_admin=True))
    control.modify({"x": "9"})
    assert supervisor.told[-1] == RuntimeValues({"x": "9"})
    assert (own.get("x"), stats.admin_overrides_active.value) == ("9", 1)
    control.modify({"x": ""})
    assert supervisor.told[-1] == RuntimeValues({"x": "1"})
    assert stats.admin_overrides_active.value == 0


def test_without_an_admin_layer_nothing_changes() -> None:
    control, _, supervisor, stats = made(RuntimeLayer("a", {"x": "1"}))
    with pytest.raises(ConfigError, match="No admin layer specified"):
        control.modify({"x": "9"})
    assert len(supervisor.told) == 1
    assert stats.load_error.value == 1


def test_all_layers_are_told_again_when_initialization_is_over() -> None:
    control, _, supervisor, stats = made(RuntimeLayer("a", {"x": "1"}))
    control.finish_initialization()
    assert supervisor.told == [RuntimeValues({"x": "1"})] * 2
    assert (stats.load_success.value, stats.override_dir_not_exists.value) == (2, 2)
