"""Whether this machine can compile C extensions for this Python."""

import os
import shutil
import sysconfig
from pathlib import Path


def missing_to_compile() -> str:
    """What keeps this machine from compiling; '' if nothing does."""
    compiler = (os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc").split()[0]
    if shutil.which(compiler) is None:
        return f"no C compiler ({compiler!r} is not on PATH)"
    if not Path(sysconfig.get_path("include"), "Python.h").exists():
        return "no Python.h (Debian: apt-get install python3-dev)"
    return ""
