"""Checks that the documents are true: links and anchors lead somewhere, and marked examples run.

A fenced block whose info string ends in `check` is run:
    ```python check     in an interpreter of its own, which must exit 0
    ```sh check         by `sh -eu` in the root of the repository, with .venv/bin first on PATH
    ```yaml check       as a bootstrap, by `portico --mode validate`
Anything else is only read. Links to other hosts are not followed: a build must not fail for someone else's outage.
"""

import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FENCE = re.compile(r"^```(\w*)([^\n]*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
TIMEOUT_S = 60


def documents() -> list[Path]:
    return sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])


def broken_links(document: Path) -> Iterator[str]:
    prose = FENCE.sub("", document.read_text())
    for target in LINK.findall(prose):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (document.parent / path).resolve() if path else document
        if not file.exists():
            yield f"link to {target!r}: no such file"
        elif anchor and file.suffix == ".md" and anchor not in anchors(file):
            yield f"link to {target!r}: no such heading"


def anchors(document: Path) -> set[str]:
    """The ids GitHub gives to headings."""
    headings = HEADING.findall(FENCE.sub("", document.read_text()))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def failing_examples(document: Path) -> Iterator[str]:
    text = document.read_text()
    for match in FENCE.finditer(text):
        language, info, body = match.groups()
        if not info.strip().endswith("check"):
            continue
        line = text.count("\n", 0, match.start()) + 1
        result = run(language, body)
        if result.returncode != 0:
            yield f"line {line}: {language} example exits {result.returncode}:\n{result.stdout.rstrip()}"


def run(language: str, body: str) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, f"example.{language}")
        file.write_text(body)
        commands = {
            "python": [sys.executable, str(file)],
            "sh": ["sh", "-eu", str(file)],
            "yaml": [sys.executable, "-m", "portico", "--mode", "validate", "-c", str(file)],
        }
        environment = os.environ | {"PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
        return subprocess.run(
            commands[language],
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )


def main() -> int:
    problems = [
        f"{document.relative_to(ROOT)}: {problem}"
        for document in documents()
        for problem in [*broken_links(document), *failing_examples(document)]
    ]
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{len(documents())} documents, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
