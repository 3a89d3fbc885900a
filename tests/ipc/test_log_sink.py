"""Where lines go, and what happens when they cannot."""

import os
from pathlib import Path

import pytest

from portico.api.log import COMPONENTS, LogLevel
from portico.ipc.log_sink import DescriptorSink, apply_levels


def write(sink: DescriptorSink, text: str) -> None:
    sink.write(LogLevel.INFO, "main", "portico/main/server.py", 1, text)


def test_writes_a_line_to_its_file(tmp_path: Path) -> None:
    sink = DescriptorSink("%l %v", path=str(tmp_path / "log"))
    write(sink, "one")
    write(sink, "two")
    assert (tmp_path / "log").read_text() == "info one\ninfo two\n"


def test_escaped_keeps_one_line_a_message(tmp_path: Path) -> None:
    sink = DescriptorSink("%v", is_escaped=True, path=str(tmp_path / "log"))
    write(sink, "a\nb")
    assert (tmp_path / "log").read_text() == "a\\nb\n"


def test_reopens_after_the_file_was_moved(tmp_path: Path) -> None:
    path = tmp_path / "log"
    sink = DescriptorSink("%v", path=str(path))
    write(sink, "before")
    path.rename(tmp_path / "old")
    write(sink, "still the old one")
    sink.reopen()
    write(sink, "after")
    assert (tmp_path / "old").read_text() == "before\nstill the old one\n"
    assert path.read_text() == "after\n"


def test_keeps_the_old_file_if_the_path_is_gone(tmp_path: Path) -> None:
    folder = tmp_path / "logs"
    folder.mkdir()
    sink = DescriptorSink("%v", path=str(folder / "log"))
    folder.rename(tmp_path / "moved")
    sink.reopen()
    write(sink, "kept")
    assert (tmp_path / "moved" / "log").read_text() == "kept\n"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_a_full_disk_does_not_raise() -> None:
    write(DescriptorSink("%v", path="/dev/full"), "lost")


def test_a_path_that_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="No such file"):
        DescriptorSink("%v", path=str(tmp_path / "none" / "log"))


def test_levels_by_component() -> None:
    before = COMPONENTS.levels()
    apply_levels({"upstream": 0, "main": 6})
    changed = COMPONENTS.levels()
    apply_levels(before)
    assert (changed["upstream"], changed["main"], changed["http"]) == (0, 6, before["http"])
