"""The `filter` parameters: RE2, as in Envoy, so that a pattern cannot take the process's time."""

from __future__ import annotations

from typing import Any

import re2


class BadRegexError(ValueError):
    """The message is RE2's own."""


def compile_filter(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options=options)
    except re2.error as error:
        found = error.args[0] if error.args else ""
        raise BadRegexError(found.decode(errors="replace") if isinstance(found, bytes) else str(found)) from None
