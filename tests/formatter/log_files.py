"""Log files that remember their lines."""

from portico.api.log_file import LogFile, LogFiles


class RememberedFile(LogFile):
    def __init__(self) -> None:
        self.lines: list[bytes] = []

    def write(self, line: bytes) -> None:
        self.lines.append(line)


class RememberedFiles(LogFiles):
    """Lines by path."""

    def __init__(self) -> None:
        self.files: dict[str, RememberedFile] = {}

    def open(self, path: str) -> LogFile:
        return self.files.setdefault(path, RememberedFile())

    def lines(self, path: str) -> list[bytes]:
        return self.files[path].lines
