"""A whole main process with one worker, from inside: its parts, a flush, its end. From outside: tests/integration."""

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# In a process of its own: it forks, and takes the signals.
SCRIPT = """
import asyncio, signal, os, sys
from portico.api.log import COMPONENTS
from portico.cli.run import relaunch_command, worker_main
from portico.ipc.log_sink import DescriptorSink
from portico.main.server import Server
from portico.main.starter import Starter, fork_starter
from tests.main.configs import ECHO, options
from portico.main.options import RestartOptions, ProcessOptions
from dataclasses import replace

TEXT = '''
static_resources:
  clusters: [{name: c, connect_timeout: 1s}]
  listeners:
  - name: l
    address: {socket_address: {address: 127.0.0.1, port_value: 0}}
''' + ECHO

process = fork_starter(worker_main)

async def main():
    loop = asyncio.get_running_loop()
    given = replace(options(TEXT), restart=RestartOptions(is_disabled=True))
    server = Server(given, loop, Starter(loop, process, relaunch_command()), DescriptorSink("%v"))
    running = asyncio.create_task(server.run())
    while server._parts is None or server._parts.process.state().name != "LIVE":
        await asyncio.sleep(0.01)
        assert not running.done(), running.result()
    parts = server._parts
    port = parts.listeners.status()[0].addresses[0].port
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(b"hello")
    print((await reader.read(100)).decode())
    await parts.flush_stats()
    await parts.flush_stats()
    merged = await parts.stats.fresh()
    print("connections", merged.value("server.total_connections"))
    print("memory", merged.value("server.memory_physical_size") > 1_000_000)
    print("live", merged.value("server.live"), merged.value("server.state"))
    print("clusters", [each.name for each in await parts.config.clusters()])
    os.kill(os.getpid(), signal.SIGTERM)
    print("code", await running)
    print("end", await reader.read(100))
    writer.close()

asyncio.run(main())
"""


def test_serves_counts_and_ends() -> None:
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], cwd=ROOT, capture_output=True, text=True, timeout=30, check=False
    )
    assert done.stdout.splitlines() == [
        "hello",
        "connections 1",
        "memory True",
        "live 1 0",
        "clusters ['c']",
        "code 0",
        "end b''",
    ], done.stderr
