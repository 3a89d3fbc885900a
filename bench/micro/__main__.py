"""`python -m bench.micro NAME`: nanoseconds per call of each variant, the best of several interleaved rounds."""

import argparse
import gc
import importlib
import pkgutil
import timeit
from collections.abc import Callable, Mapping
from typing import Final

import bench.micro

_ROUNDS: Final = 7
_ROUND_S: Final = 0.05


def main() -> None:
    names = sorted(module.name for module in pkgutil.iter_modules(bench.micro.__path__) if module.name != "__main__")
    parser = argparse.ArgumentParser(prog="python -m bench.micro", description=__doc__)
    parser.add_argument("name", choices=names)
    variants: Mapping[str, Callable[[], object]] = importlib.import_module(
        f"bench.micro.{parser.parse_args().name}"
    ).VARIANTS
    best = measure(variants)
    first = next(iter(best.values()))
    width = max(len(label) for label in best)
    for label, nanoseconds in best.items():
        print(f"{label:<{width}}  {nanoseconds:8.1f} ns  {first / nanoseconds:5.2f}x")


def measure(variants: Mapping[str, Callable[[], object]]) -> dict[str, float]:
    """The best round counts: whatever made the others slower was not the code. The call itself is subtracted."""
    timers = {label: timeit.Timer(function) for label, function in {"": _nothing, **variants}.items()}
    loops = {label: _loops(timer) for label, timer in timers.items()}
    best = dict.fromkeys(timers, float("inf"))
    gc.disable()
    try:
        for _ in range(_ROUNDS):
            for label, timer in timers.items():
                best[label] = min(best[label], timer.timeit(loops[label]) / loops[label] * 1e9)
    finally:
        gc.enable()
    call = best.pop("")
    return {label: max(0.1, nanoseconds - call) for label, nanoseconds in best.items()}


def _loops(timer: timeit.Timer) -> int:
    loops = 1
    while (seconds := timer.timeit(loops)) < _ROUND_S / 10:
        loops *= 4
    return max(1, int(loops * _ROUND_S / seconds))


def _nothing() -> None:
    pass


if __name__ == "__main__":
    main()
