"""Where this machine keeps nginx's loadable modules."""

import re
import subprocess
from pathlib import Path


def nginx_module(name: str) -> Path | None:
    """The path of a dynamic module; None if it is not installed."""
    done = subprocess.run(["nginx", "-V"], capture_output=True, text=True, check=False)
    found = re.search(r"--modules-path=(\S+)", done.stderr)
    path = Path(found[1] if found else "/usr/lib/nginx/modules") / name
    return path if path.exists() else None
