"""py-spy: sees Python functions of a worker that knows nothing of it. The sampler for the interpreted build."""

import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Final

from bench.process import BenchError
from bench.profiling.cost import Cost, layer_of

_RATE_HZ: Final = 500
_FRAME: Final = re.compile(r"(.+) \((.*?)(?::\d+)?\)$")


def is_available() -> bool:
    return _program() is not None


def sample(pid: int, seconds: float, directory: Path) -> list[Cost]:
    """Time in C code counts for the Python function that called it. Raises BenchError if ptrace is forbidden."""
    program = _program()
    assert program is not None
    output = directory / "stacks"
    command = [program, "record", "--pid", str(pid), "--rate", str(_RATE_HZ), "--duration", str(round(seconds))]
    command += ["--format", "raw", "--full-filenames", "--nolineno", "--output", str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0 or not output.exists():
        raise BenchError(f"py-spy failed: {done.stderr.strip()[-300:]}")
    return parse(output.read_text())


def parse(stacks: str) -> list[Cost]:
    """Own time per function, from collapsed stacks: `outermost;…;innermost count`."""
    own: Counter[str] = Counter()
    for line in stacks.splitlines():
        stack, _, count = line.rpartition(" ")
        own[stack.rpartition(";")[2]] += int(count)
    total = own.total()
    return [_cost(frame, count / total) for frame, count in own.most_common()]


def _cost(frame: str, share: float) -> Cost:
    found = _FRAME.match(frame)
    if found is None:
        return Cost("unknown", frame, share)
    return Cost(layer_of(found[2]), f"{found[1]} ({Path(found[2]).name})", share)


def _program() -> str | None:
    beside_python = Path(sys.executable).with_name("py-spy")
    return str(beside_python) if beside_python.exists() else shutil.which("py-spy")
