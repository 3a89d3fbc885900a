"""What differs between two snapshots: the work a worker has to do."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from portico.config.resource_types import BY_TYPE_URL, ResourceType
from portico.config.snapshot import FIELDS, ConfigSnapshot


@dataclass(frozen=True)
class ResourceDiff:
    """Names of one type's resources, each list sorted."""

    added: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.added or self.changed or self.removed)


def diff_resources(before: Mapping[str, bytes], after: Mapping[str, bytes]) -> ResourceDiff:
    return ResourceDiff(
        added=tuple(sorted(after.keys() - before.keys())),
        changed=tuple(sorted(name for name in after.keys() & before.keys() if after[name] != before[name])),
        removed=tuple(sorted(before.keys() - after.keys())),
    )


def diff(before: ConfigSnapshot, after: ConfigSnapshot) -> dict[ResourceType, ResourceDiff]:
    """Types without a difference are left out; the others come in the order of `RESOURCE_TYPES`, clusters first."""
    found: dict[ResourceType, ResourceDiff] = {}
    for kind in BY_TYPE_URL.values():
        if kind.message in FIELDS:
            difference = diff_resources(before.resources(kind), after.resources(kind))
            if difference:
                found[kind] = difference
    return found
