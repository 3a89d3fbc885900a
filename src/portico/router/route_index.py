"""Which routes of a long list can match a path at all, without asking each."""

from __future__ import annotations

from typing import Final

from portico.router.match.path import ExactPath, PrefixPath, SeparatedPrefixPath
from portico.router.route import Route

# Up to here asking every route is faster than the dictionaries (bench: 0.05 us a route, 1 us the look-up).
WORTH_AN_INDEX: Final = 24


class RouteIndex:
    """Exact paths and prefixes by dictionary; every other kind of match is always a candidate."""

    def __init__(self, routes: list[Route]) -> None:
        self._routes = routes
        self._exact: dict[bytes, list[int]] = {}
        self._prefixes: dict[bytes, list[int]] = {}
        self._others: list[int] = []
        for position, route in enumerate(routes):
            path = route.match.path
            if isinstance(path, ExactPath):
                self._exact.setdefault(path.path, []).append(position)
            elif isinstance(path, PrefixPath) or (isinstance(path, SeparatedPrefixPath) and not path.ignore_case):
                self._prefixes.setdefault(path.prefix, []).append(position)
            else:
                self._others.append(position)
        self._lengths = sorted({len(prefix) for prefix in self._prefixes})

    def candidates(self, path: bytes) -> list[Route]:
        """The routes that may match, in the order of the configuration. They have not been asked yet."""
        found = self._others[:]
        exact = self._exact.get(path)
        if exact is not None:
            found += exact
        size = len(path)
        for length in self._lengths:
            if length > size:
                break
            positions = self._prefixes.get(path[:length])
            if positions is not None:
                found += positions
        found.sort()
        routes = self._routes
        return [routes[position] for position in found]
