"""Names of levels. What a log then looks like is in test_failure and tests/ipc."""

import pytest

from portico.api.log import LogLevel
from portico.main.log_setup import level_of


@pytest.mark.parametrize("level", LogLevel)
def test_every_level_has_envoys_name(level: LogLevel) -> None:
    assert level_of(level.name.lower()) is level
