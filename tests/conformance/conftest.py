"""One run of both proxies for all selected cases; each test then looks at its own case."""

import asyncio
import fcntl
import os
import pickle
from pathlib import Path

import pytest

from .case import Case, CaseError, load_case
from .proxy import ENVOY, envoy_target, portico_target
from .verdict import Verdict, compare

NO_ENVOY = f"real Envoy is not installed at {ENVOY}: `make conformance` installs it"
UNSTEADY = pytest.StashKey[list[str]]()


def envoy_is_missing(binary: Path, required: str | None) -> bool:
    """Raises when the suite must not be skipped (CONFORMANCE_REQUIRED)."""
    if binary.exists():
        return False
    if required:
        raise pytest.UsageError(NO_ENVOY)
    return True


def selected_cases(session: pytest.Session) -> list[Case]:
    """The cases of the tests that -k and friends left in. A broken file is left to its own test to report."""
    cases = []
    for item in session.items:
        path = (
            item.callspec.params.get("case_path")
            if isinstance(item, pytest.Function) and hasattr(item, "callspec")
            else None
        )
        if isinstance(path, Path):
            try:
                cases.append(load_case(path))
            except CaseError:
                continue
    return cases


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Name the cases that were equal only at the second try: one is a busy machine, the same one always is a bug."""
    for name in terminalreporter.config.stash.get(UNSTEADY, []):
        terminalreporter.write_line(f"equal only when run again: {name}", yellow=True)


def run_cases(config: pytest.Config, cases: list[Case]) -> dict[str, Verdict]:
    verdicts = asyncio.run(compare(cases, envoy_target(), portico_target()))
    config.stash[UNSTEADY] = [name for name, verdict in verdicts.items() if verdict.unsteady]
    return verdicts


@pytest.fixture(scope="session")
def verdicts(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Verdict]:
    """By case name. Under pytest-xdist the first worker runs the proxies and the others read its result."""
    if envoy_is_missing(ENVOY, os.environ.get("CONFORMANCE_REQUIRED")):
        pytest.skip(NO_ENVOY)
    cases = selected_cases(request.session)
    if os.environ.get("PYTEST_XDIST_WORKER") is None:
        return run_cases(request.config, cases)
    shared = tmp_path_factory.getbasetemp().parent / "conformance.pickle"
    with shared.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not shared.exists():
            shared.write_bytes(pickle.dumps(run_cases(request.config, cases)))
        loaded: dict[str, Verdict] = pickle.loads(shared.read_bytes())
        return loaded
