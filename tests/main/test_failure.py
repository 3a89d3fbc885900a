"""What is printed when a start fails."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from portico.api.errors import ConfigError, ConfigErrors
from portico.api.log import COMPONENTS, LogLevel
from portico.config.load import ConfigWarning, LoadedBootstrap, LoadOptions
from portico.config.positions import Place, Positions
from portico.main.failure import initialization_error, log_warnings, tell_failure
from portico.main.log_setup import level_of, set_up_log
from portico.main.options import LogOptions, Options


@pytest.fixture(autouse=True)
def log_as_before() -> Iterator[None]:
    sink, levels = COMPONENTS.sink, COMPONENTS.levels()
    yield
    COMPONENTS.sink = sink
    for name, level in levels.items():
        COMPONENTS.by_name[name].level = LogLevel(level)


def options(**log: object) -> Options:
    return Options(LoadOptions(config_path="e.yaml"), LogOptions(pattern="%l %v", **log))  # type: ignore[arg-type]


def test_one_reason_stays_on_envoys_line() -> None:
    text = initialization_error(options(), ConfigError("cluster 'c'", "type", "is bad"))
    assert text == "error initializing configuration 'e.yaml': cluster 'c': type: is bad"
    assert initialization_error(options(), ConfigErrors([ConfigError("", "", "only")])).endswith("': only")


def test_several_follow_a_line_each() -> None:
    text = initialization_error(options(), ConfigErrors([ConfigError("", "", "one"), ConfigError("", "", "two")]))
    assert text == "error initializing configuration 'e.yaml': 2 errors\n  one\n  two"


def test_is_said_once_where_the_log_goes_to_standard_error(capfd: pytest.CaptureFixture[str]) -> None:
    set_up_log(options().log)
    tell_failure(options(), "broken")
    assert capfd.readouterr().err == "critical broken\n"


def test_is_said_plainly_too_where_nobody_would_see_the_log(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    to_file = options(path=str(tmp_path / "log"))
    set_up_log(to_file.log)
    tell_failure(to_file, "broken")
    assert capfd.readouterr().err == "broken\n"
    assert (tmp_path / "log").read_text() == "critical broken\n"
    switched_off = options(level="off")
    set_up_log(switched_off.log)
    tell_failure(switched_off, "broken")
    assert capfd.readouterr().err == "broken\n"


def test_levels_by_flag() -> None:
    set_up_log(options(level="warn", component_levels=(("upstream", "trace"),)).log)
    levels = COMPONENTS.levels()
    assert (levels["main"], levels["upstream"]) == (LogLevel.WARNING, LogLevel.TRACE)
    assert level_of("warn") is level_of("warning") is LogLevel.WARNING


def test_deprecation_can_be_left_out(capfd: pytest.CaptureFixture[str]) -> None:
    warnings = [ConfigWarning(Place("e.yaml", 1, 2), "a", "is deprecated"), ConfigWarning(None, "b", "is odd")]
    loaded = LoadedBootstrap(None, Positions([]), warnings)
    set_up_log(options().log)
    log_warnings(options(), loaded)
    assert capfd.readouterr().err == "warning e.yaml:1:2: a: is deprecated\nwarning b: is odd\n"
    log_warnings(options(skip_deprecated=True), loaded)
    assert capfd.readouterr().err == "warning b: is odd\n"
