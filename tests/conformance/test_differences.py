"""docs/differences.md and the `differs:` of the cases are the same list."""

import re
from pathlib import Path

from .case import Case, all_case_paths, load_case

DOCUMENT = Path(__file__).parents[2] / "docs" / "differences.md"
ROW = re.compile(r"^\|(?P<cases>[^|]*`[a-z0-9_]+/[a-z0-9_]+`[^|]*)\|.*\|\s*$", re.MULTILINE)
NAME = re.compile(r"`([a-z0-9_]+/[a-z0-9_]+)`")

# What cases wait for, by their `later:`.
AWAITED = {"upstream HTTP filters"}


def documented() -> list[str]:
    return [name for row in ROW.finditer(DOCUMENT.read_text()) for name in NAME.findall(row["cases"])]


def declared() -> dict[str, Case]:
    return {case.name: case for case in map(load_case, all_case_paths()) if case.differs}


def test_every_declared_difference_has_its_row() -> None:
    assert sorted(set(declared()) - set(documented())) == []


def test_every_row_is_declared_by_its_case() -> None:
    assert sorted(set(documented()) - set(declared())) == []


def test_no_case_is_listed_twice() -> None:
    names = documented()
    assert sorted({name for name in names if names.count(name) > 1}) == []


def test_what_is_awaited_is_listed() -> None:
    assert {case.later for case in map(load_case, all_case_paths()) if case.later} == AWAITED


def test_every_difference_says_why() -> None:
    assert [name for name, case in declared().items() if case.differs and len(case.differs.reason.split()) < 4] == []
