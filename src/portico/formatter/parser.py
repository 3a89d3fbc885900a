"""A format string, cut into literals and commands: `%COMMAND(parameters):length%`, and `%%` for a percent sign."""

from __future__ import annotations

import re

from portico.api.errors import ConfigError

# The parameters end at the first `)` after which the rest fits; they may hold any character but a line break.
_COMMAND = re.compile(r"%([A-Z0-9_]+)(?:\(([^\n]*?)\))?(?::([0-9]+))?%")
_LONGEST = (1 << 64) - 1  # Envoy reads the length into an unsigned 64-bit number


class Command:
    """One command as it was written. ``parameters`` is "" when there are none; ``length`` None when not given."""

    def __init__(self, name: str, parameters: str = "", length: int | None = None) -> None:
        self.name = name
        self.parameters = parameters
        self.length = length

    def forbid_arguments(self) -> None:
        if self.parameters or self.length is not None:
            raise ConfigError("", "", f"{self.name} does not take any parameters or length")

    def require_parameters(self) -> None:
        if not self.parameters:
            raise ConfigError("", "", f"{self.name} requires parameters")

    def forbid_length(self) -> None:
        if self.length is not None:
            raise ConfigError("", "", f"{self.name} does not allow length to be specified.")

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Command) and self._key() == other._key()

    def __hash__(self) -> int:
        return hash(self._key())

    def __repr__(self) -> str:
        return f"Command({self.name!r}, {self.parameters!r}, {self.length!r})"

    def _key(self) -> tuple[str, str, int | None]:
        return (self.name, self.parameters, self.length)


def parse(text: str) -> list[str | Command]:
    """Literals and commands in order; neighbouring literals are one. Raises ConfigError with Envoy's words."""
    pieces: list[str | Command] = []
    literal: list[str] = []
    position = 0
    while position < len(text):
        percent = text.find("%", position)
        if percent < 0:
            literal.append(text[position:])
            break
        literal.append(text[position:percent])
        if text.startswith("%%", percent):
            literal.append("%")
            position = percent + 2
            continue
        command, position = _command_at(text, percent)
        _close(pieces, literal)
        literal = []
        pieces.append(command)
    _close(pieces, literal)
    return pieces


def _command_at(text: str, percent: int) -> tuple[Command, int]:
    match = _COMMAND.match(text, percent)
    length = None
    if match is not None and match[3]:
        length = int(match[3])
    if match is None or (length or 0) > _LONGEST:
        raise ConfigError("", "", f"Incorrect configuration: {text}. Couldn't find valid command at position {percent}")
    return Command(match[1], match[2] or "", length), match.end()


def _close(pieces: list[str | Command], literal: list[str]) -> None:
    joined = "".join(literal)
    if joined:
        pieces.append(joined)
