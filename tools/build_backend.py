"""The PEP 517 backend: setuptools, and mypyc when it can compile.

PORTICO_PURE=1  builds the interpreted package.
PORTICO_PURE=0  builds the compiled package or fails.
unset           compiles if there is a C compiler, and falls back to the interpreted package if that fails.

An editable install is always interpreted: compiled modules beside the sources would win over later edits.
"""

import os
import shutil
import sys
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from setuptools import build_meta
from toolchain import missing_to_compile

_ROOT = Path(__file__).resolve().parent.parent

prepare_metadata_for_build_wheel = build_meta.prepare_metadata_for_build_wheel
prepare_metadata_for_build_editable = build_meta.prepare_metadata_for_build_editable
get_requires_for_build_sdist = build_meta.get_requires_for_build_sdist
build_sdist = build_meta.build_sdist

Settings = Mapping[str, Any] | None


def get_requires_for_build_wheel(config_settings: Settings = None) -> list[str]:
    if os.environ.get("PORTICO_PURE") == "1" or missing_to_compile():
        return []
    with open(_ROOT / "pyproject.toml", "rb") as file:
        groups: dict[str, list[str]] = tomllib.load(file)["dependency-groups"]
    return groups["build"]


def get_requires_for_build_editable(config_settings: Settings = None) -> list[str]:
    return []


def build_editable(
    wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None
) -> str:
    os.environ["PORTICO_PURE"] = "1"
    return build_meta.build_editable(wheel_directory, config_settings, metadata_directory)


def build_wheel(wheel_directory: str, config_settings: Settings = None, metadata_directory: str | None = None) -> str:
    # setuptools never removes from build/lib what has left src: a deleted module would ship.
    shutil.rmtree(_ROOT / "build", ignore_errors=True)
    wanted = os.environ.get("PORTICO_PURE")
    if wanted != "1":
        reason = missing_to_compile()
        if not reason:
            try:
                return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
            except (SystemExit, Exception) as error:  # noqa: BLE001  any failure of mypyc or the C compiler
                reason = f"the compilation failed: {error}"
        if wanted == "0":
            raise SystemExit(f"portico: cannot build the compiled package: {reason}")
        print(f"portico: building the interpreted package: {reason}", file=sys.stderr)
        shutil.rmtree(_ROOT / "build", ignore_errors=True)
        os.environ["PORTICO_PURE"] = "1"
    return build_meta.build_wheel(wheel_directory, config_settings, metadata_directory)
