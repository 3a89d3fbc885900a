"""Earliest deadline first: entries come up in proportion to their weights, spread as evenly as can be."""

from __future__ import annotations

import heapq
from typing import Final

_SAME_WEIGHT: Final = 1e-9


class EdfSchedule:
    """Indices 0 … n-1 in weighted rotation. An entry's period is 1/weight; the earliest deadline comes next.

    Ties go to the lower index first and then rotate. Source: envoy source/common/upstream/edf_scheduler.h.
    """

    def __init__(self, weights: list[float]) -> None:
        self._periods = [1.0 / weight for weight in weights]
        self._order = len(weights)
        self._heap = [(period, index, index) for index, period in enumerate(self._periods)]
        heapq.heapify(self._heap)

    def next(self) -> int:
        """The entry whose turn it is, put back with the weight it has. O(log n). At least one entry."""
        index = self.first()
        self._replace(index, self._periods[index])
        return index

    def first(self) -> int:
        """The entry whose turn it is; ``put_back`` must follow."""
        return self._heap[0][2]

    def put_back(self, weight: float) -> None:
        """The entry ``first`` told of has had its turn; ``weight`` decides when the next one is."""
        index = self._heap[0][2]
        self._periods[index] = 1.0 / weight
        self._replace(index, self._periods[index])

    def _replace(self, index: int, period: float) -> None:
        self._order += 1
        heapq.heapreplace(self._heap, (self._heap[0][0] + period, self._order, index))


def are_equal(weights: list[float]) -> bool:
    """Whether plain rotation does the same as a schedule, for less."""
    return not weights or max(weights) - min(weights) <= _SAME_WEIGHT
