"""URI templates: ``/{tenant}/*/{rest=**}`` as a path match, and as a path rewrite.

Grammar and limits: https://www.envoyproxy.io/docs/envoy/latest/api-v3/extensions/path/match/uri_template/v3/
"""

from __future__ import annotations

import re
from typing import Any, Final

import re2

from portico.matching.regex import InvalidRegexError

# RFC 3986 appendix A: pchar without `*` and `=`, which mean something here.
_PCHAR: Final = "a-zA-Z0-9-._~%!$&'()+,;:@"
_SEGMENT_GLOB: Final = f"[{_PCHAR}]+"
_TEXT_GLOB: Final = f"[{_PCHAR}/]*"
_LITERAL: Final = re.compile(f"[{_PCHAR}]+")
_REWRITE_LITERAL: Final = re.compile(f"[{_PCHAR}/]+")
_NAME: Final = re.compile("[a-zA-Z][a-zA-Z0-9_]*")
_PRINTABLE: Final = re.compile("/[!-~]*")
_MAX_VARIABLES: Final = 5
_MAX_NAME_LENGTH: Final = 16


class InvalidTemplateError(Exception):
    """The template breaks the grammar; the text says where."""


class TemplateParser:
    """Reads one match template into a regular expression with a named group per variable."""

    def __init__(self, template: str) -> None:
        self.rest = template[1:]
        self.names: list[str] = []
        self._text_glob_seen = False
        if not _PRINTABLE.fullmatch(template):
            raise InvalidTemplateError("Invalid pattern")

    def regex(self) -> str:
        parts: list[str] = []
        suffix = ""
        while self.rest:
            parts.append(self._segment())
            if self.rest == "/":
                parts.append("")
                break
            if self.rest.startswith("/"):
                self.rest = self.rest[1:]
            elif self.rest:
                suffix = self._literal()
                if self.rest:
                    raise InvalidTemplateError("Prefix match not supported.")
        return "/" + "/".join(parts) + suffix

    def _segment(self) -> str:
        if self.rest.startswith("*"):
            return self._glob()
        return self._variable() if self.rest.startswith("{") else self._literal()

    def _glob(self) -> str:
        if self._text_glob_seen:
            raise InvalidTemplateError("Glob after text glob.")
        if self.rest.startswith("**"):
            self._text_glob_seen = True
            self.rest = self.rest[2:]
            return _TEXT_GLOB
        self.rest = self.rest[1:]
        return _SEGMENT_GLOB

    def _literal(self) -> str:
        text, slash, after = self.rest.partition("/")
        if not _LITERAL.fullmatch(text):
            raise InvalidTemplateError("Invalid literal")
        self.rest = slash + after
        return re.sub(r"([$()+.])", r"\\\1", text)

    def _variable(self) -> str:
        inside, bracket, after = self.rest[1:].partition("}")
        if not bracket:
            raise InvalidTemplateError("Unmatched variable bracket")
        name, equals, pattern = inside.partition("=")
        self._declare(name)
        if not equals:
            if self._text_glob_seen:
                raise InvalidTemplateError("Implicit variable path glob after text glob.")
            matched = _SEGMENT_GLOB
        else:
            if not pattern:
                raise InvalidTemplateError("Empty variable match")
            matched = self._variable_pattern(pattern)
        self.rest = after
        return f"(?P<{name}>{matched})"

    def _variable_pattern(self, pattern: str) -> str:
        parts: list[str] = []
        self.rest = pattern
        while self.rest:
            parts.append(self._glob() if self.rest.startswith("*") else self._literal())
            if self.rest:
                if not self.rest.startswith("/") or self.rest == "/":
                    raise InvalidTemplateError("Invalid variable match")
                self.rest = self.rest[1:]
        return "/".join(parts)

    def _declare(self, name: str) -> None:
        if not _NAME.fullmatch(name):
            raise InvalidTemplateError("Invalid variable name")
        if len(self.names) >= _MAX_VARIABLES:
            raise InvalidTemplateError("Exceeded variable count limit")
        if len(name) > _MAX_NAME_LENGTH:
            raise InvalidTemplateError("Invalid variable length")
        if name in self.names:
            raise InvalidTemplateError("Repeated variable name")
        self.names.append(name)


class TemplateRewrite:
    """Fills a rewrite template with what the match template's variables caught."""

    def __init__(self, match_template: str, rewrite_template: str) -> None:
        parser = TemplateParser(match_template)
        engine: Any = re2._re2.RE2(parser.regex().encode(), re2._re2.RE2.Options())
        if not engine.ok():
            raise InvalidRegexError(engine.error().decode("utf-8", "replace"))
        self._engine: Any = engine
        self._whole: Any = re2._re2.RE2.Anchor.ANCHOR_BOTH
        # Group 0 marks a literal.
        self._parts = [
            (text.encode(), 0) if not is_name else (b"", _group(parser.names, text))
            for text, is_name in parse_rewrite(rewrite_template)
        ]

    def rewrite(self, path: bytes) -> bytes | None:
        """None when ``path`` (without query) does not match the template any more."""
        spans: list[tuple[int, int]] = self._engine.Match(self._whole, path, 0, len(path))
        if spans[0][0] < 0:
            return None
        out: list[bytes] = []
        for literal, group in self._parts:
            if group:
                start, end = spans[group]
                out.append(path[start:end] if start >= 0 else b"")
            else:
                out.append(literal)
        return b"".join(out)


def parse_rewrite(template: str) -> list[tuple[str, bool]]:
    """(text, False) for literals, (name, True) for variables. Raises InvalidTemplateError."""
    if not template.startswith("/"):
        raise InvalidTemplateError("Invalid rewrite variable placement")
    if "//" in template:
        raise InvalidTemplateError("Invalid rewrite literal")
    parts: list[tuple[str, bool]] = []
    rest = template
    while rest:
        literal, bracket, rest = rest.partition("{")
        if literal:
            if not _REWRITE_LITERAL.fullmatch(literal):
                raise InvalidTemplateError("Invalid rewrite literal pattern")
            parts.append((literal, False))
        if bracket:
            name, closed, rest = rest.partition("}")
            if not closed:
                raise InvalidTemplateError("Unmatched variable bracket")
            if not _NAME.fullmatch(name):
                raise InvalidTemplateError("Invalid variable name")
            parts.append((name, True))
    return parts


def _group(names: list[str], name: str) -> int:
    if name not in names:
        raise InvalidTemplateError("Nonexisting variable name")
    return names.index(name) + 1
