"""The command line, taken apart."""

import pytest

from portico.cli.flags import UsageError, given_without_effect, parse


def test_values_come_after_a_space_or_an_equals_sign() -> None:
    for arguments in (["--config-path", "f", "-l", "debug"], ["--config-path=f", "--log-level=debug"]):
        parsed = parse(arguments)
        assert (parsed.config_path, parsed.log_level) == ("f", "debug")


def test_defaults_are_envoys() -> None:
    parsed = parse([])
    assert (parsed.drain_time_s, parsed.parent_shutdown_time_s) == (600, 900)
    assert (parsed.file_flush_interval_msec, parsed.file_flush_min_size_kb) == (10000, 64)
    assert (parsed.log_level, parsed.mode, parsed.drain_strategy) == ("info", "serve", "gradual")
    assert parsed.concurrency is None
    assert parsed.command == ""


def test_demo_is_a_command() -> None:
    assert parse(["demo", "-l", "debug"]).command == "demo"
    assert parse(["-l", "debug", "demo"]).command == "demo"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config-pth", "x"], "'--config-pth' is not a flag of portico; did you mean '--config-path'?"),
        (["extra"], "'extra' is not a flag of portico"),
        (["demo", "extra"], "'extra' is not a flag of portico"),
        (["--config"], "'--config' is not a flag of portico"),  # no abbreviations: Envoy has none
        (["-c"], "expected one argument"),
        (["-c", "a", "--config-path", "b"], "given twice"),
        (["--base-id", "-1"], "invalid uint32 value"),
        (["--base-id", "4294967296"], "invalid uint32 value"),
        (["--mode", "init"], "invalid choice: 'init'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refuses_what_it_does_not_know(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(arguments)
    assert message in str(caught.value)


def test_what_follows_two_dashes_is_ignored() -> None:
    assert parse(["-l", "debug", "--", "--bogus", "demo"]).command == ""


def test_the_socket_mode_is_octal() -> None:
    assert parse(["--socket-mode", "640"]).socket_mode == 0o640


def test_says_which_flags_change_nothing() -> None:
    assert given_without_effect(parse([])) == []
    first, second = given_without_effect(parse(["--max-stats", "5", "--v2-config-only"]))
    assert first.startswith("--v2-config-only has no effect in portico: ")
    assert second.startswith("--max-stats has no effect in portico: ")
