"""A strftime format with Envoy's fractions of a second, compiled: what does not change within a second is kept."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

from portico.api.errors import ConfigError

# Envoy's own specifiers are found before the others are looked at: `%%s` is a percent sign and the seconds.
_ENVOY = re.compile(r"%([1-9])?f|%s")
# Those of absl::FormatTime that strftime does not know. `%Es` is strftime's in glibc, with the meaning of `%s`.
_ABSL = re.compile(r"%%|%E(?:(\*|1[0-5]|[0-9])([Sf])|4Y|T|\*?z|s)|%:z")
_NEWLINE = re.compile(r"%[-_0^#]*[1-9]*(E|O)?n")

_NANOSECOND_DIGITS: Final = 9
_AS_MANY_AS_NEEDED: Final = -1  # `%E*S`
_NEVER: Final = -1 << 62


class TimeFormat:
    """Seconds since the epoch as text. One instance serves one thread."""

    def __init__(self, text: str, is_local: bool = False) -> None:
        """Raises ConfigError when the format would break the line."""
        if _NEWLINE.search(text) is not None:
            raise ConfigError("", "", "Invalid header configuration. Format string contains newline.")
        text = text or ("%Y-%m-%dT%H:%M:%E3S%z" if is_local else "%Y-%m-%dT%H:%M:%E3SZ")
        self._is_local = is_local
        self._pieces = _compile(text)
        self._fractions = [piece.digits for piece in self._pieces if piece.digits]
        self._second = _NEVER
        self._constants: list[bytes] = []  # what stands before, between and after the fractions

    def render(self, wall_s: float) -> bytes:
        micros = int(wall_s * 1000000.0 + 0.5)
        second = micros // 1000000
        if second != self._second:
            self._start_second(second)
        constants = self._constants
        if not self._fractions:
            return constants[0]
        micros -= second * 1000000
        if len(constants) == 2 and self._fractions[0] == 3:
            return b"%b%03d%b" % (constants[0], micros // 1000, constants[1])
        parts = [constants[0]]
        for index, digits in enumerate(self._fractions):
            parts.append(_fraction(micros, digits))
            parts.append(constants[index + 1])
        return b"".join(parts)

    def _start_second(self, second: int) -> None:
        moment = datetime.fromtimestamp(second, UTC)
        if self._is_local:
            moment = moment.astimezone()
        constants = [""]
        for piece in self._pieces:
            if piece.digits:
                constants.append("")
            else:
                constants[-1] += piece.render(second, moment)
        self._constants = [constant.encode("utf-8", "surrogateescape") for constant in constants]
        self._second = second


class _Piece:
    """One part of a format. ``digits`` not 0: that many of the fraction; otherwise fixed within a second."""

    def __init__(self, text: str = "", digits: int = 0, is_epoch: bool = False, is_offset: bool = False) -> None:
        self.text = text  # for strftime
        self.digits = digits
        self.is_epoch = is_epoch
        self.is_offset = is_offset

    def render(self, second: int, moment: datetime) -> str:
        if self.is_epoch:
            return str(second)
        if self.is_offset:
            offset = moment.strftime("%z")
            return f"{offset[:3]}:{offset[3:]}"
        return moment.strftime(self.text)


def _compile(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    position = 0
    for match in _ENVOY.finditer(text):
        pieces += _compile_absl(text[position : match.start()])
        if match[0] == "%s":
            pieces.append(_Piece(is_epoch=True))
        else:
            pieces.append(_Piece(digits=int(match[1] or _NANOSECOND_DIGITS)))
        position = match.end()
    return pieces + _compile_absl(text[position:])


def _compile_absl(text: str) -> list[_Piece]:
    pieces: list[_Piece] = []
    plain = ""
    position = 0
    for match in _ABSL.finditer(text):
        plain += text[position : match.start()]
        position = match.end()
        plain, special = _specifier(match, plain)
        if special is not None:
            pieces += [_Piece(plain), special] if plain else [special]
            plain = ""
    plain += text[position:]
    if len(plain) - len(plain.rstrip("%")) & 1:
        plain += "%"  # a lone % at the end stands for itself; strftime leaves that undefined
    if plain:
        pieces.append(_Piece(plain))
    return pieces


def _specifier(match: re.Match[str], plain: str) -> tuple[str, _Piece | None]:
    """The strftime text grown by what strftime can say, or unchanged and a piece of its own."""
    found = match[0]
    if match[2]:
        digits = _AS_MANY_AS_NEEDED if match[1] == "*" else int(match[1])
        seconds = "%S" if match[2] == "S" else ""
        if digits == 0:
            return plain + seconds, None
        return plain + (seconds + "." if seconds else ""), _Piece(digits=digits)
    if found in ("%Ez", "%E*z", "%:z"):
        return plain, _Piece(is_offset=True)
    if found == "%Es":
        return plain, _Piece(is_epoch=True)
    return plain + {"%E4Y": "%Y", "%ET": "T"}.get(found, found), None


def _fraction(micros: int, digits: int) -> bytes:
    if digits == _AS_MANY_AS_NEEDED:
        return (b"%06d" % micros).rstrip(b"0") or b"0"
    if digits <= 6:
        return b"%0*d" % (digits, micros // _POWERS[6 - digits])
    return b"%06d%b" % (micros, b"0" * (digits - 6))


_POWERS: Final = [1, 10, 100, 1000, 10000, 100000]
