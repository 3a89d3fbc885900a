"""No feature without its page: every flag, admin endpoint and example is in the document that lists its kind."""

import re
from pathlib import Path

from portico.admin.endpoints import ENDPOINTS
from portico.cli.flags import build_parser

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
CODE = re.compile(r"`([^`\n]+)`")


def code_of(document: Path) -> set[str]:
    """The words that stand in code quotes."""
    return set(CODE.findall(document.read_text()))


def documented_flags() -> set[str]:
    return {word.split()[0] for word in code_of(DOCS / "cli.md") if re.match(r"--?\w", word)}


def test_every_flag_is_documented() -> None:
    flags = {name for action in build_parser()._actions for name in action.option_strings}
    assert sorted(flags - documented_flags()) == []


def test_no_flag_is_documented_that_is_none() -> None:
    flags = {name for action in build_parser()._actions for name in action.option_strings}
    assert sorted(documented_flags() - flags) == []


def test_every_admin_endpoint_is_documented() -> None:
    words = code_of(DOCS / "admin.md")
    assert [each.path for each in ENDPOINTS if each.path not in words] == []


def test_every_mutation_is_said_to_be_a_post() -> None:
    rows = [line for line in (DOCS / "admin.md").read_text().splitlines() if line.startswith("| `/")]
    silent = {"/cpuprofiler", "/heapprofiler", "/allocprofiler"}  # tools that portico has not
    wrong = [
        each.path
        for each in ENDPOINTS
        if each.is_mutation and each.path not in silent
        if not any(f"`{each.path}`" in row and "POST" in row for row in rows)
    ]
    assert wrong == []


def test_every_example_is_listed() -> None:
    files = {path.name for path in (ROOT / "examples").iterdir() if path.name != "README.md"}
    assert sorted(files - code_of(ROOT / "examples" / "README.md")) == []


def test_every_document_can_be_reached() -> None:
    """From the README, link by link."""
    reached, waiting = set(), [ROOT / "README.md"]
    while waiting:
        document = waiting.pop()
        reached.add(document)
        targets = re.findall(r"\]\(([^)#\s:]+\.md)", document.read_text())
        found = {(document.parent / target).resolve() for target in targets}
        waiting += [path for path in found if path.exists() and path not in reached]
    assert sorted(path.name for path in set(DOCS.rglob("*.md")) - reached) == []
