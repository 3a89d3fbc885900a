"""Numbers that all workers count together: circuit-breaker gauges, connection limits, token buckets."""

from __future__ import annotations

from mypy_extensions import mypyc_attr


@mypyc_attr(allow_interpreted_subclasses=True)
class SharedCell:
    """This process's share of one number, and the sum of all shares. Alone, a process is its own sum."""

    def __init__(self) -> None:
        self.value = 0
        self.index = 0  # of this process among ``shares``

    def add(self, amount: int) -> None:
        """Negative gives back. Only this process writes its share, so no two writers ever meet."""
        self.value += amount

    def total(self) -> int:
        """A neighbour's share may be a moment old: limits may be passed by a few, as between Envoy's threads."""
        return self.value

    def shares(self) -> list[int]:
        """Of every process, by its place. A place nobody has at the moment holds 0."""
        return [self.value]


@mypyc_attr(allow_interpreted_subclasses=True)
class SharedCells:
    """Cells by name. The base class serves a process that stands alone: a test, or a validation."""

    def __init__(self) -> None:
        self._cells: dict[str, SharedCell] = {}
        self.heartbeat = SharedCell()  # when the loop of each process last turned, in monotonic milliseconds

    def cell(self, name: str) -> SharedCell:
        """The same name gives the same cell, here and in every other worker."""
        found = self._cells.get(name)
        if found is None:
            found = self._cells[name] = SharedCell()
        return found
