"""spdlog's pattern language, as --log-format and Envoy's documents use it."""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable
from datetime import datetime
from typing import Final

from portico.api.log import LogLevel

DEFAULT_PATTERN: Final = "[%Y-%m-%d %T.%e][%t][%l][%n] [%g:%#] %v"  # Source: envoy --help, --log-format
LEVEL_NAMES: Final = ("trace", "debug", "info", "warning", "error", "critical", "off")
# A flag: alignment (- left, = centre), width, ! = cut to the width, then one letter.
FLAG: Final = re.compile(r"%([-=]?)(\d*)(!?)(.)", re.DOTALL)
# spdlog: a flag's width is at most 64.
MAX_WIDTH: Final = 64


class LogLine:
    """What one line of the log is about."""

    def __init__(self, level: LogLevel, component: str, source: str, line: int, text: str) -> None:
        self.when = datetime.now().astimezone()
        self.level = level
        self.component = component
        self.source = source
        self.line = line
        self.text = text


Piece = Callable[[LogLine], str]


class LogPattern:
    """A pattern, taken apart once."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self._pieces: list[Piece] = []
        end = 0
        for match in FLAG.finditer(pattern):
            self._literal(pattern[end : match.start()])
            end = match.end()
            self._flag(match)
        self._literal(pattern[end:])

    def format(self, line: LogLine) -> str:
        return "".join([piece(line) for piece in self._pieces])

    def _literal(self, text: str) -> None:
        if text:
            self._pieces.append(lambda line: text)

    def _flag(self, match: re.Match[str]) -> None:
        alignment, width, cut, letter = match.groups()
        piece = FLAGS.get(letter)
        if piece is None:
            self._literal(match.group())  # spdlog prints what it does not know
        elif width:
            self._pieces.append(padded(piece, alignment, min(int(width), MAX_WIDTH), bool(cut)))
        else:
            self._pieces.append(piece)


def padded(piece: Piece, alignment: str, width: int, is_cut: bool) -> Piece:
    fill: Callable[[str, int], str] = {"": str.rjust, "-": str.ljust, "=": str.center}[alignment]

    def pad(line: LogLine) -> str:
        text = fill(piece(line), width)
        return text[:width] if is_cut else text

    return pad


def strftime(pattern: str) -> Piece:
    return lambda line: line.when.strftime(pattern)


def zone_offset(line: LogLine) -> str:
    """%z: +02:00; strftime leaves out the colon."""
    offset = line.when.strftime("%z")
    return f"{offset[:3]}:{offset[3:5]}"


def escape(text: str) -> str:
    """C's escape sequences instead of what they stand for, so that a message stays on its line."""
    return text.encode("unicode_escape").decode("ascii") if not text.isprintable() else text


# Source: Envoy's documentation of --log-format, and spdlog's list of pattern flags.
FLAGS: Final[dict[str, Piece]] = {
    "v": lambda line: line.text,
    "_": lambda line: line.text.replace("\n", "\\n"),
    "t": lambda line: str(threading.get_native_id()),
    "P": lambda line: str(os.getpid()),
    "n": lambda line: line.component,
    "l": lambda line: LEVEL_NAMES[line.level],
    "L": lambda line: LEVEL_NAMES[line.level][0].upper(),
    "@": lambda line: f"{line.source}:{line.line}",
    "s": lambda line: line.source.rpartition("/")[2],
    "g": lambda line: line.source,
    "#": lambda line: str(line.line),
    "!": lambda line: "",
    "e": lambda line: f"{line.when.microsecond // 1000:03d}",
    "f": lambda line: f"{line.when.microsecond:06d}",
    "F": lambda line: f"{line.when.microsecond * 1000:09d}",
    "E": lambda line: str(int(line.when.timestamp())),
    "z": zone_offset,
    "%": lambda line: "%",
    "^": lambda line: "",  # colour range: logs carry none
    "$": lambda line: "",
    "C": strftime("%y"),
    "D": strftime("%m/%d/%y"),
    "x": strftime("%m/%d/%y"),
    "r": strftime("%I:%M:%S %p"),
    "R": strftime("%H:%M"),
    "T": strftime("%H:%M:%S"),
    "X": strftime("%H:%M:%S"),
    "c": strftime("%a %b %e %H:%M:%S %Y"),
    **{letter: strftime("%" + letter) for letter in "aAbBYmdHIMSp"},
}
