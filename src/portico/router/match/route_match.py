"""A route's match: path first, as the cheapest, then everything else."""

from __future__ import annotations

from portico.api.headers import RequestHeaders
from portico.api.stream_info import StreamInfo
from portico.router.match.criteria import Criterion
from portico.router.match.path import ConnectPath, PathMatch


class RouteMatch:
    """One compiled ``RouteMatch``."""

    def __init__(self, path: PathMatch, criteria: list[Criterion]) -> None:
        self.path = path
        self.criteria = criteria
        # Only connect_matcher takes CONNECT requests that name no path.
        self.takes_pathless = isinstance(path, ConnectPath)

    def meets_criteria(self, headers: RequestHeaders, info: StreamInfo, random_value: int) -> bool:
        """The part beyond the path."""
        for criterion in self.criteria:
            if not criterion.is_met(headers, info, random_value):
                return False
        return True


def path_without_query(path: bytes) -> bytes:
    """The path up to ``?`` or ``#``."""
    end = path.find(b"?")
    if end >= 0:
        path = path[:end]
    end = path.find(b"#")
    return path if end < 0 else path[:end]
