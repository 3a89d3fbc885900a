"""What every sampler answers with, and how a function is assigned to a layer of the proxy."""

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

_PORTICO_MODULE: Final = re.compile(r"portico[/.]([a-z_0-9]+)")


@dataclass(frozen=True)
class Cost:
    """One function's own time (without what it called), as a share of all samples."""

    layer: str
    function: str
    share: float


def layer_of(path: str) -> str:
    """The package of portico a file belongs to, else the file's own name: a library, or the kernel."""
    if found := _PORTICO_MODULE.search(path):
        return f"portico.{found[1].removesuffix('.py')}"
    return path.rpartition("/")[2] or "unknown"


def by_layer(costs: Iterable[Cost]) -> list[tuple[str, float]]:
    """Shares summed per layer, dearest first."""
    total: dict[str, float] = defaultdict(float)
    for cost in costs:
        total[cost.layer] += cost.share
    return sorted(total.items(), key=lambda item: -item[1])
