"""One sample: one proxy, one scenario, one stretch of load, and the evidence that the figure can be trusted."""

import shutil
from dataclasses import dataclass
from typing import Final

from bench.contestants.contestant import Contestant
from bench.core_times import read_core_times
from bench.load import LoadResult, run_load
from bench.ports import fetch
from bench.process import BenchError
from bench.scenarios import SMALL_BODY, Listener, Scenario
from bench.stage import RunningProxy, Stage, proxy_on_stage

# A log line is missing for good reason only if a request was in flight when the load stopped.
_LOGGED_SHARE: Final = 0.99


@dataclass(frozen=True)
class Sample:
    """Times are of the stretch of load alone, without start-up and warm-up."""

    requests: int
    seconds: float
    requests_per_s: float
    p50_us: float
    p99_us: float
    proxy_cpu_us_per_request: float
    proxy_core_share: float
    """What the proxy used of its core. Well below 1 means that the load side was the limit."""
    disturbance: float
    """The larger of the two shares of a core that others took: other programs and the hypervisor."""
    command: list[str]
    build: str


def measure(stage: Stage, contestant: Contestant, scenario: Scenario, seconds: float, warm_up_s: float) -> Sample:
    """Raises BenchError if the proxy cannot run, answers wrongly, or any request failed."""
    with proxy_on_stage(stage, contestant, scenario.listener) as proxy:
        port = proxy.layout.listen_port
        _check_answer(stage, scenario, port)
        warm_up = run_load(scenario, port, stage.load_core, warm_up_s, stage.root)
        before = read_core_times(stage, proxy.process.pid)
        result = run_load(scenario, port, stage.load_core, seconds, stage.root)
        spent = read_core_times(stage, proxy.process.pid).since(before)
        proxy.process.raise_if_dead()
        _check_answer(stage, scenario, port)
        _check_errors(warm_up)
        _check_errors(result)
    _check_log(scenario, proxy, warm_up.requests + result.requests)
    shutil.rmtree(proxy.layout.root, ignore_errors=True)
    return Sample(
        requests=result.requests,
        seconds=result.seconds,
        requests_per_s=result.requests / result.seconds,
        p50_us=result.p50_us,
        p99_us=result.p99_us,
        proxy_cpu_us_per_request=spent.proxy_s / result.requests * 1e6,
        proxy_core_share=spent.proxy_s / result.seconds,
        disturbance=max(0.0, spent.proxy_core_s - spent.proxy_s, spent.load_core_s - spent.load_s) / result.seconds,
        command=proxy.launch.command,
        build=proxy.build,
    )


def measure_ceiling(stage: Stage, scenario: Scenario, seconds: float) -> float:
    """Requests per second of load generator and upstream with nothing between them."""
    result = run_load(scenario, stage.upstream.port, stage.load_core, seconds, stage.root)
    _check_errors(result)
    return result.requests / result.seconds


def _check_answer(stage: Stage, scenario: Scenario, port: int) -> None:
    expected = stage.upstream.bulk_body if scenario.is_bulk else SMALL_BODY
    status, body = fetch(port, scenario.method, scenario.path, scenario.request_body_bytes)
    if (status, body) != (200, expected):
        raise BenchError(f"wrong answer: status {status}, {len(body)} bytes, expected 200, {len(expected)} bytes")


def _check_errors(result: LoadResult) -> None:
    errors = {name: count for name, count in result.errors.items() if count}
    if errors:
        raise BenchError(f"invalid run: {result.requests} requests with errors {errors}")
    if result.requests == 0:
        raise BenchError("invalid run: no request was answered")


def _check_log(scenario: Scenario, proxy: RunningProxy, requests: int) -> None:
    if scenario.listener is not Listener.HTTP_ACCESS_LOG:
        return
    try:
        with proxy.layout.access_log.open("rb") as log:
            lines = sum(1 for _ in log)
    except FileNotFoundError:
        raise BenchError("invalid run: there is no access log") from None
    if lines < requests * _LOGGED_SHARE:
        raise BenchError(f"invalid run: {lines} access log lines for {requests} requests")
