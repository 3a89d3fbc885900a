"""Rows written by one process each, read as a sum by all."""

import os

import pytest

from portico.ipc.shared_table import (
    COLUMNS,
    HEARTBEAT,
    AllocatingCells,
    ColumnNames,
    SharedTable,
    TableCells,
    create_table,
)
from tests.forked import fork


def cells_of(table: SharedTable, index: int, names: ColumnNames) -> TableCells:
    cells = TableCells(table, index)
    cells.columns = dict(names.columns)
    return cells


def test_each_counts_its_share_and_all_see_the_sum() -> None:
    table, names = create_table(3), ColumnNames()
    names.allocate("a")
    names.allocate("b")
    workers = [cells_of(table, index, names) for index in range(3)]
    for share, worker in enumerate(workers, 1):
        worker.cell("a").add(share)
    workers[0].cell("b").add(5)
    workers[1].cell("b").add(-2)
    assert [worker.cell("a").total() for worker in workers] == [6, 6, 6]
    assert workers[2].cell("b").total() == 3


def test_another_process_sees_the_same_numbers() -> None:
    table, names = create_table(2), ColumnNames()
    names.allocate("a")
    here = cells_of(table, 0, names).cell("a")
    here.add(1)
    pid = fork()
    if pid == 0:
        there = cells_of(SharedTable(table.descriptor, 2), 1, names).cell("a")
        there.add(41)
        os._exit(0 if there.total() == 42 else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0
    assert here.total() == 42


def test_zeroing_a_row_takes_back_its_share_alone() -> None:
    table, names = create_table(2), ColumnNames()
    names.allocate("a")
    first, second = (cells_of(table, index, names).cell("a") for index in range(2))
    first.add(3)
    second.add(4)
    table.zero_row(0, names.used)
    assert second.total() == 4


def test_a_name_main_did_not_foresee_counts_alone() -> None:
    table = create_table(2)
    first, second = (cells_of(table, index, ColumnNames()).cell("new") for index in range(2))
    first.add(1)
    assert (first.total(), second.total()) == (1, 0)


def test_a_trial_names_the_columns() -> None:
    names = ColumnNames()
    cells = AllocatingCells(names)
    assert cells.cell("a") is cells.cell("a")
    cells.cell("b").add(7)
    assert cells.cell("b").total() == 7
    assert list(names.columns) == ["a", "b"]
    assert len(set(names.columns.values())) == 2


def test_a_column_is_free_again_once_nobody_counts_in_it() -> None:
    table, names = create_table(1), ColumnNames()
    column = names.allocate("a")
    cell = cells_of(table, 0, names).cell("a")
    cell.add(1)
    assert not names.release("a", table)
    cell.add(-1)
    assert names.release("a", table)
    assert names.allocate("b") == column


def test_too_many_names_are_refused() -> None:
    names = ColumnNames()
    names.used = COLUMNS
    with pytest.raises(MemoryError, match="one too many: all"):
        names.allocate("one too many")


def test_each_share_can_be_read_and_each_worker_knows_its_own() -> None:
    table, names = create_table(3), ColumnNames()
    names.allocate("a")
    cells = [cells_of(table, index, names).cell("a") for index in range(3)]
    for share, cell in enumerate(cells, 4):
        cell.add(share)
    assert [cell.shares() for cell in cells] == [[4, 5, 6]] * 3
    assert [cell.index for cell in cells] == [0, 1, 2]
    alone = cells_of(table, 1, names).cell("unforeseen")
    alone.add(7)
    assert (alone.shares(), alone.index) == ([7], 0)


def test_heartbeats_of_all_workers_are_read_from_their_fixed_column() -> None:
    table = create_table(2)
    first, _ = (cells_of(table, index, ColumnNames()) for index in range(2))
    table.row(1)[HEARTBEAT] = 1234
    assert first.heartbeat.shares() == [0, 1234]
