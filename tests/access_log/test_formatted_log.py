import pytest

from portico.access_log.formatted_log import FormattedLog, SilentFile, open_log_file
from portico.api.errors import ConfigError
from portico.api.log_file import LogFile, LogFiles
from portico.formatter.compiler import compile_format
from tests.formatter.entries import entry
from tests.formatter.log_files import RememberedFile


class Unopenable(LogFiles):
    def open(self, path: str) -> LogFile:
        raise FileNotFoundError(2, "No such file or directory")


def test_writes_a_line_an_entry() -> None:
    lines = RememberedFile()
    log = FormattedLog(compile_format("%PROTOCOL%\n"), lines)
    log.log(entry())
    log.log(entry())
    assert lines.lines == [b"HTTP/1.1\n", b"HTTP/1.1\n"]


def test_a_file_that_cannot_be_opened_is_a_configuration_error() -> None:
    with pytest.raises(ConfigError) as caught:
        open_log_file(Unopenable(), "/nonexist/x.log")
    assert str(caught.value) == "path: unable to open file '/nonexist/x.log': No such file or directory"


def test_trying_a_configuration_out_opens_nothing() -> None:
    assert isinstance(open_log_file(None, "/nonexist/x.log"), SilentFile)
