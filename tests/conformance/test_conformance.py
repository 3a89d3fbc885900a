"""Each case file, on real Envoy 1.40 and on portico: what they show must be the same, line by line."""

from pathlib import Path

import pytest

from .case import CASES_DIR, all_case_paths, load_case
from .verdict import Verdict


def case_id(path: Path) -> str:
    return path.relative_to(CASES_DIR).with_suffix("").as_posix()


@pytest.mark.parametrize("case_path", all_case_paths(), ids=case_id)
def test_does_as_envoy_does(case_path: Path, verdicts: dict[str, Verdict]) -> None:
    case = load_case(case_path)
    verdict = verdicts[case.name]
    if verdict.problem:
        pytest.fail(verdict.problem, pytrace=False)
    if case.later:
        pytest.skip(f"needs a later capability: {case.later}")
