"""The command as users meet it: flags, signals, logs, exit codes."""

import os
import signal
import socket
import subprocess
import time
from pathlib import Path

import pytest

from tests.integration.portico_process import (
    DEADLINE_S,
    Portico,
    bootstrap,
    command,
    echo_listener,
    echoed,
    free_port,
    run,
)

NO_RESTART = "--disable-hot-restart"


def test_version_answers_in_60_ms() -> None:
    best = 1.0
    for _ in range(5):
        started = time.perf_counter()
        answer = run("--version")
        best = min(best, time.perf_counter() - started)
    assert answer.stdout.startswith("portico ")
    assert answer.returncode == 0
    assert best < 0.06 * slowness(), f"{best * 1000:.0f} ms"


def slowness() -> float:
    """How much slower than expected this machine starts an empty interpreter: 20 ms where it is idle."""
    started = time.perf_counter()
    subprocess.run([command()[0], "-c", ""], check=True)
    return max((time.perf_counter() - started) / 0.02, 1.0)


def test_help_names_every_flag_of_envoy() -> None:
    text = run("--help").stdout
    for flag in ENVOY_FLAGS.split():
        assert flag in text, flag


ENVOY_FLAGS = (
    "--stats-tag --enable-core-dump --socket-mode --socket-path --disable-extensions --cpuset-threads "
    "--enable-mutex-tracing --disable-hot-restart --mode --parent-shutdown-time-s --drain-strategy --drain-time-s "
    "--file-flush-min-size-kb --file-flush-interval-msec --service-zone --service-node --service-cluster "
    "--hot-restart-version --restart-epoch --log-path --enable-fine-grain-logging --log-format-escaped --log-format "
    "--component-log-level --log-level --local-address-ip-version --admin-address-path --log-stacktrace-single-entry "
    "--skip-deprecated-logs --ignore-unknown-dynamic-fields --reject-unknown-dynamic-fields "
    "--allow-unknown-static-fields --allow-unknown-fields --config-yaml --config-path --concurrency --base-id-path "
    "--skip-hot-restart-parent-stats --skip-hot-restart-on-no-parent --use-dynamic-base-id --base-id --version"
)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--bogus"], "'--bogus' is not a flag of portico"),
        (["--base-ix", "1"], "did you mean '--base-id'?"),
        (["-l", "foo"], "invalid choice: 'foo'"),
        (["--concurrency", "x"], "invalid uint32 value: 'x'"),
        (["--component-log-level", "foo:debug"], "invalid component specified 'foo'"),
        (["--component-log-level", "upstream"], "component log level not correctly specified 'upstream'"),
        (["--restart-epoch", "1", "--use-dynamic-base-id"], "cannot use --restart-epoch=1 with --use-dynamic-base-id"),
        (["--stats-tag", "foo"], "misformatted stats-tag 'foo'"),
        (["-c", "a", "-c", "b"], "given twice"),
        (
            ["-c", "no-such-file.yaml"],
            "error initializing configuration 'no-such-file.yaml': Invalid path: no-such-file",
        ),
        ([], "At least one of --config-path or --config-yaml"),
        (["--log-path", "/no/such/folder/log", "--config-yaml", "{}"], "cannot open log file '/no/such/folder/log'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_wrong_command_line_exits_with_1_and_says_why(arguments: list[str], message: str) -> None:
    answer = run(NO_RESTART, *arguments)
    assert message in answer.stderr
    assert answer.returncode == 1
    assert "Traceback" not in answer.stderr


def test_an_epoch_needs_a_parent() -> None:
    answer = run("--restart-epoch", "1")
    assert "cannot take over from a running process yet" in answer.stderr
    assert answer.returncode == 1


def test_validate_says_ok_and_binds_nothing(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        config = tmp_path / "good.json"
        config.write_text(bootstrap(echo_listener("l", taken.getsockname()[1])))
        answer = run("-c", str(config), "--mode", "validate")
    assert answer.stdout == f"configuration '{config}' OK\n"
    assert answer.returncode == 0


def test_validate_tells_every_mistake_with_its_place(tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("static_resources:\n  listeners:\n  - nme: l\n  clusters:\n  - name: c\n    tpe: STATIC\n")
    answer = run("-c", str(config), "--mode", "validate")
    assert answer.returncode == 1
    assert f"error initializing configuration '{config}': " in answer.stderr
    assert f"{config}:3:5: " in answer.stderr
    assert f"{config}:6:5: " in answer.stderr
    assert answer.stdout == ""


def test_what_only_the_build_can_tell_has_its_place_too(tmp_path: Path) -> None:
    config = tmp_path / "bad.yaml"
    config.write_text("static_resources:\n  clusters:\n  - name: c\n    type: LOGICAL_DNS\n")
    answer = run("-c", str(config), "--mode", "validate")
    assert answer.returncode == 1
    assert f"{config}:" in answer.stderr


def test_a_port_in_use_is_named_and_nothing_is_left(tmp_path: Path) -> None:
    free = free_port()
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        config = bootstrap(echo_listener("first", free), echo_listener("second", port))
        answer = run(NO_RESTART, "--config-yaml", config)
    assert answer.returncode == 1
    assert f"listener 'second' failed to bind or apply socket options: cannot bind '127.0.0.1:{port}'" in answer.stderr
    assert f"cannot bind '127.0.0.1:{port}': Address already in use" in answer.stderr
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", free))


def test_an_admin_port_in_use_is_named() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = run(NO_RESTART, "--config-yaml", bootstrap(admin_port=port))
    assert answer.returncode == 1
    assert f"cannot bind '127.0.0.1:{port}': Address already in use" in answer.stderr


def test_a_base_id_is_one_process_own() -> None:
    admin_port = free_port()
    base_id = str(os.getpid())
    running = subprocess.Popen(
        command("--config-yaml", bootstrap(admin_port=admin_port), "--base-id", base_id), stderr=subprocess.PIPE
    )
    try:
        wait_for_line(running, b"starting main dispatch loop")
        answer = run("--config-yaml", "{}", "--base-id", base_id)
        assert answer.returncode == 1
        assert f"unable to bind domain socket with base_id={base_id}0, id=0, errno=98" in answer.stderr
    finally:
        running.terminate()
        running.communicate(timeout=DEADLINE_S)


def wait_for_line(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stderr
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"{text!r} was never logged")


def test_the_life_of_a_process_is_logged_as_envoy_logs_it() -> None:
    port, admin_port = free_port(), free_port()
    with Portico(bootstrap(echo_listener("l", port), admin_port=admin_port), admin_port=admin_port) as running:
        running.wait_live()
        assert echoed(port, b"hello") == b"hello"
        _, errors = running.stop()
    said = [line.partition("] [")[2].partition("] ")[2] for line in errors.splitlines()]
    wanted = [
        "admin address: 127.0.0.1:" + str(admin_port),
        "loading 0 cluster(s)",
        "loading 1 listener(s)",
        "cm init: all clusters initialized",
        "all dependencies initialized. starting workers",
        "starting main dispatch loop",
        "caught ENVOY_SIGTERM",
        "shutting down server instance",
        "main dispatch loop exited",
        "exiting",
    ]
    assert [line for line in said if line in wanted] == wanted
    assert running.process.returncode == 0


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda number: number.name)
def test_a_signal_ends_it_at_once_with_0(number: signal.Signals) -> None:
    port, admin_port = free_port(), free_port()
    with Portico(bootstrap(echo_listener("l", port), admin_port=admin_port), admin_port=admin_port) as running:
        running.wait_live()
        with socket.create_connection(("127.0.0.1", port)) as client:
            client.sendall(b"x")
            assert client.recv(1) == b"x"
            started = time.monotonic()
            _, errors = running.stop(number)
            assert time.monotonic() - started < 2
            assert client.recv(1) == b""
        assert running.process.returncode == 0
        assert "Traceback" not in errors
        assert running.children() == []


def test_ctrl_c_in_a_terminal_signals_everyone_and_nobody_complains() -> None:
    admin_port = free_port()
    with Portico(bootstrap(admin_port=admin_port), admin_port=admin_port) as running:
        running.wait_live()
        os.killpg(running.process.pid, signal.SIGINT)
        _, errors = running.stop()
    assert running.process.returncode == 0
    assert "Traceback" not in errors
    assert "KeyboardInterrupt" not in errors


def test_sighup_is_eaten() -> None:
    admin_port = free_port()
    with Portico(bootstrap(admin_port=admin_port), admin_port=admin_port) as running:
        running.wait_live()
        running.process.send_signal(signal.SIGHUP)
        assert running.admin("/ready") == (200, "LIVE\n")
        _, errors = running.stop()
    assert "caught and eating SIGHUP. See documentation for how to hot restart." in errors


def test_sigusr1_reopens_the_log(tmp_path: Path) -> None:
    log, admin_port = tmp_path / "log", free_port()
    with Portico(bootstrap(admin_port=admin_port), "--log-path", str(log), admin_port=admin_port) as running:
        running.wait_live()
        log.rename(tmp_path / "old")
        running.process.send_signal(signal.SIGUSR1)
        deadline = time.monotonic() + DEADLINE_S
        while not log.exists() and time.monotonic() < deadline:
            time.sleep(0.01)
        running.stop()
    assert "caught SIGUSR1. Reopening access logs." in (tmp_path / "old").read_text()
    assert "exiting" in log.read_text()


def test_log_flags_shape_the_lines() -> None:
    admin_port = free_port()
    arguments = ["--log-format", "%L|%n|%v", "-l", "warning", "--component-log-level", "admin:info"]
    with Portico(bootstrap(admin_port=admin_port), *arguments, admin_port=admin_port) as running:
        running.wait_live()
        _, errors = running.stop()
    lines = errors.splitlines()
    assert f"I|admin|admin address: 127.0.0.1:{admin_port}" in lines
    assert "W|main|caught ENVOY_SIGTERM" in lines
    assert not [line for line in lines if line.startswith("I|main")]


def test_files_are_written_for_who_waits(tmp_path: Path) -> None:
    admin_port = free_port()
    paths = [tmp_path / "admin", tmp_path / "base"]
    arguments = ["--admin-address-path", str(paths[0]), "--base-id-path", str(paths[1])]
    with Portico(bootstrap(admin_port=admin_port), *arguments, admin_port=admin_port) as running:
        running.wait_live()
        assert paths[0].read_text() == f"127.0.0.1:{admin_port}"
        assert paths[1].read_text().isdigit()


def test_flags_that_change_nothing_say_so() -> None:
    admin_port = free_port()
    arguments = ["--v2-config-only", "--max-obj-name-len", "200", "--enable-mutex-tracing"]
    with Portico(bootstrap(admin_port=admin_port), *arguments, admin_port=admin_port) as running:
        running.wait_live()
        _, errors = running.stop()
    for flag in ("--v2-config-only", "--max-obj-name-len", "--enable-mutex-tracing"):
        assert f"{flag} has no effect in portico: " in errors


def test_concurrency_0_is_1_and_counted() -> None:
    admin_port = free_port()
    with Portico(bootstrap(admin_port=admin_port), "--concurrency", "0", admin_port=admin_port) as running:
        running.wait_live()
        assert running.stat("server.concurrency") == 1


def test_a_killed_worker_is_replaced_counted_and_its_counters_stay() -> None:
    port, admin_port = free_port(), free_port()
    config = bootstrap(echo_listener("l", port), admin_port=admin_port)
    with Portico(config, "--concurrency", "1", admin_port=admin_port) as running:
        running.wait_live()
        assert echoed(port, b"a") == b"a"
        total = f"listener.127.0.0.1_{port}.downstream_cx_total"
        assert running.stat(total) == 1
        before = set(running.children())
        # Its children: the starter first, then the worker.
        os.kill(max(before), signal.SIGKILL)
        assert echoed(port, b"b") == b"b"
        assert running.stat(total) == 2
        assert running.stat("portico.worker_restarts") == 1
        _, errors = running.stop()
    assert "killed by SIGKILL" in errors
