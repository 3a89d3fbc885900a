"""Linux perf: sees the kernel and compiled code. The sampler for the compiled build."""

import re
import shutil
import subprocess
from collections import Counter
from pathlib import Path
from typing import Final

from bench.process import BenchError
from bench.profiling.cost import Cost, layer_of
from bench.profiling.mypyc_names import MypycNames

_FREQUENCY_HZ: Final = 1997  # prime, so that it does not beat with the kernel's own ticks
_FRAME: Final = re.compile(r"\s*[0-9a-f]+\s+(.+) \((.*)\)$")
# read and write appear as ksys_*: the compiler turns their __x64_sys_* into a jump.
_SYSCALL: Final = re.compile(r"(?:__(?:x64|arm64)_sys_|ksys_)(\w+)$")


def is_available() -> bool:
    return shutil.which("perf") is not None


def sample(pid: int, seconds: float, directory: Path, names: MypycNames) -> list[Cost]:
    """Raises BenchError where the kernel forbids it."""
    data = directory / "perf.data"
    record = ["perf", "record", "-q", "-g", "-e", "cpu-clock", "-F", str(_FREQUENCY_HZ), "-p", str(pid)]
    _run([*record, "-o", str(data), "--", "sleep", str(seconds)])
    return parse(_run(["perf", "script", "-i", str(data), "-F", "ip,sym,dso"]), names)


def parse(script: str, names: MypycNames) -> list[Cost]:
    """Own time per function, from one block of frames per sample, innermost frame first."""
    own: Counter[tuple[str, str]] = Counter()
    for block in script.split("\n\n"):
        frames = [(found[1], found[2]) for line in block.splitlines() if (found := _FRAME.match(line))]
        if frames:
            own[_layer(frames, names), frames[0][0]] += 1
    total = own.total()
    return [Cost(layer, function, count / total) for (layer, function), count in own.most_common()]


def _layer(frames: list[tuple[str, str]], names: MypycNames) -> str:
    """The kernel's time goes to the system call it served."""
    symbol, library = frames[0]
    if library.startswith(("[kernel", "[guest.kernel")):
        for name, _ in frames:
            if found := _SYSCALL.match(name):
                return f"kernel: {found[1]}"
        return "kernel: interrupts and the rest"
    if package := names.package(symbol):
        return package
    return layer_of(library)


def _run(command: list[str]) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchError(f"{' '.join(command[:2])} failed: {done.stderr.strip()[-300:]}")
    return done.stdout
