"""Durations as everything past a `from_proto` knows them: float seconds."""

from __future__ import annotations

from typing import Any


def seconds(duration: Any) -> float:
    """Of a google.protobuf.Duration; 0.0 for one that is not set."""
    return float(duration.seconds + duration.nanos / 1e9)


def seconds_or(message: Any, field: str, default: float) -> float:
    """Of the Duration field ``field``; ``default`` when it is not set, which is not the same as 0."""
    return seconds(getattr(message, field)) if message.HasField(field) else default
