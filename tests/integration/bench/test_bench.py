"""The parts of the benchmark that decide what a figure says."""

import os
import signal
import subprocess
import sys
import time
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

from bench import bulk_client, procfs
from bench.chart import chart_svg
from bench.headers import request_bytes
from bench.load import wrk_script
from bench.measurement import Sample
from bench.options import parse
from bench.process import BenchError, PinnedProcess
from bench.report import report
from bench.results import Entry, Results, ScenarioResult
from bench.scenarios import SCENARIOS, Scenario

CORES = sorted(os.sched_getaffinity(0))[:1]


def sample(per_s: float, cpu_us: float, *, share: float = 1.0, disturbance: float = 0.0) -> Sample:
    return Sample(
        requests=int(per_s),
        seconds=1.0,
        requests_per_s=per_s,
        p50_us=500,
        p99_us=900,
        proxy_cpu_us_per_request=cpu_us,
        proxy_core_share=share,
        disturbance=disturbance,
        command=["proxy"],
        build="",
    )


def scenario(**entries: Entry) -> ScenarioResult:
    return ScenarioResult("small", goal=1.5, ceiling_per_s=80_000, entries=entries)


def test_ratio_is_of_medians() -> None:
    rounds = [sample(40_000, 25), sample(60_000, 20), sample(10_000, 90)]
    result = scenario(portico=Entry(rounds), envoy=Entry([sample(20_000, 50)]))
    assert result.ratio("portico") == 2.0
    assert result.cpu_ratio("portico") == 2.0


def test_has_no_ratio_without_a_reference() -> None:
    result = scenario(portico=Entry([sample(40_000, 25)]), envoy=Entry(problem="exited with status 1"))
    assert result.ratio("portico") is None
    assert result.ratio("nginx") is None


def test_proxy_that_waited_is_a_lower_bound() -> None:
    assert Entry([sample(70_000, 10, share=0.7)]).is_lower_bound
    assert not Entry([sample(70_000, 14, share=0.99)]).is_lower_bound


def test_proxy_that_was_pushed_aside_is_disturbed_and_no_lower_bound() -> None:
    entry = Entry([sample(20_000, 14, share=0.4, disturbance=0.5)])
    assert entry.is_disturbed
    assert not entry.is_lower_bound


def test_report_says_whether_the_goal_is_reached() -> None:
    machine: dict[str, str | int | float] = {
        "cpu": "test",
        "cores": 2,
        "memory_mib": 1,
        "system": "test",
        "kernel": "6",
        "load_1_min_at_start": 0.0,
    }
    results = Results(machine, {}, versions={"portico": "1", "envoy": "2"}, missing={"nginx": "not installed"})
    results.scenarios["small"] = scenario(portico=Entry([sample(29_000, 25)]), envoy=Entry([sample(20_000, 50)]))
    text = report(results)
    assert "goal 1.5 MISSED" in text
    assert "absent: nginx: not installed" in text
    results.scenarios["small"].entries["portico"] = Entry([sample(30_000, 25)])
    assert "goal 1.5 reached" in report(results)


def test_chart_is_an_svg_document_with_a_bar_per_proxy() -> None:
    result = scenario(portico=Entry([sample(30_000, 25)]), envoy=Entry([sample(20_000, 50)]), nginx=Entry())
    root = ElementTree.fromstring(chart_svg([result], "a < b & c"))
    bars = [one for one in root.iter("{http://www.w3.org/2000/svg}rect") if one.get("rx")]
    widths = [float(bar.get("width", "0")) for bar in bars]
    assert len(widths) == 2
    assert widths[0] / widths[1] == pytest.approx(1.5, abs=0.01)


def test_request_is_a_browsers() -> None:
    head, _, body = request_bytes("POST", "/form", 4096).partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    assert lines[0] == b"POST /form HTTP/1.1"
    assert len(lines) == 15
    assert lines[-1] == b"Content-Length: 4096"
    assert body == b"x" * 4096


@pytest.mark.parametrize("chosen", SCENARIOS, ids=lambda one: one.name)
def test_lua_script_holds_the_request_byte_for_byte(chosen: Scenario) -> None:
    literal = wrk_script(chosen).split('"', 1)[1].split('"\nwrk.format', 1)[0]
    decoded = bytearray()
    while literal:
        if literal[0] == "\\":
            decoded.append(int(literal[1:4]))
            literal = literal[4:]
        else:
            decoded += literal[0].encode()
            literal = literal[1:]
    expected = request_bytes(chosen.method, chosen.path, chosen.request_body_bytes)
    assert decoded.replace(b"\r\nConnection: close", b"") == expected
    assert (b"\r\nConnection: close\r\n" in decoded) is chosen.connection_per_request


@pytest.mark.parametrize(
    "head", [b"HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n", b"HTTP/1.1"]
)
def test_bulk_client_refuses_all_but_a_200_with_a_length(head: bytes) -> None:
    with pytest.raises(ValueError, match=r"not a 200|no content-length"):
        bulk_client.unread_after_head(head)


def test_bulk_client_counts_the_body_bytes_that_came_with_the_head() -> None:
    assert bulk_client.unread_after_head(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc") == 7


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "smal"], "'smal' is none of small, access-log"),
        (["--proxies", "traefik"], "'traefik' is none of portico, envoy"),
        (["--rounds", "0"], "--rounds: must be >= 1, got 0"),
        (["--seconds", "0"], "--seconds: must be between 0.2 and 60, got 0.0"),
    ],
)
def test_bad_options_are_named(arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse(arguments)
    assert message in capsys.readouterr().err


def test_process_takes_its_children_along(tmp_path: Path) -> None:
    script = "import subprocess, sys; subprocess.Popen(['sleep', '60']); sys.stdin = None; import time; time.sleep(60)"
    with PinnedProcess([sys.executable, "-c", script], CORES, tmp_path / "output") as process:
        tree = _wait_for_tree(process.pid, 2)
    assert [procfs.start_time(pid) for pid in tree] == [None, None]


def test_process_dies_with_the_benchmark(tmp_path: Path) -> None:
    script = (
        "import sys, time, pathlib; from bench.process import PinnedProcess\n"
        f"process = PinnedProcess(['sleep', '60'], {CORES}, pathlib.Path({str(tmp_path / 'output')!r}))\n"
        "print(process.pid, flush=True); time.sleep(60)"
    )
    root = Path(__file__).resolve().parents[3]
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=root)
    assert parent.stdout is not None
    with parent:
        child = int(parent.stdout.readline())
        parent.send_signal(signal.SIGKILL)
    _wait_until_gone(child)


def test_process_that_ends_early_is_reported_with_its_last_words(tmp_path: Path) -> None:
    script = "print('address in use'); raise SystemExit(3)"
    with PinnedProcess([sys.executable, "-c", script], CORES, tmp_path / "output") as process:
        _wait_until_gone(process.pid)
        with pytest.raises(BenchError, match="exited with status 3: address in use"):
            process.raise_if_dead()


def _wait_for_tree(root: int, size: int) -> list[int]:
    deadline = time.monotonic() + 5
    while len(tree := procfs.process_tree(root)) < size:
        assert time.monotonic() < deadline, f"only {tree}"
        time.sleep(0.01)
    return tree


def _wait_until_gone(pid: int) -> None:
    deadline = time.monotonic() + 5
    while procfs.start_time(pid) is not None:
        assert time.monotonic() < deadline, f"{pid} still runs"
        time.sleep(0.01)
