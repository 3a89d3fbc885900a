"""Marks and what error messages call a value."""

from __future__ import annotations

from portico.config.located import LocatedList, LocatedMap, describe, mark, unmark


def test_a_mark_holds_line_and_column() -> None:
    assert unmark(mark(70_000, 100_000)) == (70_000, 100_000)
    assert mark(2, 1) > mark(1, 99_999)


def test_values_are_named_as_a_reader_sees_them() -> None:
    values = [None, True, 5, 0.5, "x", LocatedMap(0), LocatedList(0)]
    assert [describe(value) for value in values] == ["null", "true", "5", "0.5", "'x'", "an object", "a list"]
    assert len(describe("x" * 1000)) < 100
