"""Where a configuration text is from, and errors about the text itself."""

from __future__ import annotations

from portico.api.errors import ConfigError

# Above this a file is a mistake or an attack. A cluster takes about 200 bytes of YAML, so this holds 150,000 of them.
MAX_BYTES = 32 << 20
# Values in one document, aliases counted as often as they are used. Two million take about 300 MB to hold.
MAX_VALUES = 1_000_000


class TextError(ConfigError):
    """The text cannot be read as YAML, JSON or text protobuf; the place is known without a field path."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        super().__init__("", "", message)
        self.file = file
        self.line = line
        self.column = column


def check_size(name: str, byte_count: int) -> None:
    """Raises TextError when there is more text than portico reads."""
    if byte_count > MAX_BYTES:
        raise TextError(name, 1, 1, f"is {byte_count} bytes long; the limit is {MAX_BYTES}")
