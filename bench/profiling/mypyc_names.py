"""Reads the names mypyc gives to C functions: `CPyDef_route_table___RouteTable___match` is in portico.router."""

from pathlib import Path
from typing import Final

_PREFIXES: Final = ("CPyDef_", "CPyPy_")
_DOT: Final = "___"


class MypycNames:
    """The modules of a source tree, found by the shortest unique suffix of their dotted names, as mypyc writes them."""

    def __init__(self, source: Path) -> None:
        self._package_by_suffix: dict[tuple[str, ...], str] = {}
        for path in sorted(source.rglob("*.py")):
            parts = path.relative_to(source).with_suffix("").parts
            if parts[-1] == "__init__":
                parts = parts[:-1]
            for start in range(len(parts)):
                self._package_by_suffix.setdefault(parts[start:], ".".join(parts[:2]))

    def package(self, symbol: str) -> str | None:
        """`portico.router` and the like; None for a symbol that is not mypyc's."""
        for prefix in _PREFIXES:
            if symbol.startswith(prefix):
                parts = tuple(symbol.removeprefix(prefix).split(_DOT))
                for end in range(len(parts), 0, -1):
                    if package := self._package_by_suffix.get(parts[:end]):
                        return package
                return "portico"
        return None
