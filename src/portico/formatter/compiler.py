"""Format strings and JSON templates, compiled when the configuration arrives."""

from __future__ import annotations

from typing import Any

from portico.api.context import ServerContext
from portico.formatter.commands import CommandParser, Commands
from portico.formatter.formatter import Formatter, LiteralFormatter, TextFormatter
from portico.formatter.json_format import compile_sparse_template, compile_template
from portico.formatter.operator import Operator
from portico.formatter.parser import parse

# Source: envoy source/common/formatter/substitution_formatter.cc, DEFAULT_FORMAT.
DEFAULT_FORMAT = (
    '[%START_TIME%] "%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%" '
    "%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% "
    '%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% "%REQ(X-FORWARDED-FOR)%" "%REQ(USER-AGENT)%" '
    '"%REQ(X-REQUEST-ID)%" "%REQ(:AUTHORITY)%" "%UPSTREAM_HOST%"\n'
)


def compile_format(
    text: str,
    server: ServerContext | None = None,
    omit_empty: bool = False,
    extensions: list[CommandParser] | None = None,
) -> Formatter:
    """The formatter of one format string. Raises ConfigError with Envoy's words.

    ``omit_empty``: a missing value prints nothing instead of ``-``; header values are formatted so, and a header
    whose value comes out empty is then not added (unless keep_empty_value). ``server``: see Commands.
    """
    pieces = compile_pieces(text, Commands(server, extensions))
    if all(isinstance(piece, bytes) for piece in pieces):
        return LiteralFormatter(b"".join(piece for piece in pieces if isinstance(piece, bytes)))
    return TextFormatter(pieces, b"" if omit_empty else b"-")


def compile_json(
    template: dict[str, Any],
    server: ServerContext | None = None,
    omit_empty: bool = False,
    extensions: list[CommandParser] | None = None,
) -> Formatter:
    """The formatter of a tree of dicts and lists whose strings are formats. Raises ConfigError with Envoy's words.

    ``omit_empty`` leaves out what is missing, and objects that are empty then.
    """
    commands = Commands(server, extensions)
    return compile_sparse_template(template, commands) if omit_empty else compile_template(template, commands)


def compile_pieces(text: str, commands: Commands) -> list[bytes | Operator]:
    pieces: list[bytes | Operator] = []
    for piece in parse(text):
        pieces.append(piece.encode("utf-8", "surrogateescape") if isinstance(piece, str) else commands.compile(piece))
    return pieces
