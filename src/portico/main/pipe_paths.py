"""Paths of unix sockets that the system would not take. It says so only at bind, which is too late for a check."""

from __future__ import annotations

import sys
from typing import Any, Final

from portico.api.errors import ConfigError
from portico.config.json_mapping import Findings
from portico.config.message_walk import Visit, walk
from portico.config.unknown_fields import UnknownFields

PIPE: Final = "envoy.config.core.v3.Pipe"
# unix(7): sizeof(sun_path), its closing NUL included.
MAX_PATH_BYTES: Final = 108 if sys.platform == "linux" else 104


def too_long_paths(message: Any) -> list[ConfigError]:
    """Texts are Envoy's; paths are relative to the message."""
    errors: list[ConfigError] = []

    def visit(each: Visit) -> None:
        if each.message.DESCRIPTOR.full_name == PIPE and len(each.message.path.encode()) >= MAX_PATH_BYTES:
            text = f'Path "{each.message.path}" exceeds maximum UNIX domain socket path size of {MAX_PATH_BYTES}.'
            errors.append(ConfigError("", f"{each.path}.path", text))

    walk(message, visit, Findings(), UnknownFields.IGNORE)
    return errors
