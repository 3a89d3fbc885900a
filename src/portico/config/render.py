"""Complaints and warnings for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Iterable

from portico.api.errors import ConfigError, ConfigErrors
from portico.config.load import ConfigWarning, LocatedError
from portico.config.positions import Place, Positions, locate
from portico.config.rules import RuleError


def render_text(errors: ConfigErrors, positions: Positions | None = None) -> str:
    """One line a complaint, `file:line:column: path: message`, in the order of the file, and a summary if several.

    `positions` locates errors that came after loading, from building objects out of the messages.
    """
    located = in_order(errors.errors, positions)
    lines = [str(error) for error in located]
    if len(located) > 1:
        files = sorted({error.place.file for error in located if error.place is not None})
        where = f" in {', '.join(files)}" if files else ""
        lines.append(f"{len(located)} errors{where}")
    return "\n".join(lines)


def render_json(
    errors: ConfigErrors | None, warnings: Iterable[ConfigWarning] = (), positions: Positions | None = None
) -> str:
    """`{"ok", "errors": […], "warnings": […]}`; a place that is not known is null."""
    located = in_order(errors.errors, positions) if errors is not None else []
    document = {
        "ok": not located,
        "errors": [
            {**_place(error.place), "resource": error.resource, "path": error.field_path, "message": error.message}
            for error in located
        ],
        "warnings": [
            {**_place(warning.place), "path": warning.field_path, "message": warning.message} for warning in warnings
        ],
    }
    return json.dumps(document, indent=2, ensure_ascii=False)


def nack_text(errors: ConfigErrors) -> str:
    """What a control plane is told: portico's words and, for a broken rule, also Envoy's."""
    lines: list[str] = []
    for error in errors.errors:
        original = error.original if isinstance(error, LocatedError) else error
        lines.append(str(original))
        if isinstance(original, RuleError):
            lines.append(original.envoy_text)
    return "\n".join(lines)


def in_order(errors: Iterable[ConfigError], positions: Positions | None = None) -> list[LocatedError]:
    """Located and sorted by file, line and column; what has no place comes first."""
    located: list[LocatedError] = []
    for error in errors:
        if isinstance(error, LocatedError):
            located.append(error)
        else:
            located.append(LocatedError(error, locate(error, positions) if positions is not None else None))
    return sorted(located, key=lambda error: error.place or Place(""))


def _place(place: Place | None) -> dict[str, object]:
    if place is None:
        return {"file": None, "line": None, "column": None}
    return {"file": place.file, "line": place.line or None, "column": place.column or None}
