"""Envoy, from the environment that `bench.install` keeps for it."""

import os
import re
import subprocess
from pathlib import Path
from typing import Final

from bench.contestants.contestant import Contestant, Launch, Layout
from bench.contestants.envoy_yaml import bootstrap_yaml
from bench.process import BenchError
from bench.scenarios import Listener

ENVOY_ENVIRONMENT: Final = Path(__file__).resolve().parents[2] / ".venv-envoy"


class Envoy(Contestant):
    """The one all ratios are taken against."""

    name = "envoy"
    has_admin = True

    def version(self) -> str:
        done = subprocess.run([_binary(), "--version"], capture_output=True, text=True, check=False)
        found = re.search(r"version: \w+/([\w.]+)/", done.stdout)
        return found[1] if found else done.stdout.strip()

    def launch(self, listener: Listener, layout: Layout, concurrency: int) -> Launch:
        config = layout.root / "envoy.yaml"
        config.write_text(bootstrap_yaml(listener, layout))
        command = [_binary(), "-c", str(config), "--concurrency", str(concurrency)]
        return Launch([*command, "--use-dynamic-base-id", "--log-level", "error"])


def _binary() -> str:
    """The program itself: its wrapper of Python would count as start-up time."""
    if given := os.environ.get("ENVOY"):
        return given
    for path in ENVOY_ENVIRONMENT.glob("lib/python3*/site-packages/envoy/_bin/envoy"):
        return str(path)
    raise BenchError("envoy is not installed: run `python -m bench.install`, or set ENVOY to its path")
