"""Puts load on a port and tells what came of it.

wrk for small bodies: one thread of it drives 32 connections for 6 µs a request, the request is formatted once, and
with `Connection: close` it opens the next connection itself (h2load keeps connections, ab sends HTTP/1.0). Bulk bodies
have a client of their own, because wrk copies each out of the kernel in pieces of 8 KiB.
"""

import json
import math
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.headers import request_bytes
from bench.process import BenchError
from bench.scenarios import CONNECTIONS, Scenario

_RESULT: Final = "RESULT "
_GRACE_S: Final = 10.0

_SCRIPT: Final = """\
local request = "{request}"
wrk.format = function() return request end
done = function(summary, latency, requests)
    local e = summary.errors
    io.write(string.format('RESULT {{"requests": %d, "seconds": %.6f, "p50_us": %.0f, "p99_us": %.0f, "errors": '
        .. '{{"connect": %d, "read": %d, "write": %d, "status": %d, "timeout": %d}}}}\\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50), latency:percentile(99),
        e.connect, e.read, e.write, e.status, e.timeout))
end
"""


@dataclass(frozen=True)
class LoadResult:
    """What the load generator counted."""

    requests: int
    seconds: float
    p50_us: float
    p99_us: float
    errors: dict[str, int]


def run_load(scenario: Scenario, port: int, core: int, seconds: float, root: Path) -> LoadResult:
    """Raises BenchError if the generator fails; errors it counted are in the result."""
    if scenario.is_bulk:
        arguments = [str(port), scenario.method, scenario.path, str(seconds), str(CONNECTIONS)]
        command = [sys.executable, "-m", "bench.bulk_client", *arguments]
        output = _run(command, core, None)
    else:
        script = root / f"{scenario.name}.lua"
        script.write_text(wrk_script(scenario))
        url = f"http://127.0.0.1:{port}{scenario.path}"
        command = ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{math.ceil(seconds) + 1}s", "-s", str(script), url]
        output = _run(command, core, seconds)
    for line in output.splitlines():
        if line.startswith(_RESULT):
            return LoadResult(**json.loads(line.removeprefix(_RESULT)))
    raise BenchError(f"{command[0]} reported nothing: {output.strip()[-300:]}")


def wrk_script(scenario: Scenario) -> str:
    """Lua that sends the same bytes each time: no function is called per request."""
    request = request_bytes(scenario.method, scenario.path, scenario.request_body_bytes)
    if scenario.connection_per_request:
        request = request.replace(b"\r\n", b"\r\nConnection: close\r\n", 1)
    escaped = "".join(chr(byte) if 32 <= byte < 127 and byte not in b'"\\' else f"\\{byte:03d}" for byte in request)
    return _SCRIPT.format(request=escaped)


def _run(command: list[str], core: int, interrupt_after_s: float | None) -> str:
    """Standard output. wrk takes whole seconds only; SIGINT ends it earlier, with its report."""
    pinned = ["taskset", "-c", str(core), *command]
    try:
        process = subprocess.Popen(pinned, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    except FileNotFoundError as error:
        raise BenchError(f"{error.filename} is not installed: run `python -m bench.install`") from None
    with process:
        try:
            if interrupt_after_s is not None:
                try:
                    return process.communicate(timeout=interrupt_after_s)[0]
                except subprocess.TimeoutExpired:
                    process.send_signal(signal.SIGINT)
            return process.communicate(timeout=60 + _GRACE_S)[0]
        except subprocess.TimeoutExpired:
            raise BenchError(f"{command[0]} does not end") from None
        finally:
            if process.poll() is None:
                process.kill()
