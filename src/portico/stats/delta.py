"""What changed in one process's stats since it last told: the message between a worker's store and main's sum."""

from __future__ import annotations

from typing import Any

from portico.stats.bins import Bins


class StatsDelta:
    """A slot stands for a name once ``created`` has named it. Drop before creating: slots are reused."""

    def __init__(self) -> None:
        self.dropped: list[int] = []
        self.created: list[tuple[int, str, str]] = []  # slot, "c" | "g" | "h:<unit>", name
        self.changed: list[tuple[int, int]] = []  # slot, value of a counter or gauge
        self.touched: list[int] = []  # gauges used for the first time, be it by a 0
        self.samples: list[tuple[int, Bins]] = []  # slot, what a histogram recorded
        self.texts: list[tuple[str, str]] = []
        self.lost_texts: list[str] = []

    def is_empty(self) -> bool:
        return not any(self.payload())

    def payload(self) -> list[Any]:
        """Lists, strings and integers only, for whatever carries it (JSON, marshal); ``from_payload`` reads it."""
        return [
            self.dropped,
            [list(each) for each in self.created],
            [list(each) for each in self.changed],
            self.touched,
            [[slot, [list(pair) for pair in bins.items()]] for slot, bins in self.samples],
            [list(each) for each in self.texts],
            self.lost_texts,
        ]


def from_payload(payload: list[Any]) -> StatsDelta:
    delta = StatsDelta()
    dropped, created, changed, touched, samples, texts, lost_texts = payload
    delta.dropped = dropped
    delta.created = [(slot, kind, name) for slot, kind, name in created]
    delta.changed = [(slot, value) for slot, value in changed]
    delta.touched = touched
    delta.samples = [(slot, dict(pairs)) for slot, pairs in samples]
    delta.texts = [(name, value) for name, value in texts]
    delta.lost_texts = lost_texts
    return delta
