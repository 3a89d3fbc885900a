"""Files that scripts wait for: the admin interface's address, the base id."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from portico.api.log import logger

LOG: Final = logger("main", __name__)


def announce(path: str, text: str) -> None:
    """Envoy, too, goes on when the file cannot be written, and says so."""
    try:
        Path(path).write_text(text)
    except OSError as error:
        LOG.critical(f"cannot write {text!r} to '{path}': {error.strerror}")
