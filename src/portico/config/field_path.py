"""Field paths as errors print them, and as steps: `clusters[0].metadata["a.b"].name`.

A step is a field name (str), a list index (int) or a map key (MapKey, a str that is no field name).
"""

from __future__ import annotations

import json
import re
from typing import TypeAlias


class MapKey(str):
    """A key of a protobuf map, as its JSON text."""

    __slots__ = ()


Step: TypeAlias = str | int

STEP = re.compile(r'\.?([^.\[\]]+)|\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]')


def join(path: str, name: str) -> str:
    return f"{path}.{name}" if path else name


def index(path: str, position: int) -> str:
    return f"{path}[{position}]"


def key(path: str, map_key: object) -> str:
    """JSON quotes, so that any key can be told from an index and found again."""
    text = str(map_key).lower() if isinstance(map_key, bool) else str(map_key)
    return f"{path}[{json.dumps(text, ensure_ascii=False)}]"


def steps(path: str) -> list[Step]:
    """The steps of a printed path; what cannot be read ends it early."""
    found: list[Step] = []
    position = 0
    while position < len(path):
        match = STEP.match(path, position)
        if match is None:
            break
        name, number, quoted = match.groups()
        if name is not None:
            found.append(name)
        elif number is not None:
            found.append(int(number))
        else:
            found.append(MapKey(json.loads(f'"{quoted}"')))
        position = match.end()
    return found
