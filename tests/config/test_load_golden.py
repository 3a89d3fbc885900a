"""Every file in tests/golden/config, as portico and as real Envoy judge it.

accepted/ and refused/ hold what Envoy 1.40 accepts and refuses. Beside a file stands what portico says about it: its
errors, or its warnings if there are any. PORTICO_UPDATE_GOLDEN=1 writes these texts anew.
"""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from portico.api.errors import ConfigErrors
from portico.config.load import LoadOptions, LocatedError, load_bootstrap
from portico.config.render import render_text
from portico.config.rules import RuleError
from tests.config.tables import ENVOY, GOLDEN, NO_ENVOY, FullSupport

CASES = sorted(path for path in GOLDEN.glob("*/*") if path.suffix in (".yaml", ".json"))
BROKEN_RULE = re.compile(r"Proto constraint validation failed \(.*\)$", re.MULTILINE)
UPDATE = os.environ.get("PORTICO_UPDATE_GOLDEN") == "1"


def name_of(path: Path) -> str:
    return path.relative_to(GOLDEN).as_posix()


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_says_what_the_golden_file_says(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(path.parent)
    try:
        loaded = load_bootstrap(LoadOptions(config_path=path.name), FullSupport())
    except ConfigErrors as errors:
        verdict, said = "refused", render_text(errors)
    else:
        verdict, said = "accepted", "\n".join(str(warning) for warning in loaded.warnings)
    golden = path.with_name(path.name + ".txt")
    if UPDATE:
        golden.unlink(missing_ok=True)
        if said:
            golden.write_text(said + "\n")
    assert verdict == path.parent.name, said
    assert said == (golden.read_text().removesuffix("\n") if golden.exists() else "")


@pytest.mark.parametrize("path", CASES, ids=name_of)
def test_envoy_judges_alike(path: Path) -> None:
    if not ENVOY.exists():
        pytest.skip(NO_ENVOY)
    command = [str(ENVOY), "--mode", "validate", "-c", str(path), "--use-dynamic-base-id", "--concurrency", "1"]
    result = subprocess.run([*command, "-l", "error"], capture_output=True, timeout=60, check=False)
    verdict = {0: "accepted", 1: "refused"}[result.returncode]
    said = result.stderr.decode(errors="replace")
    assert verdict == path.parent.name, said
    # Envoy stops at the first broken rule; portico's list has the same text for it.
    broken = BROKEN_RULE.search(said)
    if broken is not None:
        assert broken.group() in rule_texts(path)


def rule_texts(path: Path) -> list[str]:
    with pytest.raises(ConfigErrors) as caught:
        load_bootstrap(LoadOptions(config_path=str(path)), FullSupport())
    originals = [error.original for error in caught.value.errors if isinstance(error, LocatedError)]
    return [original.envoy_text for original in originals if isinstance(original, RuleError)]


def test_every_text_belongs_to_a_case() -> None:
    texts = {path.with_name(path.name.removesuffix(".txt")) for path in GOLDEN.glob("*/*.txt")}
    assert texts <= set(CASES)
