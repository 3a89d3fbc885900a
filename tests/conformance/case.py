"""One conformance case as its file states it. `README.md` is the reference of the format."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

CASES_DIR = Path(__file__).parent / "cases"
SECTIONS = ("client", "upstream", "log", "stats", "admin", "process")

LISTENER_KEYS = {
    *("routes", "virtual_hosts", "route_config", "hcm", "http_filters", "router"),
    *("listener", "filter_chains", "network_filters", "access_log", "log_format", "log_json"),
}
CASE_KEYS = LISTENER_KEYS | {
    *("description", "clusters", "upstreams", "listeners", "bootstrap", "steps", "stats", "expect", "differs"),
    *("process", "args", "timeout", "files", "command", "mask", "ports", "output", "later"),
}


class CaseError(Exception):
    """The case file is wrong: the message names the file, what was found and what is allowed."""


@dataclass(frozen=True)
class Difference:
    """A deliberate difference: portico's own lines, section by section, and why."""

    reason: str
    sections: dict[str, list[str]]


@dataclass(frozen=True)
class Case:
    name: str
    path: Path
    document: dict[str, Any]
    differs: Difference | None

    def get(self, key: str, default: Any = None) -> Any:
        return self.document.get(key, default)

    @property
    def later(self) -> str:
        """The capability portico does not have yet and this case needs; "" for nearly all cases."""
        return str(self.document.get("later", ""))

    @property
    def process(self) -> str:
        """Cases of the same process name share one proxy process; "alone" shares with nobody."""
        return "alone" if "command" in self.document else str(self.document.get("process", "shared"))


def load_case(path: Path) -> Case:
    name = (
        (path.relative_to(CASES_DIR) if path.is_relative_to(CASES_DIR) else Path(path.name)).with_suffix("").as_posix()
    )
    document = yaml.safe_load(path.read_text())
    if not isinstance(document, dict):
        raise CaseError(f"{name}: must be a mapping, got {type(document).__name__}")
    if unknown := sorted(set(document) - CASE_KEYS):
        raise CaseError(f"{name}: unknown keys {unknown}, allowed: {sorted(CASE_KEYS)}")
    for required in ("description", "expect"):
        if required not in document:
            raise CaseError(f"{name}: {required!r} is missing")
    return Case(name, path, document, load_difference(name, document.get("differs")))


def load_difference(name: str, declared: Any) -> Difference | None:
    if declared is None:
        return None
    if not isinstance(declared, dict) or "reason" not in declared:
        raise CaseError(f"{name}: differs: must be a mapping with a 'reason'")
    sections = {key: value for key, value in declared.items() if key != "reason"}
    if not sections or set(sections) - set(SECTIONS):
        raise CaseError(f"{name}: differs: keys must be sections of {SECTIONS}, got {sorted(sections)}")
    return Difference(str(declared["reason"]), {key: str(value).splitlines() for key, value in sections.items()})


def all_case_paths() -> list[Path]:
    return sorted(CASES_DIR.rglob("*.yaml"))
