"""What this build is: its version, and whether its hot packages are compiled."""

from typing import Final

VERSION: Final = "0.1.0"

# This module compiles with the hot packages, so its own file tells which build is running.
COMPILED: Final = not __file__.endswith(".py")


def build_type() -> str:
    """'compiled' or 'interpreted', as `portico --version` and /server_info show it."""
    return "compiled" if COMPILED else "interpreted"
