"""Cells of a process that stands alone."""

from portico.api.shared import SharedCells


def test_alone_a_process_is_its_own_sum() -> None:
    cells = SharedCells()
    cell = cells.cell("a")
    cell.add(3)
    cell.add(-1)
    assert cell.total() == 2
    assert cells.cell("a") is cell
    assert cells.cell("b").total() == 0
