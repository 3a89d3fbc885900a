"""What differs between snapshots."""

from __future__ import annotations

from portico.config import resource_types as types
from portico.config.diff import ResourceDiff, diff, diff_resources
from portico.config.snapshot import ConfigSnapshot


def test_names_are_added_changed_or_removed() -> None:
    before = {"same": b"1", "changed": b"1", "removed": b"1"}
    after = {"same": b"1", "changed": b"2", "b": b"1", "a": b"1"}
    assert diff_resources(before, after) == ResourceDiff(("a", "b"), ("changed",), ("removed",))
    assert not diff_resources(before, before)


def test_only_types_that_differ_are_named_clusters_first() -> None:
    before = ConfigSnapshot(1, listeners={"l": b"1"}, routes={"r": b"1"})
    after = ConfigSnapshot(2, listeners={"l": b"2"}, clusters={"c": b"1"}, routes={"r": b"1"})
    found = diff(before, after)
    assert list(found) == [types.CLUSTER, types.LISTENER]
    assert found[types.LISTENER] == ResourceDiff(changed=("l",))
    assert diff(after, after) == {}
