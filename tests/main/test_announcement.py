"""Files that scripts wait for."""

from pathlib import Path

from portico.main.announcement import announce


def test_writes_the_text_and_nothing_else(tmp_path: Path) -> None:
    announce(str(tmp_path / "f"), "127.0.0.1:9901")
    assert (tmp_path / "f").read_text() == "127.0.0.1:9901"


def test_a_path_that_cannot_be_written_stops_nobody(tmp_path: Path) -> None:
    announce(str(tmp_path / "none" / "f"), "x")
    assert list(tmp_path.iterdir()) == []
