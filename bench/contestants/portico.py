"""portico: the build in `.venv`, and the same source without its compiled modules."""

import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Final

from bench import procfs
from bench.contestants.contestant import Contestant, Launch, Layout
from bench.contestants.envoy_yaml import bootstrap_yaml
from bench.process import BenchError
from bench.scenarios import Listener

REPOSITORY: Final = Path(__file__).resolve().parents[2]
PORTICO_NAME: Final = "portico"
INTERPRETED_NAME: Final = "portico-interpreted"
DEFAULT_COMMAND: Final = str(REPOSITORY / ".venv" / "bin" / "portico")


class Portico(Contestant):
    """Any command line that takes portico's options."""

    has_admin = True

    def __init__(self, name: str, command: str, env: dict[str, str] | None = None) -> None:
        self.name = name
        self._command = shlex.split(command)
        self._env = env or {}

    def version(self) -> str:
        if shutil.which(self._command[0]) is None:
            raise BenchError(f"{self._command[0]} is not there: run `make install`, or give --portico-command")
        done = subprocess.run(
            [*self._command, "--version"],
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **self._env},
        )
        if done.returncode != 0:
            raise BenchError(f"{shlex.join(self._command)} --version failed: {done.stderr.strip()[-300:]}")
        return done.stdout.strip()

    def launch(self, listener: Listener, layout: Layout, concurrency: int) -> Launch:
        config = layout.root / "portico.yaml"
        config.write_text(bootstrap_yaml(listener, layout))
        command = [*self._command, "-c", str(config), "--concurrency", str(concurrency)]
        # A base id of its own per run, so that a benchmark never meets a running portico.
        return Launch([*command, "--base-id", str(layout.listen_port), "--log-level", "error"], self._env)

    def build(self, pid: int) -> str:
        # mypyc's shared objects lie in the package, or beside it as <group>__mypyc.*.so.
        compiled = procfs.maps_file(pid, "/portico/", ".so") or procfs.maps_file(pid, "__mypyc", ".so")
        return "compiled" if compiled else "interpreted"


def interpreted(root: Path, command: str | None = None) -> Portico:
    """portico from a copy of `src` without shared objects; or `command`, taken as it is given."""
    if command is not None:
        return Portico(INTERPRETED_NAME, command)
    copy = root / "interpreted"
    ignore = shutil.ignore_patterns("*.so", "*.c", "__pycache__")
    shutil.copytree(REPOSITORY / "src", copy, ignore=ignore, dirs_exist_ok=True)
    python = REPOSITORY / ".venv" / "bin" / "python"
    env = {"PYTHONPATH": str(copy), "PORTICO_PURE": "1"}
    return Portico(INTERPRETED_NAME, f"{shlex.quote(str(python))} -m portico", env)
