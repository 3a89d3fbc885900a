"""The memory that main and all workers map: a row of numbers a worker, written by that worker alone, read as a sum.

A row is written by one process and a number is one aligned 64-bit word, so there are no locks and no torn reads.
Main names the columns and zeroes the row of a worker that died, before its successor starts.
"""

from __future__ import annotations

import mmap
import os
import sys
import tempfile
from typing import Final

from portico.api.shared import SharedCell, SharedCells

CELL_BYTES: Final = 8
# Columns of a row. The file is sparse: pages nobody counts in take no memory.
COLUMNS: Final = 1 << 17
HEARTBEAT: Final = 0  # monotonic milliseconds of the worker's last turn of its loop; the only column with a fixed place


class SharedTable:
    """A mapping of the table; ``descriptor`` is what another process maps."""

    def __init__(self, descriptor: int, rows: int) -> None:
        self.descriptor = descriptor
        self.rows = rows
        self._map = mmap.mmap(descriptor, rows * COLUMNS * CELL_BYTES)
        self.cells = memoryview(self._map).cast("q")

    def row(self, index: int) -> memoryview:
        return self.cells[index * COLUMNS : (index + 1) * COLUMNS]

    def column(self, column: int) -> memoryview:
        """The cell of every row; its sum is the shared number."""
        return self.cells[column::COLUMNS]

    def zero_row(self, index: int, used_columns: int) -> None:
        row = self.row(index)
        row[:used_columns] = memoryview(bytes(used_columns * CELL_BYTES)).cast("q")


def create_table(rows: int) -> SharedTable:
    """A table of zeros in memory that has no name, so nothing is left behind."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("portico-shared-table", os.MFD_CLOEXEC)
    else:
        descriptor, path = tempfile.mkstemp(prefix="portico-shared-table-")
        os.unlink(path)
    os.ftruncate(descriptor, rows * COLUMNS * CELL_BYTES)
    return SharedTable(descriptor, rows)


class ColumnNames:
    """Main's side: which column is whose. Freed columns are used again once their sum is back at zero."""

    def __init__(self) -> None:
        self.columns: dict[str, int] = {}
        self.used = HEARTBEAT + 1
        self._free: list[int] = []

    def allocate(self, name: str) -> int:
        """MemoryError when COLUMNS numbers are in use: some 13,000 clusters."""
        if name not in self.columns:
            if self._free:
                self.columns[name] = self._free.pop()
            elif self.used < COLUMNS:
                self.columns[name] = self.used
                self.used += 1
            else:
                raise MemoryError(f"{name}: all {COLUMNS} shared numbers are in use")
        return self.columns[name]

    def release(self, name: str, table: SharedTable) -> bool:
        """False while a worker still counts in it: try again later."""
        if sum(table.column(self.columns[name])) != 0:
            return False
        self._free.append(self.columns.pop(name))
        return True


class AllocatingCells(SharedCells):
    """Main's cells while it tries a resource: it counts nowhere, it takes down the names a worker will ask for."""

    def __init__(self, names: ColumnNames) -> None:
        super().__init__()
        self._names = names

    def cell(self, name: str) -> SharedCell:
        self._names.allocate(name)
        return super().cell(name)


class TableCell(SharedCell):
    """A cell of a worker's row."""

    def __init__(self, row: memoryview, index: int, column: int, all_rows: memoryview) -> None:
        super().__init__()
        self.index = index
        self._row = row
        self._column = column
        self._all_rows = all_rows

    def add(self, amount: int) -> None:
        self._row[self._column] += amount

    def total(self) -> int:
        return sum(self._all_rows)

    def shares(self) -> list[int]:
        return list(self._all_rows)


class TableCells(SharedCells):
    """A worker's cells, in the columns main named."""

    def __init__(self, table: SharedTable, index: int) -> None:
        super().__init__()
        self._table = table
        self._index = index
        self._row = table.row(index)
        self.heartbeat = TableCell(self._row, index, HEARTBEAT, table.column(HEARTBEAT))
        self.columns: dict[str, int] = {}

    def cell(self, name: str) -> SharedCell:
        found = self._cells.get(name)
        if found is None:
            column = self.columns.get(name)
            # A name main did not foresee counts for this worker alone: too lax beats not starting.
            if column is None:
                found = SharedCell()
            else:
                found = TableCell(self._row, self._index, column, self._table.column(column))
            self._cells[name] = found
        return found
