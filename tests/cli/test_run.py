"""From flags to options."""

import os
import subprocess
import sys

import pytest

from portico.cli.flags import UsageError, parse
from portico.cli.run import options_of, relaunch_command
from portico.main.options import Options


def options(*arguments: str) -> Options:
    return options_of(parse(list(arguments)))


def test_every_group_gets_its_own() -> None:
    made = options(
        "-c", "f", "--service-node", "n", "--strict", "--allow-unknown-fields", "--log-path", "l", "--base-id", "7",
        "--drain-strategy", "immediate", "--concurrency", "3", "--stats-tag", "a:b", "--admin-address-path", "p",
    )  # fmt: skip
    assert (made.load.config_path, made.load.service_node, made.load.strict) == ("f", "n", True)
    assert made.load.allow_unknown_static_fields
    assert (made.log.path, made.restart.base_id, made.admin_address_path) == ("l", 7, "p")
    assert (made.process.concurrency, made.process.is_drain_gradual) == (3, False)
    assert made.stats_tags == (("a", "b"),)
    assert made.config_name == "f"


def test_concurrency_is_at_least_1_and_else_the_machine_s() -> None:
    assert options("--concurrency", "0").process.concurrency == 1
    assert options().process.concurrency == os.cpu_count()
    if hasattr(os, "sched_getaffinity"):
        assert options("--cpuset-threads").process.concurrency == len(os.sched_getaffinity(0))


def test_component_levels_are_pairs() -> None:
    assert options("--component-log-level", "upstream:debug,config:trace").log.component_levels == (
        ("upstream", "debug"),
        ("config", "trace"),
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--component-log-level", "upstrem:debug"], "invalid component specified 'upstrem'; did you mean 'upstream'?"),
        (["--component-log-level", "upstream:loud"], "invalid log level specified 'loud'; allowed: trace, debug,"),
        (["--stats-tag", "a:b", "--stats-tag", "a:c"], "stats-tag 'a' is given twice"),
        (["--stats-tag", "a-b:c"], "misformatted stats-tag 'a-b:c'"),
        (["--stats-tag", "a:b.c"], "misformatted stats-tag 'a:b.c'"),
        (["--restart-epoch", "1", "--use-dynamic-base-id"], "cannot use --restart-epoch=1 with --use-dynamic-base-id"),
        (["--restart-epoch", "1"], "start with epoch 0, or with --skip-hot-restart-on-no-parent"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_refuses_what_makes_no_sense(arguments: list[str], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        options(*arguments)
    assert message in str(caught.value)


def test_an_epoch_without_parent_is_kept_if_asked_for() -> None:
    assert options("--restart-epoch", "2", "--skip-hot-restart-on-no-parent").restart.epoch == 2


def test_a_starter_is_relaunched_by_the_same_interpreter() -> None:
    interpreter, _, code = relaunch_command()
    assert os.access(interpreter, os.X_OK)
    compile(code, "relaunch", "exec")


def test_what_workers_are_forked_from_knows_neither_grpc_nor_xds_nor_admin() -> None:
    code = "import sys, portico.cli.run; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.split()
    assert "portico.worker.proxy" in loaded
    assert [name for name in loaded if name.startswith(("grpc", "portico.xds", "portico.admin", "pycares"))] == []
