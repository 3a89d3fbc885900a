"""Envoy's answers from earlier runs, keyed by everything they depend on: case file, harness and Envoy binary.

Only for reruns on a developer's machine. `CI` or `CONFORMANCE_FRESH` in the environment turns it off.
"""

import hashlib
import json
import os
from pathlib import Path

from .case import Case
from .observation import Observation
from .proxy import ENVOY

CACHE_DIR = Path(__file__).parent / ".cache"
HARNESS = ("wire", "case", "places", "bootstrap", "upstream", "client", "admin_answer", "proxy", "suite", "observation")


def is_on() -> bool:
    return not (os.environ.get("CI") or os.environ.get("CONFORMANCE_FRESH"))


def key(case: Case) -> str:
    found = ENVOY.stat()
    parts = [case.path.read_bytes(), f"{found.st_size} {found.st_mtime_ns}".encode()]
    parts += [(Path(__file__).parent / f"{name}.py").read_bytes() for name in HARNESS]
    return hashlib.sha256(b"\0".join(parts)).hexdigest()


def load(case: Case) -> Observation | None:
    path = CACHE_DIR / f"{case.name.replace('/', '--')}.json"
    if not is_on() or not path.exists():
        return None
    stored = json.loads(path.read_text())
    return Observation(**stored["observation"]) if stored["key"] == key(case) else None


def store(case: Case, observation: Observation) -> None:
    if not is_on() or observation.failure:
        return
    CACHE_DIR.mkdir(exist_ok=True)
    path = CACHE_DIR / f"{case.name.replace('/', '--')}.json"
    path.write_text(json.dumps({"key": key(case), "observation": observation.to_json()}))
